"""Show in every replica's metrics whether the books agree with the control totals."""

import asyncio

from services.reporting.queries.reconciliation import latest_looks
from shared.runtime.service import Running

_EVERY_SECONDS = 15.0


async def show_reconciliation(running: Running) -> None:
    """The differences of the last look, whoever looked; for ever."""
    while True:
        async with running.database.read() as tx:
            looks = await latest_looks(tx, "", 1)
        if looks:
            running.metrics.note("reconciliation_differences", looks[0].differences)
        await asyncio.sleep(_EVERY_SECONDS)
