"""An insurer's system in a process of its own: builds all bodies first, then publishes them as fast as it can."""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType

import aio_pika
import uvloop
from aio_pika.abc import AbstractChannel

from tests.bench.workload import INSURER, Totals, Workload, bodies_of, events_of, totals_of

BYTES_IN_FLIGHT = 4_000_000
MOST_IN_FLIGHT = 500


@dataclass(frozen=True)
class Target:
    """Where the messages go, and what their content type says."""

    exchange: str
    routing_key: str
    content_type: str


class Publisher:
    """`with Publisher(...) as p: p.totals(); p.start(); p.finish()`; it builds the bodies meanwhile."""

    def __init__(self, url: str, target: Target, workload: Workload) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(target=_run, args=(other, url, target, workload), daemon=True)
        self._process.start()
        other.close()

    def totals(self) -> Totals:
        """Wait until all bodies are built."""
        totals: Totals = self._line.recv()
        return totals

    def start(self) -> float:
        """Let it publish; the monotonic moment of the first message."""
        self._line.send("publish")
        moment: float = self._line.recv()
        return moment

    def finish(self) -> float:
        """Wait until the broker has confirmed all; that monotonic moment."""
        moment: float = self._line.recv()
        return moment

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()
        self._process.terminate()
        self._process.join()


def _run(line: Connection, url: str, target: Target, workload: Workload) -> None:
    events = list(events_of(workload.policies))
    bodies = bodies_of(events, workload.events_a_message)
    line.send(totals_of(events))
    del events
    line.recv()
    uvloop.run(_publish(line, url, target, bodies))


async def _publish(line: Connection, url: str, target: Target, bodies: Sequence[bytes]) -> None:
    in_flight = asyncio.Semaphore(max(4, min(MOST_IN_FLIGHT, BYTES_IN_FLIGHT // len(bodies[0]))))
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        line.send(time.monotonic())
        async with asyncio.TaskGroup() as group:
            for number, body in enumerate(bodies):
                await in_flight.acquire()
                sent = group.create_task(_send(channel, target, body, f"{target.routing_key}-{number}"))
                sent.add_done_callback(lambda _: in_flight.release())
    line.send(time.monotonic())


async def _send(channel: AbstractChannel, target: Target, body: bytes, message_id: str) -> None:
    message = aio_pika.Message(
        body,
        content_type=target.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=message_id,
        user_id=INSURER,
    )
    exchange = await channel.get_exchange(target.exchange, ensure=False)
    await exchange.publish(message, target.routing_key)
