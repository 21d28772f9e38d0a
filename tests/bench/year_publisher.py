"""The insurers of a whole year in a process of their own, never further ahead of the product than queues may hold."""

import asyncio
import time
from multiprocessing.connection import Connection

import aio_pika
import uvloop
from aio_pika.abc import AbstractChannel
from pydantic_core import to_json

from tests.bench.beside import Beside
from tests.bench.publisher import send
from tests.bench.year import Tally, messages_of

MOST_AHEAD = 60_000
"""Policies that are sent and do not show yet: the queues stay short, but never empty."""
MOST_IN_FLIGHT = 24
_LOOK_SECONDS = 0.02


class YearPublisher(Beside):
    """`with YearPublisher(url, policies) as p: p.start(); p.shown(n) …; p.finished()`; events are made as they go."""

    def __init__(self, url: str, policies: int) -> None:
        super().__init__(_work, url, policies)

    def start(self) -> float:
        """Let it publish; the monotonic moment of the first message."""
        self.line.send(0)
        moment: float = self.heard()
        return moment

    def shown(self, policies: int) -> None:
        """So many policies show: it may go on."""
        self.line.send(policies)

    def finished(self) -> Tally | None:
        """What it has sent in all, once the broker has confirmed everything; None before."""
        if not self.line.poll():
            return None
        tally: Tally = self.heard()
        return tally


def _work(line: Connection, url: str, policies: int) -> None:
    line.recv()
    uvloop.run(_publish(line, url, policies))


async def _publish(line: Connection, url: str, policies: int) -> None:
    tally, lead, in_flight = Tally(), _Lead(line), asyncio.Semaphore(MOST_IN_FLIGHT)
    async with await aio_pika.connect(url) as connection:
        channel: AbstractChannel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        line.send(time.monotonic())
        async with asyncio.TaskGroup() as group:
            for number, (target, events) in enumerate(messages_of(policies)):
                for event in events:
                    tally.add(event)
                await lead.wait(tally.counts["policies"])
                await in_flight.acquire()
                sent = group.create_task(send(channel, target, to_json(events), f"year-{number}"))
                sent.add_done_callback(lambda _: in_flight.release())
    line.send(tally)
    line.poll(None)


class _Lead:
    """How far ahead of what shows."""

    def __init__(self, line: Connection) -> None:
        self._line, self._shown = line, 0

    async def wait(self, published: int) -> None:
        """Until the product has caught up."""
        self._hear()
        while published - self._shown > MOST_AHEAD:
            await asyncio.sleep(_LOOK_SECONDS)
            self._hear()

    def _hear(self) -> None:
        while self._line.poll():
            self._shown = self._line.recv()
