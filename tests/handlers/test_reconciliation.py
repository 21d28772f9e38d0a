"""The books are held against what the sources told: what is on its way is no alarm, what is lost is always found."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update

from services.reporting.errands import errands
from services.reporting.handlers import reconcile as looking
from services.reporting.handlers.reconcile import CLOCKS, reconcile, reconcile_when_due
from services.reporting.queries.invariants import unbalanced
from services.reporting.queries.reconciliation import heard_until, look_by_id, standing_differences
from services.reporting.tables import LIVE, reconciliations
from shared.contracts.facts import ClaimsTotals, EnrollmentTotals
from shared.contracts.values import Premium
from shared.messaging import outbox
from shared.messaging.transaction import AnyRow
from shared.runtime import principals
from shared.runtime.clock import ZONE
from shared.runtime.principals import Principal
from shared.runtime.service import Running
from tests.handlers.books import book, fact, reporting
from tests.handlers.policy_office import TODAY, Json, Office, office_in
from tests.handlers.test_enrollment_totals import a_life
from tests.handlers.worlds import a_claim, a_policy
from tests.messaging.house import at_work, eventually

COUNTY, DAY = "450101", date(2021, 3, 1)


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("pg_url") if request.param == "postgresql" else None


@pytest.fixture
async def running(url: str | None, tmp_path: Path) -> AsyncIterator[Running]:
    async with reporting(url, tmp_path, TODAY) as made:
        yield made


async def look(running: Running) -> AnyRow:
    """One reconciliation, as it is kept."""
    async with running.desk.begin() as tx:
        found = await look_by_id(tx, await reconcile(tx))
    assert found is not None
    return found


def units(told: int, number: int, told_at: datetime, together: int = 1, **place: Any) -> Any:
    """Totals of a county and day as enrollment tells them."""
    values = {"region": COUNTY, "programme_year": 2021, "booked_on": DAY, "policies": 0, "persons": 0, **place}
    data = EnrollmentTotals(**values, units=told, premium=Premium(), told_at=told_at, told_together=together)
    return fact(data, f"totals-{number:04}")


def later(seconds: float) -> datetime:
    """A moment by the clock of a source."""
    return datetime.now(ZONE) + timedelta(seconds=seconds)


async def tell(office: Office) -> None:
    """As the job does."""
    (job,) = (job for job in office.running.service.jobs(office.running.settings) if job.name == "tell_totals")
    async with office.running.desk.begin() as tx:
        await outbox.put(tx, "enrollment", await job.run(tx))
    office.running.desk.committed.set()


@dataclass
class Traffic:
    """Policies that flow through enrollment into two replicas of reporting, and looks meanwhile."""

    dice: random.Random
    office: Office
    replicas: tuple[Running, Running]
    looks: list[AnyRow] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def flow(self, events: list[Json]) -> None:
        """Submit, tell and look side by side, until everything is submitted and heard."""
        loops = [loop for one in (self.office.running, *self.replicas) for loop in one.loops()]
        async with at_work(*loops):
            telling = self._now_and_then(lambda: tell(self.office), 0.4)
            await asyncio.gather(self._submit(events), telling, self._now_and_then(self._look, 0.2))
            await eventually(self._is_settled)

    async def _submit(self, events: list[Json]) -> None:
        while events:
            size = self.dice.choice((1, 1, 2, 30))
            await self.office.take(*events[:size])
            events = events[size:]
            await asyncio.sleep(self.dice.choice((0, 0, 0.01, 0.2)))
        self.over.set()

    async def _now_and_then(self, act: Callable[[], Awaitable[None]], longest: float) -> None:
        while not self.over.is_set():
            await act()
            await asyncio.sleep(self.dice.random() * longest)

    async def _look(self) -> None:
        self.looks.append(await look(self.replicas[1]))

    async def _is_settled(self) -> bool:
        await tell(self.office)
        await asyncio.sleep(0.3)
        await self._look()
        return not self.looks[-1].unsettled


@pytest.mark.parametrize("round_", range(2))
async def test_no_difference_stands_falsely_while_policies_flow_and_none_is_left_when_they_rest(
    url: str | None, round_: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "CLOCKS", timedelta(0))  # both services read the clock of this machine
    dice = random.Random(f"{seed}/{round_}")
    events = [event for number in range(150) for event in a_life(dice, number)]
    dice.shuffle(events)
    async with (
        office_in(tmp_path, url) as office,
        reporting(url, tmp_path, TODAY) as first,
        reporting(url, tmp_path, TODAY) as second,
    ):
        first.transport = second.transport = office.running.transport
        traffic = Traffic(dice, office, (first, second))
        await traffic.flow(events)
        assert any(found.unsettled for found in traffic.looks), "there was something to be wrong about"
        assert [found.items for found in traffic.looks if found.differences] == []
        assert traffic.looks[-1].compared > 100
        async with first.database.read() as tx:
            assert await unbalanced(tx, 10) == []


async def test_a_booking_that_was_lost_or_doubled_is_found_after_the_next_telling(running: Running, seed: int) -> None:
    chance = random.Random(seed)
    facts = [fact(c, f"{c.policy_no}/{c.revision}") for n in range(30) for c in a_policy(chance, n)]
    for number in range(60):
        claim = enumerate(a_claim(chance, number))
        facts += [fact(c, f"{c.claim_no}/{n}", "urn:guanai:claims") for n, c in claim]
    await book(running, facts)
    await tell_what_is_booked(running)
    assert (await look(running)).unsettled == 0
    cells = LIVE.cells.c
    county = (cells.region == "450101") & (cells.policies > 0)
    async with running.desk.begin() as tx:
        (hit,) = await tx.rows(select(LIVE.cells).where(county).order_by(*LIVE.cells.primary_key).limit(1))
        where = [column == getattr(hit, column.name) for column in LIVE.cells.primary_key]
        await tx.connection.execute(update(LIVE.cells).where(*where).values(fiscal_fen=cells.fiscal_fen + 100))
        gone = delete(LIVE.cells).where(cells.region == "450201", cells.claims_paid != 0)
        assert (await tx.connection.execute(gone)).rowcount > 0
    found = await look(running)
    assert found.differences == 0, "it may still come right"
    assert found.unsettled > 1
    await book(running, [units(0, 9_000, later(10), booked_on=date(2022, 1, 1)), claims_totals(9_001, later(10))])
    found = await look(running)
    assert (found.differences > 1, found.unsettled) == (True, 0)
    wrong = {(i["region"], i["booked_on"], i["measure"]): (i["booked"], i["told"]) for i in found.items}
    booked, told = wrong["450101", str(hit.booked_on), "fiscal"]
    assert float(booked) - float(told) == 1
    paid = [found for (region, _, measure), found in wrong.items() if (region, measure) == ("450201", "claims_paid")]
    assert paid
    assert all(booked == 0 and told > 0 for booked, told in paid)
    assert {region for region, _, _ in wrong} == {"450101", "450201"}


def claims_totals(number: int, told_at: datetime) -> Any:
    counts: dict[str, Any] = dict.fromkeys(("claims_reported", "claims_settled", "claims_paid", "claims_rejected"), 0)
    place: dict[str, Any] = {"region": COUNTY, "programme_year": 2022, "booked_on": date(2022, 1, 1)}
    data = ClaimsTotals(**place, **counts, settled_amount=0, paid_amount=0, told_at=told_at)
    return fact(data, f"totals-{number:04}", "urn:guanai:claims")


async def tell_what_is_booked(running: Running) -> None:
    """Both sources tell exactly what reporting has booked."""
    cells = LIVE.cells
    async with running.database.read() as tx:
        rows = [row for row in await tx.rows(select(cells)) if len(row.region) == 6]
    sums: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in rows:
        held = sums.setdefault((row.region, row.year, row.booked_on), {})
        for name, value in row._mapping.items():
            if name not in cells.primary_key.columns:
                held[name] = held.get(name, 0) + value
    told: dict[str, Any] = {"told_at": later(0), "told_together": len(sums)}
    arrivals = []
    for n, ((region, year, day), held) in enumerate(sums.items()):
        place: dict[str, Any] = {"region": region, "programme_year": year, "booked_on": day, **told}
        premium = Premium(self_paid=held["self_paid_fen"], fiscal=held["fiscal_fen"], donated=held["donated_fen"])
        counts = {name: held[name] for name in ("policies", "units", "persons")}
        arrivals.append(fact(EnrollmentTotals(**place, **counts, premium=premium), f"totals-{n:04}"))
        claims = {name: held[f"claims_{name}"] for name in ("reported", "settled", "paid", "rejected")}
        paid = {"settled_amount": held["settled_fen"], "paid_amount": held["paid_fen"]}
        data = ClaimsTotals(**place, **{f"claims_{name}": n for name, n in claims.items()}, **paid)
        arrivals.append(fact(data, f"totals-{n:04}", "urn:guanai:claims"))
    await book(running, arrivals)


ELSEWHERE: dict[str, Any] = {"region": "450102"}


async def test_a_difference_stands_only_when_all_of_a_later_telling_was_heard(running: Running) -> None:
    await book(running, [units(5, 1, later(0))])
    assert (await look(running)).unsettled == 1
    await book(running, [units(0, 2, later(0.8 * CLOCKS.total_seconds()), **ELSEWHERE)])
    assert (await look(running)).differences == 0, "the clocks of two hosts may differ so much"
    moment = later(20)
    await book(running, [units(0, 3, moment, 2, **ELSEWHERE)])
    found = await look(running)
    assert (found.differences, found.unsettled) == (0, 1), "the other half may correct it"
    await book(running, [units(5, 4, moment, 2)])
    found = await look(running)
    assert (found.differences, found.unsettled) == (1, 0), "it does not"
    await book(running, [units(0, 6, later(40))])
    found = await look(running)
    assert (found.differences, found.unsettled, found.compared) == (0, 0, 2)


async def test_older_totals_never_overwrite_newer_ones(running: Running) -> None:
    """By when they were told, whatever process of the source told them under whatever id."""
    moment = later(0)
    await book(running, [units(7, 2, moment), units(5, 1, moment), units(4, 9, later(-5))])
    await book(running, [units(6, 10, later(-10))])
    assert [item["told"] for item in (await look(running)).items] == [7]


async def test_standing_differences_are_those_of_a_region_up_to_a_day(running: Running) -> None:
    counties = (("450101", date(2021, 3, 1)), ("450102", date(2021, 3, 5)), ("450201", date(2021, 2, 1)))
    told = [units(9, n, later(0), region=region, booked_on=day) for n, (region, day) in enumerate(counties)]
    await book(running, told)
    await look(running)
    await book(running, [units(0, 90, later(10), booked_on=date(2022, 1, 1))])
    async with running.database.read() as tx:
        assert await standing_differences(tx, "45", date(2021, 8, 31)) == [], "not before the next look"
    await look(running)
    expected = {
        ("45", date(2021, 8, 31)): {"450101", "450102", "450201"},
        ("45", date(2021, 3, 4)): {"450101", "450201"},
        ("4501", date(2021, 3, 5)): {"450101", "450102"},
        ("450201", date(2021, 1, 31)): set(),
        ("450201", date(2021, 2, 1)): {"450201"},
        ("450201001", date(2021, 2, 1)): {"450201"},
        ("450202", date(2021, 8, 31)): set(),
    }
    async with running.database.read() as tx:
        for (region, until), counties_found in expected.items():
            found = await standing_differences(tx, region, until)
            assert {difference.region for difference in found} == counties_found, (region, until)


async def test_the_clock_looks_again_as_soon_as_it_can_be_told_whether_a_difference_stands(running: Running) -> None:
    async def ticks() -> list[tuple[int, int]]:
        async with running.desk.begin() as tx:
            await reconcile_when_due(tx)
        async with running.database.read() as tx:
            rows = await tx.rows(select(reconciliations).order_by(reconciliations.c.id))
        return [(row.differences, row.unsettled) for row in rows]

    await book(running, [units(5, 1, later(0))])
    assert await ticks() == [(0, 1)]
    assert await ticks() == [(0, 1)], "nothing new to see"
    await book(running, [units(5, 2, later(10))])
    assert await ticks() == [(0, 1), (1, 0)]
    assert await ticks() == [(0, 1), (1, 0)]
    async with running.desk.begin() as tx:
        await tx.connection.execute(update(reconciliations).values(looked_at=tx.now - timedelta(minutes=16)))
    assert len(await ticks()) == 3
    async with at_work(*errands(running)):
        await eventually(lambda: b'reconciliation_differences{service="reporting"} 1.0' in running.metrics.page())


async def test_an_operator_looks_and_finds_again_what_was_seen(running: Running) -> None:
    await book(running, [units(3, n, later(0), booked_on=date(2021, 3, n)) for n in range(1, 6)])
    key, near = await key_for(running, "operator"), await key_for(running, "operator", "4502")
    transport = httpx2.ASGITransport(running.app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://guanai.test/reporting/v1") as client:
        analyst = {"Authorization": f"Bearer {await key_for(running, 'analyst')}"}
        for method, path in (("POST", "/reconciliations"), ("GET", "/differences"), ("GET", "/invariants")):
            assert (await client.request(method, path, headers=analyst)).status_code == 403
        client.headers["Authorization"] = f"Bearer {key}"
        made = (await client.post("/reconciliations")).json()
        assert (made["compared"], made["differences"], made["unsettled"]) == (5, 0, 5)
        one = made["items"][0]
        assert (one["region"], one["year"], one["booked_on"]) == (COUNTY, 2021, "2021-03-01")
        assert (one["measure"], one["booked"], one["told"], one["stands"]) == ("units", 0, 3, False)
        assert (await client.get(f"/reconciliations/{made['id']}")).json() == made
        assert [row["id"] for row in (await client.get("/reconciliations")).json()["items"]] == [made["id"]]
        page = (await client.get("/differences?limit=3")).json()
        rest = (await client.get("/differences", params={"cursor": page["next"], "limit": 3})).json()
        assert page["items"] + rest["items"] == made["items"]
        assert rest["next"] is None
        assert (await client.get("/differences?cursor=x")).status_code == 422
        assert (await client.get("/reconciliations/none")).status_code == 404
        async with running.database.read() as tx:
            heard = await heard_until(tx)
        (telling,) = (await client.get("/tellings")).json()["items"]
        assert datetime.fromisoformat(telling["told_at"]) == heard["enrollment"]
        assert (await client.get("/invariants")).json()["items"] == []
        client.headers["Authorization"] = f"Bearer {near}"
        assert (await client.get(f"/reconciliations/{made['id']}")).json()["items"] == [], "outside the scope"
        assert (await client.get("/differences")).json()["items"] == []


async def key_for(running: Running, role: str, region: str = "") -> str:
    key_id, key = principals.new_key()
    async with running.desk.begin() as tx:
        await principals.add(tx, Principal(role, frozenset({role}), region, None, key_id), principals.hash_of(key))
    return key
