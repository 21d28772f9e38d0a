"""The notify service over a real database, with a clock that is turned by hand, and news to tell it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Table, select

from services.notify.__main__ import SERVICE
from services.notify.errands import office_of
from services.notify.errands.delivery import Office, deliver
from services.notify.gateways import Gateway
from services.notify.rules.news import News
from services.notify.settings import NotifySettings
from services.notify.tables import attempts, contacts, deliveries
from shared.contracts.judgements import (
    BulletinPublished,
    Contribution,
    Evidence,
    RegionLagging,
    RegionMilestone,
    RegionRecovered,
)
from shared.contracts.registry import event_of, type_of
from shared.contracts.values import level_of
from shared.messaging.apply import apply
from shared.messaging.door import Arrival
from shared.messaging.happenings import new_id
from shared.messaging.local import Local
from shared.messaging.tables import outbox
from shared.runtime import principals
from shared.runtime.clock import ZONE, Clock
from shared.runtime.migrations import migrate
from shared.runtime.principals import Principal, Role
from shared.runtime.service import Running, prepare
from shared.runtime.settings import Settings

TODAY = date(2021, 8, 31)
ADMIN_KEY = "the-admin-key"
Row = dict[str, Any]


class HandClock(Clock):
    """Stands still until it is turned."""

    def __init__(self) -> None:
        super().__init__()
        self._now = datetime(2021, 8, 31, 9, 0, tzinfo=ZONE)

    def now(self) -> datetime:
        return self._now

    def turn(self, **by: float) -> None:
        self._now += timedelta(**by)


@dataclass
class House:
    """The service with its surroundings."""

    running: Running
    clock: HandClock

    def office(self, **settings: Any) -> Office:
        """The delivery room, with these settings and no others."""
        return office_of(self.running, NotifySettings(**{"webhook_allow_private": True, **settings}))

    async def tell(self, *news: News) -> None:
        """The facts arrive, in this order, in one batch."""
        await apply(self.running.desk, [_arrival(one) for one in news])

    async def write(self, table: Table, *rows: Row) -> None:
        async with self.running.database.begin() as tx:
            await tx.insert(table, rows)

    async def rows(self, table: Table) -> list[Row]:
        async with self.running.database.read() as tx:
            found = await tx.rows(select(table).order_by(*table.primary_key.columns))
        return [dict(row._mapping) for row in found]

    async def delivery(self) -> Row:
        """The only one there is."""
        (row,) = await self.rows(deliveries)
        return row

    async def ledger(self) -> list[tuple[int, str, str]]:
        return [(row["number"], row["outcome"], row["detail"]) for row in await self.rows(attempts)]

    async def said(self) -> list[str]:
        """The types of the facts in the outbox."""
        bodies = [row["routing_key"] for row in await self.rows(outbox)]
        return sorted(bodies)

    async def know(self, *people: Row) -> None:
        await self.write(contacts, *[_contact(line, person) for line, person in enumerate(people)])

    async def key_of(self, role: Role, region: str = "") -> str:
        key_id, key = principals.new_key()
        async with self.running.database.begin() as tx:
            made = Principal(f"{role} {region}", frozenset({role}), region, None, key_id)
            await principals.add(tx, made, principals.hash_of(key))
        return key

    @asynccontextmanager
    async def client(self, key: str = ADMIN_KEY) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.running.app())
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://test/notify/v1", headers=headers) as client:
            yield client


@asynccontextmanager
async def house_at(url: str | None, folder: Path) -> AsyncIterator[House]:
    settings = Settings(database_url=url, data_dir=folder, admin_key=ADMIN_KEY)
    transport = Local(folder / "broker.sqlite")
    running, clock = prepare(SERVICE, settings, transport), HandClock()
    running.clock = running.database.clock = clock
    await migrate(running.database)
    try:
        yield House(running, clock)
    finally:
        await running.database.close()
        await transport.close()


@asynccontextmanager
async def open_office(office: Office, gateways: Mapping[str, Gateway] | None = None) -> AsyncIterator[None]:
    """The delivery loop runs, with these gateways in place of its own where given."""
    open_ = Office(office.desk, {**office.gateways, **(gateways or {})}, office.secrets, office.watch)
    loop = asyncio.create_task(deliver(open_))
    try:
        yield
    finally:
        loop.cancel()
        ended = await asyncio.gather(loop, return_exceptions=True)
    assert isinstance(ended[0], asyncio.CancelledError), ended


async def until(happened: Callable[[], Awaitable[object]]) -> None:
    """Wait for a fact, never for a time."""
    async with asyncio.timeout(20):
        while not await happened():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _contact(line: int, person: Row) -> Row:
    office = {"role": "association_secretary", "chain": "association", "name": "值班信箱"}
    reach = {"email": "", "robot_url": "", "valid_from": date(2019, 9, 1), "valid_to": None}
    return {"id": f"{person['region']}-{line:06d}", **office, **reach, **person}


def _arrival(fact: News) -> Arrival:
    kind = type_of(type(fact))
    event = event_of(kind)(id=new_id(), source="urn:guanai:reporting", type=kind, data=fact)
    return Arrival(event.source, event.id, event.subject, None, event)


EVIDENCE = Evidence(
    numerator=393057,
    denominator=454123.70000000001,
    value=0.8655284797952386,
    threshold=0.9,
    gap_units=38361,
    needed_per_day=1278.7000000000001,
    children=(
        Contribution(region="450126", name="宾阳县", gap=8123.400000000001),
        Contribution(region="450181", name="横州市", gap=11034.5),
        Contribution(region="450103", name="青秀区", gap=-512.0),
        Contribution(region="450124", name="马山县", gap=902.0),
        Contribution(region="450125", name="上林县", gap=3011.0),
    ),
)


def lagging(region: str = "4501", name: str = "南宁市", **more: Any) -> RegionLagging:
    """News that a region is behind its pace."""
    return RegionLagging(**{**_status(region, name), **more})


def recovered(region: str = "4501", name: str = "南宁市", **more: Any) -> RegionRecovered:
    """News that it is no longer."""
    better = EVIDENCE.model_copy(update={"numerator": 441000.0, "value": 0.9711, "threshold": 0.95, "gap_units": 0})
    since = {"since": date(2021, 8, 1), "evidence": better}
    return RegionRecovered(**{**_status(region, name), **since, **more})


def milestone(region: str = "4501", name: str = "南宁市", **more: Any) -> RegionMilestone:
    """News that a region has reached its guideline."""
    said = {"region": region, "name": name, "level": level_of(region), "programme_year": 2021}
    reached = {"milestone": "guideline_reached", "reached_on": date(2021, 5, 3), "value": 450012.0}
    return RegionMilestone(**{**said, **reached, **more})


def bulletin(region: str = "4501", **more: Any) -> BulletinPublished:
    """News that a bulletin can be read."""
    said = {"bulletin_id": "0190ab", "kind": "weekly", "region": region, "programme_year": 2021, "as_of": TODAY}
    return BulletinPublished(**{**said, "title": "南宁市关爱保险周通报（第35期）", **more})


def _status(region: str, name: str) -> Row:
    return {
        "region": region,
        "name": name,
        "level": level_of(region),
        "rule": "behind_pace",
        "programme_year": 2021,
        "episode": 1,
        "as_of": TODAY,
        "severity": "warning",
        "evidence": EVIDENCE,
    }
