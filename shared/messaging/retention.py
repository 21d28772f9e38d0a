"""What is not kept for ever: receipts that nobody asks for any more, and messages of the log; a portion at a time."""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Delete, delete, exists, func, select

from shared.messaging.tables import inbox, outbox, parked
from shared.messaging.transaction import Transaction


async def drop_receipts(tx: Transaction, before: datetime, most: int) -> int:
    """Of every insurer's events answered before a moment, at most so many, but of none that waits; how many.

    The same event sent again is known by its policy or claim number then, and answered `duplicate`.
    """
    gone, source = 0, await _insurer_after(tx, "")
    while source is not None:
        gone += await _drop_receipts_of(tx, source, before, most)
        source = await _insurer_after(tx, source)
    return gone


async def _insurer_after(tx: Transaction, source: str) -> str | None:
    """One look into the index of receipts."""
    following = select(func.min(inbox.c.source)).where(inbox.c.status.is_not(None), inbox.c.source > source)
    found: str | None = (await tx.rows(following))[0][0]
    return found


async def _drop_receipts_of(tx: Transaction, source: str, before: datetime, most: int) -> int:
    old = (inbox.c.source == source, inbox.c.status.is_not(None), inbox.c.answered_at < before)
    waits = exists().where(parked.c.source == inbox.c.source, parked.c.event_id == inbox.c.event_id)
    some = select(inbox.c.event_id).where(*old, ~waits).limit(most)
    return await _number(tx, delete(inbox).where(*old, inbox.c.event_id.in_(some)))


async def drop_sent(tx: Transaction, exchange: str, before: datetime, most: int) -> int:
    """Of an exchange's messages written before a moment, but of none that is still to be sent; how many."""
    old = (outbox.c.exchange == exchange, outbox.c.written_at < before, outbox.c.sent_at.is_not(None))
    some = select(outbox.c.position).where(*old).limit(most)
    return await _number(tx, delete(outbox).where(outbox.c.position.in_(some)))


async def _number(tx: Transaction, statement: Delete) -> int:
    result: CursorResult[Any] = await tx.connection.execute(statement)
    return result.rowcount
