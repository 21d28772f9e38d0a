"""The control totals of enrollment are what a plain recount of its facts gives, and only news is told."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from services.enrollment.tables import policy_revisions
from services.reporting.rules.measures import OF_POLICIES
from services.reporting.rules.policy_entries import policy_cells
from shared.contracts.registry import EVENT_TYPES
from shared.messaging import outbox
from shared.messaging.happenings import Happening
from tests.contracts.town import policy
from tests.handlers.policy_office import VILLAGES, Json, Office, office_in
from tests.messaging.events import submission
from tests.messaging.house import at_work, eventually

MEASURES = ("policies", "units", "persons", "self_paid_fen", "fiscal_fen", "donated_fen")
CountyDay = tuple[str, int, date]
Sums = tuple[int, ...]


@pytest.fixture(params=["postgresql", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with office_in(tmp_path, url) as office:
        yield office


def a_life(dice: random.Random, number: int) -> list[Json]:
    """Issue, endorsements with moves, often a cancellation: every revision on its own day, in no order."""
    sold_on = date(2020, 7, 1) + timedelta(days=dice.randrange(300))
    told = {"policy_no": f"P{number}"}
    events = [policy(f"P{number}", **a_content(dice, sold_on))]
    for revision in range(2, 2 + dice.randrange(4)):
        changed_on = sold_on + timedelta(days=dice.randrange(100))
        extra = {"revision": revision, "endorsed_on": str(changed_on), "reason": "moved"}
        event = policy(f"P{number}", f"e-{number}-{revision}", **a_content(dice, sold_on), **extra)
        events.append({**event, "type": "guanai.insurer.policy.endorsed.v1"})
    if dice.random() < 0.4:
        refund = {"self_paid": "0.50", "fiscal": "0.00", "donated": "0.00"}
        day = {"cancelled_on": str(sold_on + timedelta(days=dice.randrange(100)))}
        data = {**told, "revision": len(events) + 1, **day, "refund": refund, "reason": "left"}
        events.append(submission("policy.cancelled", f"c-{number}", data))
    return events


def a_content(dice: random.Random, sold_on: date) -> Json:
    return {
        "product": dice.choice(("family_care", "love")),
        "region": dice.choice((*VILLAGES, "450722001")),
        "units": dice.randrange(1, 9),
        "premium": {"self_paid": f"{dice.randrange(1, 99)}.50", "fiscal": dice.choice(("0.00", "7.10")),
                    "donated": dice.choice(("0.00", "3.00"))},
        "sold_on": str(sold_on),
        "effective_from": str(sold_on),
        "effective_to": str(sold_on + timedelta(days=364)),
    }  # fmt: skip


async def tell(office: Office) -> int:
    """As the clock does it."""
    return len(await as_scheduled(office))


async def as_scheduled(office: Office) -> list[Happening]:
    (job,) = office.running.service.jobs(office.running.settings)
    assert (job.name, job.every_seconds) == ("tell_totals", 900)
    async with office.running.desk.begin() as tx:
        told = list(await job.run(tx))
        await outbox.put(tx, "enrollment", told)
    return told


async def told(office: Office) -> dict[CountyDay, Sums]:
    """What was told last of every county and day."""
    last: dict[CountyDay, Sums] = {}
    for fact in await office.facts("enrollment.totals"):
        data = EVENT_TYPES[fact["type"]].model_validate(fact["data"])
        assert fact["key"] == f"enrollment.totals.{fact['data']['region'][:4]}"
        last[key_of(data)] = sums_of(data)
    return last


def key_of(data: Any) -> CountyDay:
    return data.region, data.programme_year, data.booked_on


def sums_of(data: Any) -> Sums:
    premium = data.premium
    return data.policies, data.units, data.persons, premium.self_paid, premium.fiscal, premium.donated


async def booked(office: Office, start_month: int = 9) -> dict[CountyDay, Sums]:
    """What reporting books from the policy facts, all products together, county by county."""
    changes: list[Any] = [EVENT_TYPES[f["type"]].model_validate(f["data"]) for f in await office.facts("policy")]
    sums: defaultdict[CountyDay, Sums] = defaultdict(lambda: (0,) * len(MEASURES))
    entries = [item for change in changes for item in policy_cells(change, start_month).items()]
    for (region, year, day, *_), amounts in entries:
        told = dict(zip(OF_POLICIES, amounts, strict=True))
        more = [told[name] for name in MEASURES]
        key = (region[:6], year, day)
        sums[key] = tuple(a + b for a, b in zip(sums[key], more, strict=True))
    return sums


def something(sums: dict[CountyDay, Sums]) -> dict[CountyDay, Sums]:
    return {key: values for key, values in sums.items() if any(values)}


async def test_random_lives_in_random_order_come_to_what_reporting_books(office: Office, seed: int) -> None:
    dice = random.Random(seed)
    events = [event for number in range(150) for event in a_life(dice, number)]
    dice.shuffle(events)
    while events:
        size = dice.randrange(1, 120)
        batch, events = events[:size], events[size:]
        assert set(await office.take(*batch)) <= {"accepted", "parked"}
        if dice.random() < 0.6:
            before = await told(office)
            news = {key_of(f.data): sums_of(f.data) for f in await as_scheduled(office)}  # type: ignore[union-attr]
            only_news = all(before.get(key) != sums for key, sums in news.items())
            assert only_news or (len(news) == 1 and news.items() <= before.items()), "or one again"
            assert something(await told(office)) == something(await booked(office))
    await tell(office)
    found = await booked(office)
    assert something(await told(office)) == something(found)
    assert len({year for _, year, _ in something(found)}) == 2, "two programme years"
    assert await tell(office) == 1


@pytest.mark.parametrize("start_month", [1, 4])
async def test_a_programme_year_may_begin_in_another_month(tmp_path: Path, start_month: int, seed: int) -> None:
    dice = random.Random(seed)
    async with office_in(tmp_path, None, start_month) as office:
        for number in range(40):
            await office.take(*a_life(dice, number))
        await tell(office)
        assert something(await told(office)) == something(await booked(office, start_month))


async def test_a_policy_that_moves_takes_its_numbers_along_and_a_cancelled_one_keeps_premium(office: Office) -> None:
    content: Json = {"sold_on": "2021-03-01", "units": 3, "premium": money("100.00")}
    await office.take(policy("P1", **content, region="450722001001"))
    moved = {**policy("P1", "e-2", **content, region="450102001001", revision=2, endorsed_on="2021-04-01", reason="m")}
    await office.take({**moved, "type": "guanai.insurer.policy.endorsed.v1"})
    gone = {"policy_no": "P1", "revision": 3, "cancelled_on": "2021-05-01", "refund": money("40.00"), "reason": "l"}
    await office.take(submission("policy.cancelled", "c-3", gone))
    assert await tell(office) == 4
    assert await told(office) == {
        ("450722", 2021, date(2021, 3, 1)): (1, 3, 1, 10_000, 0, 0),
        ("450722", 2021, date(2021, 4, 1)): (-1, -3, -1, -10_000, 0, 0),
        ("450102", 2021, date(2021, 4, 1)): (1, 3, 1, 10_000, 0, 0),
        ("450102", 2021, date(2021, 5, 1)): (-1, -3, -1, -4_000, 0, 0),
    }


def money(self_paid: str) -> Json:
    return {"self_paid": self_paid, "fiscal": "0.00", "donated": "0.00"}


async def test_what_came_to_nothing_is_told_as_zeros_and_once(office: Office) -> None:
    await office.take(policy("P1"), policy("P2", sold_on="2021-03-02"))
    assert await tell(office) == 2
    async with office.running.desk.begin() as tx:
        await tx.connection.execute(delete(policy_revisions).where(policy_revisions.c.policy_no == "P1"))
    assert (await tell(office), await tell(office)) == (1, 1)
    assert sorted((await told(office)).values())[0] == (0,) * 6


async def test_a_day_on_which_nothing_changed_in_sum_is_not_told(office: Office) -> None:
    content: Json = {"sold_on": "2021-03-01"}
    event = policy("P1", "e-2", **content, region="450722001002", revision=2, endorsed_on="2021-04-01", reason="m")
    await office.take(policy("P1", **content), {**event, "type": "guanai.insurer.policy.endorsed.v1"})
    assert await tell(office) == 1
    assert [day for _, _, day in await told(office)] == [date(2021, 3, 1)]


async def test_an_operator_has_them_told_at_once(office: Office) -> None:
    await office.take(policy("P1"))
    for role in ("analyst", "county", "insurer", "auditor", "operator"):
        async with office.client(await office.key_for(role)) as client:
            answer = await client.post("/totals")
        assert answer.status_code == (200 if role == "operator" else 403), role
    assert answer.json()["told"] == 1
    async with office.client() as admin:
        assert (await admin.post("/totals")).json()["told"] == 1
    first, again = await office.facts("enrollment.totals")
    assert first["data"].pop("told_at") < again["data"].pop("told_at")
    assert first["data"] == again["data"]


async def test_two_replicas_tell_nothing_twice(office: Office) -> None:
    await office.take(*(policy(f"P{n}", sold_on=f"2021-02-{n:02}") for n in range(1, 29)))
    assert sorted(await asyncio.gather(*(tell(office) for _ in range(4)))) == [1, 1, 1, 28]


async def test_a_revision_that_is_just_being_written_is_told_next_time(pg_url: str, tmp_path: Path) -> None:
    async with office_in(tmp_path, pg_url) as office:
        await office.take(policy("P1"))
        async with office.running.desk.begin() as writer:
            await writer.connection.execute(update(policy_revisions).values(units=77))
            assert await tell(office) == 1
        assert (await tell(office), await tell(office)) == (1, 1)
        assert [sums[1] for sums in (await told(office)).values()] == [77]


async def test_the_clock_of_another_service_in_the_same_database_holds_nothing_up(pg_url: str, tmp_path: Path) -> None:
    held = "SELECT pg_advisory_xact_lock(hashtext('tell_totals')), pg_advisory_xact_lock(hashtext(:other))"
    async with office_in(tmp_path, pg_url) as office:
        await office.take(policy("P1"))
        async with office.running.desk.begin() as elsewhere:
            await elsewhere.rows(text(held), {"other": "claims.tell_totals"})
            async with at_work(*(clock for clock in office.running.schedule() if clock[0] == "tell_totals")):
                await eventually(lambda: is_told(office))


async def is_told(office: Office) -> bool:
    return bool(await office.facts("enrollment.totals"))
