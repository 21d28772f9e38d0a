"""From the outbox to the broker: a row is marked sent only when the broker has confirmed it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Row, func, select, update

from shared.messaging.apply import Desk
from shared.messaging.tables import outbox
from shared.messaging.topology import CITY, FACTS, TOPOLOGY
from shared.messaging.transaction import Transaction
from shared.messaging.transport import BrokerAway, Headers, Message, Transport
from shared.messaging.watch import Watch

log = structlog.get_logger(__name__)

_MOST = 200
_POLL_SECONDS = 0.5


async def relay(desk: Desk, transport: Transport, watch: Watch) -> None:
    """Publish what is unsent, for ever; a commit in this process wakes it, a poll finds the rest."""
    while True:
        desk.committed.clear()
        sent, failed = await send_unsent(desk, transport)
        watch.count("relayed", sent)
        if failed:
            raise BrokerAway(f"{failed} messages are not confirmed")
        if sent < _MOST:
            await _commit_or_poll(desk.committed)


async def send_unsent(desk: Desk, transport: Transport) -> tuple[int, int]:
    """One round: (messages marked sent, messages the broker did not confirm). Raises Unavailable, BrokerAway."""
    async with desk.begin() as tx:
        unsent = select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.position).limit(_MOST)
        rows = await tx.rows(tx.unclaimed(unsent))
        failures = await transport.publish([_message(row) for row in rows]) if rows else []
        sent = [row.position for row, failure in zip(rows, failures, strict=True) if failure is None]
        if sent:
            marked = update(outbox).where(tx.any_of(outbox.c.position, sent)).values(sent_at=tx.now)
            await tx.connection.execute(marked)
    _tell(rows, failures)
    return len(sent), len(rows) - len(sent)


def _message(row: Row[Any]) -> Message:
    heard = bool(TOPOLOGY.heard_by(row.exchange, row.routing_key))
    return Message(
        row.exchange, row.routing_key, row.body, row.message_id, row.content_type, headers_of(row), mandatory=heard
    )


def headers_of(row: Row[Any]) -> Headers:
    """A fact carries the city that it is sharded by."""
    return {CITY: row.routing_key.rpartition(".")[2]} if row.exchange == FACTS else {}


def _tell(rows: Sequence[Row[Any]], failures: Sequence[Exception | None]) -> None:
    for row, failure in zip(rows, failures, strict=True):
        if failure is not None:
            log.warning("not_confirmed", message_id=row.message_id, routing_key=row.routing_key, reason=str(failure))
            return


async def _commit_or_poll(committed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_POLL_SECONDS):
            await committed.wait()
    except TimeoutError:
        return


async def unsent(tx: Transaction) -> int:
    """How many messages wait to be published."""
    rows = await tx.rows(select(func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None)))
    return int(rows[0][0])
