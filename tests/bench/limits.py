"""The physical limits: PostgreSQL taking the same rows by COPY, RabbitMQ handing the same messages on."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import aio_pika
import asyncpg
import uvloop
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

from tests.bench.publisher import Publisher, Target
from tests.bench.servers import Servers
from tests.bench.workload import Workload

ROWS_A_TRANSACTION = 1_000
COPIES = 3
PREFETCH, IN_FLIGHT = 1_000, 500
TAKEN_FROM, HANDED_TO = "bench.taken_from", "bench.handed_to"


def copy_rate(servers: Servers, name: str) -> float:
    """Rows a second: what enrollment stored in this database, into an equal table; the median of three times."""
    return uvloop.run(_copied(servers.database.url.rpartition("/")[0] + f"/{name}"))


async def _copied(url: str) -> float:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT * FROM enrollment.policy_revisions")
        return len(rows) / median([await _seconds_to_copy(connection, rows) for _ in range(COPIES)])
    finally:
        await connection.close()


async def _seconds_to_copy(connection: Any, rows: Sequence[Any]) -> float:
    """In the order in which enrollment wrote them, with its indexes and checks."""
    await connection.execute("DROP TABLE IF EXISTS copied")
    await connection.execute("CREATE TABLE copied (LIKE enrollment.policy_revisions INCLUDING ALL)")
    await connection.execute("CHECKPOINT")
    began = time.monotonic()
    for start in range(0, len(rows), ROWS_A_TRANSACTION):
        async with connection.transaction():
            await connection.copy_records_to_table("copied", records=rows[start : start + ROWS_A_TRANSACTION])
    return time.monotonic() - began


def handing_on_rate(servers: Servers, name: str, workload: Workload, *, filled: bool) -> float:
    """Messages a second, by a bare loop from one quorum queue to another: from a full one, or while it is filled."""
    return uvloop.run(_handed_on(servers.broker.create_vhost(name), workload, filled))


async def _handed_on(url: str, workload: Workload, filled: bool) -> float:
    target = Target("", TAKEN_FROM, "application/cloudevents+json")
    messages = workload.policies // workload.events_a_message
    async with await aio_pika.connect(url) as taking, await aio_pika.connect(url) as giving:
        loop = BareLoop(await taking.channel(), await giving.channel(publisher_confirms=True, on_return_raises=True))
        await loop.declare()
        with Publisher(url, target, workload) as publisher:
            await asyncio.to_thread(publisher.totals)
            began = await asyncio.to_thread(publisher.start)
            if filled:
                began = await asyncio.to_thread(publisher.finish)
            return messages / (await loop.run(messages) - began)


def hop_waits_ms(servers: Servers, name: str, workload: Workload, pace: float) -> list[float]:
    """Milliseconds from a message's moment in the pace until it has come through both queues of a bare loop."""
    return uvloop.run(_hops(servers.broker.create_vhost(name), workload, pace))


async def _hops(url: str, workload: Workload, pace: float) -> list[float]:
    target = Target("", TAKEN_FROM, "application/cloudevents+json")
    arrived: dict[str, float] = {}

    async def note(message: AbstractIncomingMessage) -> None:
        arrived[message.message_id or ""] = time.monotonic()

    async with await aio_pika.connect(url) as taking, await aio_pika.connect(url) as giving:
        loop = BareLoop(await taking.channel(), await giving.channel(publisher_confirms=True, on_return_raises=True))
        await loop.declare()
        await (await (await taking.channel()).get_queue(HANDED_TO)).consume(note, no_ack=True)
        with Publisher(url, target, workload, pace) as publisher:
            await asyncio.to_thread(publisher.totals)
            began = await asyncio.to_thread(publisher.start)
            await loop.run(workload.policies)
    return [1000 * (moment - began - int(number.rpartition("-")[2]) / pace) for number, moment in arrived.items()]


class BareLoop:
    """Takes from one queue, publishes to the other, acknowledges what is confirmed."""

    def __init__(self, taking: Any, giving: Any) -> None:
        self._taking, self._giving = taking, giving
        self._arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()

    async def declare(self) -> None:
        """Two quorum queues."""
        for name in (TAKEN_FROM, HANDED_TO):
            await self._taking.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})

    async def run(self, messages: int) -> float:
        """Hand on so many messages; the monotonic moment when the last is confirmed and acknowledged."""
        await self._taking.set_qos(prefetch_count=PREFETCH)
        await (await self._taking.get_queue(TAKEN_FROM)).consume(self._take)
        while messages:
            group = await self._next_group()
            await asyncio.gather(*(hand_on(self._giving.default_exchange, message) for message in group))
            await group[-1].ack(multiple=True)
            messages -= len(group)
        return time.monotonic()

    async def _take(self, message: AbstractIncomingMessage) -> None:
        self._arrived.put_nowait(message)

    async def _next_group(self) -> list[AbstractIncomingMessage]:
        group = [await self._arrived.get()]
        while len(group) < IN_FLIGHT and not self._arrived.empty():
            group.append(self._arrived.get_nowait())
        return group


async def hand_on(exchange: AbstractExchange, message: AbstractIncomingMessage) -> None:
    """The same body, persistent, confirmed."""
    copy = aio_pika.Message(
        message.body,
        content_type=message.content_type,
        message_id=message.message_id,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await exchange.publish(copy, HANDED_TO)
