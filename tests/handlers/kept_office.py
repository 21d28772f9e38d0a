"""A process that is asked the same again and again, another that changes things, and newcomers who know nothing."""

from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import event

from services.reporting.__main__ import SERVICE
from shared.contracts.facts import PolicyIssued
from shared.messaging.local import Local
from shared.runtime.service import Running, prepare
from shared.runtime.settings import Settings
from tests.handlers.callers import client_for

TODAY, MIDDLE = date(2021, 8, 31), date(2021, 2, 10)
DAYS = (str(TODAY), str(MIDDLE))
BY = ("units", "households", "penetration", "completion_guideline", "loss_ratio_paid_earned", "days_to_pay_p50")


@asynccontextmanager
async def process(url: str | None, directory: Path, today: date = TODAY) -> AsyncIterator[Running]:
    """One more replica of a service that has its tables."""
    transport = Local(directory / "broker.sqlite")
    running = prepare(SERVICE, Settings(database_url=url, data_dir=directory, today=today, pii_key=None), transport)
    try:
        yield running
    finally:
        await running.database.close()
        await transport.close()


@dataclass
class Office:
    """`asked` through `http`, while `other` changes things; `sold` is what the books began with."""

    url: str | None
    directory: Path
    asked: Running
    other: Running
    http: httpx2.AsyncClient
    sold: Sequence[PolicyIssued]

    async def ask(self, path: str, http: httpx2.AsyncClient | None = None, **about: Any) -> Any:
        answer = await (http or self.http).get(f"/reporting/v1/{path}", params={"year": 2021, **about})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def answers(self, http: httpx2.AsyncClient | None = None) -> list[Any]:
        """Of every kind, as of two days."""
        found = [await self.ask("indicators", http, region=r, as_of=d) for r in ("45", "4501", "450101") for d in DAYS]
        for by in BY:
            about = {"parent": "45", "level": "county", "by": by}
            found += [await self.ask("standings", http, as_of=day, **about) for day in DAYS]
        found += [await self.ask("indicators", http, region="45", as_of=day, products="all") for day in DAYS]
        return [*found, await self.ask("series", http, region="4501", measure="units")]

    async def newcomers_answers(self) -> list[Any]:
        """What a process says that has just begun."""
        async with process(self.url, self.directory) as running, await client_for(running, "analyst") as http:
            return await self.answers(http)

    async def tells_of(self, change: Awaitable[Any]) -> None:
        """After a change everything is told as by somebody who knows nothing, and something is told otherwise."""
        before = await self.answers()
        assert before == await self.newcomers_answers()
        await change
        after = await self.answers()
        assert after == await self.newcomers_answers()
        assert after != before

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """The statements that the process asks its database."""
        said: list[str] = []

        def hear(*told: Any) -> None:
            said.append(told[2])

        engine = self.asked.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", hear)
        try:
            yield said
        finally:
            event.remove(engine, "before_cursor_execute", hear)
