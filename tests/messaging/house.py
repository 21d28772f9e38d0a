"""A house to test in: a desk with a database, a transport, loops at work, and waiting for facts instead of time."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, String, Table, func, select, text

from shared.contracts.envelope import Event
from shared.contracts.facts import PolicyIssued
from shared.messaging.apply import Desk
from shared.messaging.consume import consume
from shared.messaging.happenings import Route, on
from shared.messaging.listeners import listener
from shared.messaging.relay import relay
from shared.messaging.tables import metadata as messaging_tables
from shared.messaging.tables import outbox
from shared.messaging.topology import RECEIPTS, TOPOLOGY, Topology
from shared.messaging.transaction import Transaction
from shared.messaging.transport import Transport
from shared.runtime.database import Database
from shared.runtime.observe import Metrics
from shared.runtime.service import Loop, supervise

QUEUE = "claims.policies"
INTAKE_QUEUE = "enrollment.intake"
SMALL = Topology(TOPOLOGY.exchanges, tuple(q for q in TOPOLOGY.queues if q.name in (QUEUE, INTAKE_QUEUE)))
"""All exchanges, but only the queues that these tests listen to."""

metadata = MetaData()
cells = Table(
    "cells",
    metadata,
    Column("region", String, primary_key=True),
    Column("units", BigInteger, nullable=False),
)


async def count_units(issued: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
    """Add the units of every policy to its region: counted twice it would show."""
    sums: Counter[str] = Counter()
    for event in issued:
        sums[event.data.after.region] += event.data.after.units
    rows = [{"region": region, "units": sums[region]} for region in sorted(sums)]
    added = {"units": cells.c.units}
    await tx.insert(
        cells,
        rows,
        lambda i: i.on_conflict_do_update(index_elements=["region"], set_={"units": added["units"] + i.excluded.units}),
    )
    return []


COUNTING = (on(PolicyIssued, count_units),)


class Tally:
    """A watch that remembers: counts by name, outcome and reason."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        said = [labels[key] for key in ("outcome", "reason") if key in labels]
        self.counts[(name, *said)] += int(amount)

    def note(self, name: str, value: float, **labels: str) -> None:
        self.counts[(name,)] += 1


class House:
    """A service of a test: its desk and all that surrounds it."""

    def __init__(self, database: Database, transport: Transport, routes: Iterable[Route] = COUNTING) -> None:
        self.database, self.transport, self.watch = database, transport, Tally()
        self.routes = list(routes)
        self.desk = Desk(database.service, database.begin, self.routes)
        """Its routes are `self.routes` itself, so that a test can change them."""

    def consumer(self, queue: str = QUEUE) -> tuple[str, Loop]:
        opened = listener(queue, self.routes, self.watch)
        return queue, lambda: consume(self.desk, self.transport, opened, self.watch)

    def relay(self) -> tuple[str, Loop]:
        return "relay", lambda: relay(self.desk, self.transport, self.watch)

    def count(self, *of: str) -> int:
        """`deliveries, applied` and the like."""
        return self.watch.counts[of]

    async def units(self) -> int:
        return int(await self.number_of(select(func.coalesce(func.sum(cells.c.units), 0))))

    async def number_of(self, question: Any) -> Any:
        async with self.database.read() as tx:
            return (await tx.rows(question))[0][0]

    async def receipts(self) -> list[dict[str, Any]]:
        """Every receipt ever written, in order, with the insurer it goes to."""
        return [{"to": key, **event["data"]} for key, event in await self.said(RECEIPTS)]

    async def said(self, exchange: str) -> list[tuple[str, dict[str, Any]]]:
        """All events in the outbox with their routing keys, in order."""
        question = select(outbox.c.routing_key, outbox.c.body).where(outbox.c.exchange == exchange)
        async with self.database.read() as tx:
            rows = await tx.rows(question.order_by(outbox.c.position))
        return [(row.routing_key, event) for row in rows for event in _events(row.body)]

    async def statuses(self) -> list[tuple[str, str]]:
        return [(receipt["event_id"], receipt["status"]) for receipt in await self.receipts()]

    async def dead_reasons(self, queue: str = QUEUE) -> list[str]:
        return [letter.reason for letter in await self.transport.dead_letters(queue, 100)]


def _events(body: bytes) -> list[dict[str, Any]]:
    parsed = json.loads(body)
    return parsed if isinstance(parsed, list) else [parsed]


async def build(database: Database, *tables: MetaData) -> None:
    """The schema of a test's service: messaging's tables and its own."""
    async with database.engine.begin() as connection:
        if database.is_postgres:
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {database.service}"))
        for one in (messaging_tables, *tables):
            await connection.run_sync(one.create_all)


@asynccontextmanager
async def at_work(*loops: tuple[str, Loop]) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Loops supervised as in a real process until the block ends; a loop that fails, fails the test."""
    metrics = Metrics("test")
    tasks = [asyncio.create_task(supervise(name, loop, metrics)) for name, loop in loops]
    try:
        yield tasks
    finally:
        await ended(tasks)


async def ended(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel and wait; raises what a task died of."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def eventually(is_true: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a fact."""
    async with asyncio.timeout(seconds):
        while True:
            answer = is_true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)
