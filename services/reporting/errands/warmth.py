"""Keep what everybody asks for in memory before anybody asks."""

import asyncio

from services.reporting.queries.keeping import pulse_of
from services.reporting.queries.kept_books import Kept
from services.reporting.queries.sums import courses_of, scope_of
from services.reporting.queries.yardsticks import regions_below
from shared.contracts.values import programme_year_of
from shared.messaging.transaction import Transaction
from shared.runtime.service import Running

_EVERY_SECONDS = 60.0
_LEVELS = ("province", "city", "county")


async def keep_warm(running: Running) -> None:
    """Read the books once; then look often enough that what was touched meanwhile is never forgotten; for ever."""
    async with running.database.read() as tx:
        await _read_books(tx, running.settings.programme_start_month)
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        async with running.database.read() as tx:
            await pulse_of(tx)


async def _read_books(tx: Transaction, start_month: int) -> None:
    """This year and the one before."""
    codes = [region.code for level in _LEVELS for region in await regions_below(tx, "", level)]
    year, scope = programme_year_of(tx.today, start_month), await scope_of(tx, codes)
    for kept in (Kept(year, "counted"), Kept(year - 1, "counted"), Kept(None, "counted"), Kept(year, None)):
        await courses_of(tx, scope, kept)
