"""What reporting does by itself: it shows in its metrics whether the books agree with the control totals."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.reporting.queries.reconciliation import latest_looks
from shared.runtime.service import Running

_EVERY_SECONDS = 15.0


def errands(running: Running) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
    """Every replica shows the last result, whoever looked."""
    return [("show_reconciliation", lambda: _show_reconciliation(running))]


async def _show_reconciliation(running: Running) -> None:
    while True:
        async with running.database.read() as tx:
            looks = await latest_looks(tx, "", 1)
        if looks:
            running.metrics.note("reconciliation_differences", looks[0].differences)
        await asyncio.sleep(_EVERY_SECONDS)
