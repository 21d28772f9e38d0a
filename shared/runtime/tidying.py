"""Once a day what is old is folded or dropped, portion by portion, so that tables do not grow for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

from shared.contracts.values import first_day_of, programme_year_of
from shared.messaging.apply import Desk
from shared.messaging.folding import fold
from shared.messaging.retention import drop_receipts, drop_sent
from shared.messaging.topology import FACTS, RECEIPTS
from shared.messaging.transaction import Transaction
from shared.runtime.clock import ZONE
from shared.runtime.settings import Settings

_FIRST_AFTER_SECONDS, _DAY_SECONDS = 600.0, 86_400.0
_PORTION = 2_000
_BETWEEN_SECONDS = 0.2
"""Others get their turn between two portions."""
IsMine = Callable[[Transaction, str], Awaitable[bool]]


async def tidy(desk: Desk, settings: Settings, is_mine: IsMine) -> None:
    """For ever; by one replica at a time."""
    await asyncio.sleep(_FIRST_AFTER_SECONDS)
    while True:
        more = await tidy_some(desk, settings, is_mine)
        await asyncio.sleep(_BETWEEN_SECONDS if more else _DAY_SECONDS)


async def tidy_some(desk: Desk, settings: Settings, is_mine: IsMine) -> int:
    """A portion of everything that is old by now; how many rows went."""
    async with desk.begin() as tx:
        if not await is_mine(tx, f"{desk.service}.tidy"):
            return 0
        answered = tx.now - timedelta(days=settings.keep_receipts_days)
        gone = await fold(tx, _PORTION)
        gone += await drop_receipts(tx, answered, _PORTION)
        gone += await drop_sent(tx, RECEIPTS, answered, _PORTION)
        if settings.keep_log_years is not None:
            gone += await drop_sent(tx, FACTS, _first_moment_kept(tx.now, settings), _PORTION)
        return gone


def _first_moment_kept(now: datetime, settings: Settings) -> datetime:
    """When the first of the programme years began whose facts are kept; the log goes by real time."""
    year = programme_year_of(now.date(), settings.programme_start_month) - (settings.keep_log_years or 0)
    return datetime.combine(first_day_of(year, settings.programme_start_month), time(), ZONE)
