"""The control totals of claims are what reporting books from its facts, whatever happens to a claim on one day."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.claims.queries.first_payments import first_payments
from services.claims.rules.sequence import Step, in_order
from services.claims.tables import claim_steps
from services.reporting.rules.claim_entries import claim_cells, claim_entries
from services.reporting.rules.measures import OF_CLAIMS
from shared.contracts.facts import ClaimState, ClaimStep
from shared.contracts.registry import EVENT_TYPES
from shared.messaging import outbox
from shared.runtime import principals
from shared.runtime.principals import Principal
from tests.handlers.claims_office import ADMIN_KEY, ELSEWHERE, VILLAGE, Json, Office, office_in, policy, reported, step

MEASURES = ("claims_reported", "claims_settled", "claims_paid", "claims_rejected", "settled_fen", "paid_fen")
FIRST = date(2020, 8, 29)
CountyDay = tuple[str, int, date]
Sums = tuple[int, ...]


@pytest.fixture(params=["postgresql", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with office_in(tmp_path, url) as office:
        yield office


def a_claim(dice: random.Random, n: int) -> list[Json]:
    """A report and up to a dozen steps crowded on few days around the end of a programme year."""
    number = f"C{n}"
    day = str(FIRST)
    events = [reported(number, f"r-{n}", policy_no=f"P{n % 40}", incident_on=day, reported_on=day)]
    for place in range(dice.randrange(13)):
        on = str(FIRST + timedelta(days=dice.randrange(dice.choice((2, 6)))))
        events.append(a_step(dice, number, on, f"{n}-{place}", f"{place + 1}.00"))
    return events


def a_step(dice: random.Random, number: str, on: str, event_id: str, amount: str) -> Json:
    what = dice.choice(("settled", "paid", "paid", "rejected", "reopened", "reopened", "recovered", "answered"))
    words: dict[str, Json] = {
        "settled": {"amount": amount},
        "paid": {"amount": amount, "payment_no": event_id},
        "rejected": {"reason": "not covered"},
        "reopened": {"reserve": amount, "reason": "new bills"},
        "recovered": {"amount": amount, "reason": "too much"},
        "answered": {"satisfied": True},
    }
    return step(what, on, number, event_id, **words[what])


async def tell(office: Office) -> int:
    """As the clock does it."""
    (job,) = office.running.service.jobs(office.running.settings)
    assert (job.name, job.every_seconds) == ("tell_totals", 900)
    async with office.running.desk.begin() as tx:
        facts = await job.run(tx)
        await outbox.put(tx, "claims", facts)
    return len(facts)


def sums_of(data: Any) -> Sums:
    counts = (data.claims_reported, data.claims_settled, data.claims_paid, data.claims_rejected)
    return *counts, data.settled_amount, data.paid_amount


async def told(office: Office) -> dict[CountyDay, Sums]:
    """What was told last of every county and day."""
    last: dict[CountyDay, Sums] = {}
    for fact in await office.facts():
        if fact["key"].startswith("claims.totals."):
            data: Any = EVENT_TYPES[fact["type"]].model_validate(fact["data"])
            assert fact["key"] == f"claims.totals.{data.region[:4]}"
            last[data.region, data.programme_year, data.booked_on] = sums_of(data)
    return last


async def booked(office: Office) -> dict[CountyDay, Sums]:
    """What reporting books from the claim facts, all products together, county by county."""
    facts = [fact for fact in await office.facts() if fact["key"].startswith("claim.")]
    changes: list[Any] = [EVENT_TYPES[fact["type"]].model_validate(fact["data"]) for fact in facts]
    sums: defaultdict[CountyDay, Sums] = defaultdict(lambda: (0,) * len(MEASURES))
    entries = [item for change in changes for item in claim_cells(change, 9).items()]
    for (region, year, day, *_), amounts in entries:
        told = dict(zip(OF_CLAIMS, amounts, strict=True))
        key = (region[:6], year, day)
        sums[key] = tuple(a + told[name] for a, name in zip(sums[key], MEASURES, strict=True))
    return sums


def something(sums: dict[CountyDay, Sums]) -> dict[CountyDay, Sums]:
    return {key: values for key, values in sums.items() if any(values)}


async def test_random_claims_in_random_order_come_to_what_reporting_books(office: Office, seed: int) -> None:
    dice = random.Random(seed)
    await office.hear(*(policy(f"P{n}", region=dice.choice((VILLAGE, "450721001"))) for n in range(40)))
    moves = [policy(f"P{n}", 2, FIRST, region=ELSEWHERE) for n in range(0, 40, 3)]
    events = [event for n in range(300) for event in a_claim(dice, n)]
    dice.shuffle(events)
    while events:
        size = dice.randrange(100, 900)
        batch, events = events[:size], events[size:]
        assert set(await office.take(*batch)) <= {"accepted", "parked", "duplicate", "conflict"}
        if moves:
            await office.hear(*[moves.pop() for _ in range(min(4, len(moves)))])
        await tell(office)
        assert something(await told(office)) == something(await booked(office))
    found = something(await told(office))
    assert {region for region, _, _ in found} == {"450722", "450721", "450102"}
    assert {year for _, year, _ in found} == {2020, 2021}
    assert await tell(office) == 1


async def test_any_mixture_of_steps_on_three_days_counts_payments_as_booking_does(office: Office, seed: int) -> None:
    """Days of up to four steps that decide, reopen or pay, one after the other."""
    days = [kinds for size in range(5) for kinds in combinations_with_replacement("srop", size)]
    names = {"s": "settled", "r": "rejected", "o": "reopened", "p": "paid"}
    chance = random.Random(seed)
    mixtures = [[chance.choice(days) for _ in range(3)] for _ in range(6_000)]
    rows, expected = list[Json](), set[tuple[str, date]]()
    for number, mixture in enumerate(mixtures):
        steps = [Step("reported", FIRST)]
        for place, kinds in enumerate(mixture):
            on = FIRST + timedelta(days=place)
            steps += [Step(names[kind], on, amount + 1) for amount, kind in enumerate(kinds)]  # type: ignore[arg-type]
        rows += [row_of(f"C{number}", one) for one in steps[1:]]
        expected |= {(f"C{number}", on) for on in paid_days(steps)}
    async with office.running.desk.begin() as tx:
        await tx.insert(claim_steps, rows)
        found = [(row.claim_no, row.on) for row in await tx.rows(first_payments())]
    assert (set(found), len(found)) == (expected, len(expected))


def row_of(claim_no: str, one: Step) -> Json:
    named = {"claim_no": claim_no, "insurer": "i", "step": one.kind, "on": one.on, "amount_fen": one.amount_fen}
    return {**named, "payment_no": "", "satisfied": None, "remark": None, "digest": b""}


def paid_days(steps: list[Step]) -> list[date]:
    told = tuple(ClaimStep(step=one.kind, on=one.on, amount=one.amount_fen) for one in in_order(steps))
    state = ClaimState(product="p", region="450722001", kind="k", reported_on=FIRST, steps=told)
    return [on for on, measure, _ in claim_entries(state) if measure == "claims_paid"]


async def test_a_claim_that_moves_takes_its_numbers_along_and_leaves_zeros(office: Office) -> None:
    await office.hear(policy())
    await office.take(
        reported(),
        step("settled", "2021-03-05", amount="400.00"),
        step("paid", "2021-03-09", amount="300.00"),
        step("paid", "2021-03-09", amount="100.00"),
        step("recovered", "2021-09-01", amount="50.00", reason="too much"),
    )
    assert await tell(office) == 4
    here = {
        (2021, date(2021, 3, 2)): (1, 0, 0, 0, 0, 0),
        (2021, date(2021, 3, 5)): (0, 1, 0, 0, 40_000, 0),
        (2021, date(2021, 3, 9)): (0, 0, 1, 0, 0, 40_000),
        (2022, date(2021, 9, 1)): (0, 0, 0, 0, 0, -5_000),
    }
    assert await told(office) == {("450722", *key): sums for key, sums in here.items()}
    await office.hear(policy(revision=2, booked_on=date(2021, 3, 1), region=ELSEWHERE))
    assert (await tell(office), await tell(office)) == (8, 1)
    there = {("450102", *key): sums for key, sums in here.items()}
    assert await told(office) == there | {("450722", *key): (0,) * 6 for key in here}


async def test_an_operator_has_them_told_at_once(office: Office) -> None:
    await office.hear(policy())
    await office.take(reported())
    transport = httpx2.ASGITransport(app=office.running.app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://claims/claims/v1") as client:
        for role in ("analyst", "county", "insurer", "auditor", "operator"):
            answer = await client.post("/totals", headers=await as_(office, role))
            assert answer.status_code == (200 if role == "operator" else 403), role
        assert answer.json()["told"] == 1
        again = await client.post("/totals", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    assert again.json()["told"] == 1
    assert len(await told(office)) == 1


async def as_(office: Office, role: str) -> dict[str, str]:
    key_id, key = principals.new_key()
    async with office.running.desk.begin() as tx:
        made = Principal(role, frozenset({role}), "", None, key_id)
        await principals.add(tx, made, principals.hash_of(key))
    return {"Authorization": f"Bearer {key}"}


async def test_two_replicas_tell_nothing_twice(office: Office) -> None:
    await office.hear(policy())
    await office.take(*(reported(f"C{n}", f"r-{n}", reported_on=f"2021-03-{n:02}") for n in range(1, 29)))
    assert sorted(await asyncio.gather(*(tell(office) for _ in range(4)))) == [1, 1, 1, 28]
