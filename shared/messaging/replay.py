"""The outbox told again: every fact that a queue has heard goes from the log into a queue of its own."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import func, select, text, update

from shared.contracts.envelope import ONE
from shared.messaging.apply import Desk
from shared.messaging.happenings import new_id
from shared.messaging.message_ids import events_in
from shared.messaging.relay import headers_of
from shared.messaging.tables import outbox, replays
from shared.messaging.topology import FACTS, TOPOLOGY, Topology
from shared.messaging.transaction import AnyRow, Transaction
from shared.messaging.transport import BrokerAway, Message, Transport
from shared.messaging.watch import Watch

_MOST = 50
_POLL_SECONDS = 1.0
_WRITERS_OUT = text("LOCK TABLE outbox IN SHARE MODE")
_FACTS = select(outbox).where(outbox.c.exchange == FACTS)


class NotReplayed(Exception):
    """No replay fills this queue; says which queues are filled by replays."""


class Replays:
    """The replays of one service; a wish from this process wakes the loop at once."""

    def __init__(self, desk: Desk, transport: Transport, watch: Watch, topology: Topology = TOPOLOGY) -> None:
        self._desk, self._transport, self._watch, self._topology = desk, transport, watch, topology
        self._replayed = {queue.name: queue.replays for queue in topology.queues if queue.replays}
        self._wished = asyncio.Event()

    async def start(self, queue: str) -> dict[str, Any]:
        """Wish that everything that stands in the log by now is told to `queue` again. Raises NotReplayed."""
        if queue not in self._replayed:
            filled = ", ".join(sorted(self._replayed)) or "none"
            raise NotReplayed(f"No replay fills this queue; these queues are: {filled}")
        async with self._desk.begin() as tx:
            through = await _last_position(tx)
        async with self._desk.begin() as tx:
            replay = {"id": new_id(), "queue": queue, "through_position": through, "position": 0, "messages": 0}
            replay |= {"events": 0, "total_messages": await self._messages_heard(tx, queue, through)}
            await tx.insert(replays, [{**replay, "started_at": tx.now}])
        self._wished.set()
        return _shown({**replay, "done_at": None})

    async def _messages_heard(self, tx: Transaction, queue: str, through: int) -> int:
        of_key = select(outbox.c.routing_key, func.count()).group_by(outbox.c.routing_key)
        written = of_key.where(outbox.c.exchange == FACTS, outbox.c.position <= through)
        return sum(number for key, number in await tx.rows(written) if self._hears(queue, key))

    def _hears(self, queue: str, routing_key: str) -> bool:
        return self._replayed[queue] in self._topology.heard_by(FACTS, routing_key)

    async def run(self) -> None:
        """Fulfil wishes for ever; a poll finds those of other processes."""
        while True:
            self._wished.clear()
            if not await self.send_some():
                await self._wish_or_poll()

    async def _wish_or_poll(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._wished.wait()
        except TimeoutError:
            return

    async def send_some(self) -> bool:
        """One round of the oldest replay that nobody else works on; False if there is none. Raises BrokerAway."""
        unfinished = replays.c.done_at.is_(None) & replays.c.queue.in_(self._replayed)
        oldest = select(replays).where(unfinished).order_by(replays.c.id).limit(1)
        async with self._desk.begin() as tx:
            found = await tx.rows(tx.unclaimed(oldest))
            for replay in found:
                await self._go_on(tx, replay)
        return bool(found)

    async def _go_on(self, tx: Transaction, replay: AnyRow) -> None:
        still = outbox.c.position.between(replay.position + 1, replay.through_position)
        rows = await tx.rows(_FACTS.where(still).order_by(outbox.c.position).limit(_MOST))
        heard = [row for row in rows if self._hears(replay.queue, row.routing_key)]
        await self._publish(replay.queue, heard)
        progress = {
            "position": rows[-1].position if rows else replay.through_position,
            "messages": replay.messages + len(heard),
            "events": replay.events + await _events_in(heard),
            "done_at": tx.now if len(rows) < _MOST else None,
        }
        await tx.connection.execute(update(replays).where(replays.c.id == replay.id).values(progress))
        self._watch.count("replayed", len(heard))

    async def _publish(self, queue: str, rows: Sequence[AnyRow]) -> None:
        """All confirmed, or none counts: then they come again, under the same event ids."""
        messages = [Message("", queue, r.body, r.message_id, r.content_type, headers_of(r)) for r in rows]
        failures = [failure for failure in await self._transport.publish(messages) if failure is not None]
        if failures:
            raise BrokerAway(f"{len(failures)} messages of a replay are not confirmed: {failures[0]}")


async def _last_position(tx: Transaction) -> int:
    """No writer is half-way while this looks: nothing can still appear before the position that it finds."""
    if tx.is_postgres:
        await tx.connection.execute(_WRITERS_OUT)
    rows = await tx.rows(select(func.coalesce(func.max(outbox.c.position), 0)))
    return int(rows[0][0])


async def _events_in(rows: Sequence[AnyRow]) -> int:
    """By the messages' ids; those of older ids are counted one by one, so that others get their turn in between."""
    number = 0
    for row in rows:
        if (told := events_in(row.message_id)) is None:
            told = 1 if row.content_type == ONE else len(orjson.loads(row.body))
            await asyncio.sleep(0)
        number += told
    return number


async def progress_of(tx: Transaction, replay_id: str) -> dict[str, Any] | None:
    """How far a replay has come, None if there is none of this id."""
    rows = await tx.rows(select(replays).where(replays.c.id == replay_id))
    return _shown(rows[0]._mapping) if rows else None


def _shown(replay: Any) -> dict[str, Any]:
    counted = {name: replay[name] for name in ("id", "queue", "messages", "events", "total_messages")}
    return {**counted, "done": replay["done_at"] is not None}
