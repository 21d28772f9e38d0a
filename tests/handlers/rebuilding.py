"""A rebuild as the command drives it: begin, replay, count, compare, switch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from random import Random
from typing import Any

from sqlalchemy import Table, func, select

from services.reporting.handlers import rebuild_books
from services.reporting.queries.rebuilds import rebuild_by_id
from services.reporting.rules.households import shortened
from services.reporting.tables import LIVE, Books
from shared.messaging.apply import apply
from shared.messaging.door import Arrival
from shared.messaging.message_ids import ENDINGS, Writer
from shared.messaging.outcomes import Unavailable
from shared.messaging.transaction import AnyRow
from shared.runtime.service import Running

CLAIMS = "urn:guanai:claims"
Rows = dict[tuple[str, ...], Any]


@dataclass
class House:
    """A reporting service and a second replica of it on the same database."""

    running: Running
    replica: Running

    async def replay(self, arrivals: Sequence[Arrival], by: Running | None = None) -> None:
        """One delivery of `reporting.rebuild`."""
        await apply((by or self.running).desk_of("reporting.rebuild"), arrivals)

    async def begin(self) -> str:
        async with self.running.desk.begin() as tx:
            return await rebuild_books.begin_rebuild(tx)

    async def count(self, rebuild: str, **events: int | None) -> None:
        """What each source says that its replay counted."""
        for source, number in events.items():
            async with self.running.desk.begin() as tx:
                await rebuild_books.note_replay(tx, rebuild, source, {"id": f"r-{source}", "events": number})

    async def compare(self, rebuild: str) -> AnyRow:
        async with self.running.desk.begin() as tx:
            await rebuild_books.compare(tx, rebuild)
            found = await rebuild_by_id(tx, rebuild)
            assert found is not None
            return found

    async def switch(self, rebuild: str, accept: bool = False) -> None:
        """As the command does: again when a reader was in the way."""
        for _ in range(50):
            try:
                async with self.running.desk.begin() as tx:
                    return await rebuild_books.switch(tx, rebuild, accept)
            except Unavailable:
                await asyncio.sleep(0.05)
        raise AssertionError("no switch in 50 attempts")

    async def change(self, statement: Any) -> None:
        async with self.running.desk.begin() as tx:
            await tx.connection.execute(statement)

    async def rows(self, books: Books) -> Rows:
        """Every row that says something, timelines by what they net to."""
        found: Rows = {}
        async with self.running.database.read() as tx:
            for live, table in zip(LIVE.all, books.all, strict=True):
                for row in await tx.rows(select(table)):
                    told = dict(row._mapping)
                    key = (live.name, *(str(told.pop(c.name)) for c in table.primary_key))
                    if "timeline" in told:
                        told["timeline"] = shortened(told["timeline"])
                    if any(told.values()):
                        found[key] = told
        return found

    async def number(self, table: Table) -> int:
        async with self.running.database.read() as tx:
            return int((await tx.rows(select(func.count()).select_from(table)))[0][0])

    async def rebuild(self, arrivals: Sequence[Arrival]) -> None:
        """All of it, from beginning to switch."""
        rebuild = await self.begin()
        await self.replay(arrivals)
        await self.count(rebuild, **counted(arrivals))
        await self.compare(rebuild)
        await self.switch(rebuild, accept=True)


def in_messages(chance: Random, log: Sequence[Arrival]) -> list[Arrival]:
    """The same facts under ids as sources give them, in messages of a few facts; some keep the id that they have."""
    told, writer = list[Arrival](), Writer()
    for _, run in groupby(log, key=attrgetter("source")):
        rest = list(run)
        while rest:
            some, rest = rest[: (size := chance.randrange(1, 8))], rest[size:]
            message_id = writer.message_id(len(some))
            named = [_renamed(a, message_id + ending) for a, ending in zip(some, ENDINGS, strict=False)]
            told += some if rest and chance.random() < 0.3 else named
    return told


def _renamed(arrival: Arrival, event_id: str) -> Arrival:
    assert arrival.event is not None
    return arrival._replace(event_id=event_id, event=arrival.event.model_copy(update={"id": event_id}))


def counted(log: Sequence[Arrival]) -> dict[str, int]:
    claims = sum(arrival.source == CLAIMS for arrival in log)
    return {"enrollment": len(log) - claims, "claims": claims}
