"""An insurer's system in a process of its own: builds all bodies first, then publishes them, at a pace or as it can."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import aio_pika
import uvloop
from aio_pika.abc import AbstractChannel

from tests.bench.beside import Beside
from tests.bench.workload import INSURER, Totals, Workload, bodies_of, events_of, totals_of

BYTES_IN_FLIGHT = 4_000_000
MOST_IN_FLIGHT = 500


@dataclass(frozen=True)
class Target:
    """Where the messages go, and what their content type says."""

    exchange: str
    routing_key: str
    content_type: str


POLICIES = Target("guanai.intake", f"{INSURER}.policy.issued", "application/cloudevents+json")
POLICY_BATCHES = Target("guanai.intake", f"{INSURER}.policy.batch", "application/cloudevents-batch+json")


class Publisher(Beside):
    """`with Publisher(...) as p: p.totals(); p.start(); p.finish()`; it builds the bodies meanwhile.

    With a `pace` in messages a second each is sent at its moment, whatever has become of those before.
    """

    def __init__(self, url: str, target: Target, workload: Workload, pace: float | None = None) -> None:
        super().__init__(_work, url, target, workload, pace)
        self.late_seconds = 0.0
        """How much later than its moment a message was sent, at most; known at the end."""

    def totals(self) -> Totals:
        """Wait until all bodies are built."""
        totals: Totals = self.heard()
        return totals

    def start(self) -> float:
        """Let it publish; the monotonic moment of the first message."""
        self.line.send("publish")
        moment: float = self.heard()
        return moment

    def finish(self) -> float:
        """Wait until the broker has confirmed all; that monotonic moment."""
        moment: float
        moment, self.late_seconds = self.heard()
        return moment


def _work(line: Connection, url: str, target: Target, workload: Workload, pace: float | None) -> None:
    events = list(events_of(workload))
    bodies = bodies_of(events, workload.events_a_message)
    line.send(totals_of(events))
    del events
    line.recv()
    uvloop.run(_publish(line, url, target, bodies, Pace(pace)))


class Pace:
    """Messages a second, or none."""

    def __init__(self, rate: float | None) -> None:
        self._rate, self._began, self.late = rate, time.monotonic(), 0.0

    def begin(self) -> float:
        self._began = time.monotonic()
        return self._began

    async def moment(self, number: int) -> None:
        """Wait for the moment of the message with this number."""
        if self._rate is None:
            return
        ahead = self._began + number / self._rate - time.monotonic()
        await asyncio.sleep(max(0.0, ahead))
        self.late = max(self.late, -ahead)


async def _publish(line: Connection, url: str, target: Target, bodies: Sequence[bytes], pace: Pace) -> None:
    in_flight = asyncio.Semaphore(max(4, min(MOST_IN_FLIGHT, BYTES_IN_FLIGHT // len(bodies[0]))))
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        line.send(pace.begin())
        async with asyncio.TaskGroup() as group:
            for number, body in enumerate(bodies):
                await pace.moment(number)
                await in_flight.acquire()
                sent = group.create_task(send(channel, target, body, f"{target.routing_key}-{number}"))
                sent.add_done_callback(lambda _: in_flight.release())
    line.send((time.monotonic(), pace.late))


async def send(channel: AbstractChannel, target: Target, body: bytes, message_id: str) -> None:
    """Persistent, in the insurer's name; returns when the broker has confirmed it."""
    message = aio_pika.Message(
        body,
        content_type=target.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=message_id,
        user_id=INSURER,
    )
    exchange = await channel.get_exchange(target.exchange, ensure=False)
    await exchange.publish(message, target.routing_key)
