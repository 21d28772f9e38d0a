"""The books are rebuilt beside those that are read: from the same facts they come out the same, row by row."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text, update

from services.reporting.handlers import rebuild_books, take_reference
from services.reporting.handlers.book_facts import book_facts
from services.reporting.handlers.rebuild_books import NotYet
from services.reporting.queries.invariants import unbalanced
from services.reporting.tables import LIVE, NEXT, judged, rebuilds
from shared.contracts.facts import AgentChanged, AgentState
from shared.contracts.reference import RegionChangeRow
from shared.messaging.door import Arrival
from shared.messaging.outcomes import Unavailable
from shared.messaging.tables import heard_ranges, inbox
from shared.runtime.service import Running
from shared.runtime.tidying import tidy_some
from tests.handlers.books import book, fact, reporting
from tests.handlers.rebuilding import CLAIMS, House, counted, in_messages
from tests.handlers.worlds import END, a_claim, a_policy

NOON = datetime(2021, 8, 31, 12, tzinfo=UTC)


@pytest.fixture(params=["postgresql", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, END) as running, reporting(url, tmp_path, END) as replica:
        yield House(running, replica)


def a_log(chance: random.Random, policies: int = 60, alone: bool = False) -> list[Arrival]:
    """The facts of both sources, each source's in order, in messages of a few or each alone."""
    lives = [a_policy(chance, number) for number in range(policies)]
    claims = [a_claim(chance, number) for number in range(policies // 3)]
    agent = AgentChanged(
        agent_no="A1", region="450101001", before=None, after=AgentState(villages=("450101001001",), active=True)
    )
    log = [
        *(fact(c, f"{c.policy_no}/{c.revision}") for changes in lives for c in changes),
        fact(agent, "agent-1"),
        *(fact(c, f"{c.claim_no}/{n}", CLAIMS) for claim in claims for n, c in enumerate(claim)),
    ]
    moments = [NOON + timedelta(seconds=second) for second in range(len(log))]
    told = [at(arrival, moment) for arrival, moment in zip(log, moments, strict=True)]
    return told if alone else in_messages(chance, told)


def at(arrival: Arrival, moment: datetime) -> Arrival:
    """As the sources tell their facts: with the moment."""
    assert arrival.event is not None
    return arrival._replace(event=arrival.event.model_copy(update={"time": moment}))


def in_batches(chance: random.Random, log: Sequence[Arrival]) -> list[list[Arrival]]:
    rest, batches = list(log), []
    while rest:
        size = chance.randrange(1, 40)
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


async def test_rebuilt_books_are_the_same_row_by_row_however_facts_come(house: House, seed: int) -> None:
    chance = random.Random(seed)
    log = a_log(chance)
    early, late = log[::2], log[1::2]
    for batch in in_batches(chance, early):
        await book(house.running, batch)
    rebuild = await house.begin()
    replayed = [*early, *chance.sample(log, 60)]
    chance.shuffle(replayed)
    ways = [(True, batch) for batch in in_batches(chance, replayed)]
    ways += [(False, batch) for batch in in_batches(chance, late)]
    chance.shuffle(ways)
    for again, batch in ways:
        await (house.replay(batch) if again else book(house.running, batch))
    await house.count(rebuild, **counted([*{(a.source, a.event_id): a for a in replayed}.values()]))
    before = await house.rows(LIVE)
    result = await house.compare(rebuild)
    assert (result.differing_rows, result.differing) == (0, [])
    assert await house.rows(NEXT) == before
    await house.switch(rebuild)
    assert await house.rows(LIVE) == before
    assert await house.rows(NEXT) == {}
    async with house.running.database.read() as tx:
        assert await unbalanced(tx, 10) == []


async def test_a_fact_that_comes_live_and_replayed_at_the_same_time_in_two_replicas_is_booked_once(
    house: House, seed: int
) -> None:
    chance = random.Random(seed)
    log = a_log(chance, 30)
    rebuild = await house.begin()
    live, replayed = in_batches(chance, log), in_batches(chance, chance.sample(log, len(log)))
    await asyncio.gather(
        in_turn(lambda batch: book(house.running, batch), live),
        in_turn(lambda batch: house.replay(batch, house.replica), replayed),
        in_turn(house.replay, replayed[::-1]),
    )
    await house.count(rebuild, **counted(log))
    assert (await house.compare(rebuild)).differing_rows == 0
    assert await house.rows(NEXT) == await house.rows(LIVE)


async def in_turn(way: Any, batches: Sequence[list[Arrival]]) -> None:
    for batch in batches:
        while True:
            try:
                await way(batch)
                break
            except Unavailable:
                await asyncio.sleep(0.01)


async def test_books_that_differ_are_named_and_replaced_only_with_consent(house: House, seed: int) -> None:
    log = a_log(random.Random(seed), 20)
    await book(house.running, log)
    sound = await house.rows(LIVE)
    cells = LIVE.cells.c
    (key,) = [key for key in sound if key[:2] == ("cells", "4501")][:1]
    where = (cells.region == "4501") & (cells.booked_on == text(f"'{key[3]}'")) & (cells.product == key[4])
    await house.change(
        update(LIVE.cells).where(where, cells.renewed.is_(key[5] == "True")).values(units=cells.units + 7)
    )
    async with house.running.database.read() as tx:
        assert [(w["region"], w["left"]) for w in await unbalanced(tx, 10)] == [("4501", {"units": 7})]
    rebuild = await house.begin()
    await house.replay(log)
    await house.count(rebuild, **counted(log))
    result = await house.compare(rebuild)
    assert result.differing_rows == 1
    (item,) = result.differing
    assert (item["table"], item["key"]["region"]) == ("cells", "4501")
    assert item["live"]["units"] - item["rebuilt"]["units"] == 7
    assert set(item["live"]) == {"units"}
    with pytest.raises(NotYet, match="1 rows differ"):
        await house.switch(rebuild)
    await house.change(text("INSERT INTO judged (year, as_of, basis) VALUES (2021, '2021-08-31', 'some')"))
    await house.switch(rebuild, accept=True)
    assert await house.rows(LIVE) == sound
    async with house.running.database.read() as tx:
        assert [row.basis for row in await tx.rows(select(judged))] == [""], "regions are judged by the new books"


@pytest.mark.parametrize("alone", [False, True])
async def test_books_are_not_switched_before_every_fact_is_in_them(house: House, seed: int, alone: bool) -> None:
    log = a_log(random.Random(seed), 10, alone)
    await book(house.running, log)
    rebuild = await house.begin()
    with pytest.raises(NotYet, match="not been compared"):
        await house.switch(rebuild)
    await house.replay(log[:-1])
    with pytest.raises(NotYet, match="replay of enrollment is not done"):
        await house.compare(rebuild)
    await house.count(rebuild, enrollment=counted(log)["enrollment"], claims=None)
    with pytest.raises(NotYet, match="replay of claims is not done"):
        await house.compare(rebuild)
    await house.count(rebuild, claims=counted(log)["claims"])
    with pytest.raises(NotYet, match=r"\d+ of the \d+ facts that claims"):
        await house.compare(rebuild)
    await house.count(rebuild, claims=counted(log)["claims"] - 1)
    with pytest.raises(NotYet, match="1 facts that the books hold are in no replay"):
        await house.compare(rebuild)
    await house.replay(log[-1:])
    assert (await house.compare(rebuild)).differing_rows == 0


async def test_facts_that_were_heard_long_ago_are_missed_until_they_are_replayed(house: House, seed: int) -> None:
    log = a_log(random.Random(seed), 20)
    await book(house.running, log)
    clock = house.running.database.clock
    clock.now = lambda: datetime.now(UTC) + timedelta(days=100)  # type: ignore[method-assign]
    while await tidy_some(house.running.desk, house.running.settings, anybody):
        pass
    assert await house.number(heard_ranges) > 0
    rebuild = await house.begin()
    alone = await in_the_inbox(house)
    last = max(n for n, arrival in enumerate(log) if arrival.event_id not in alone)
    await house.replay(log[:last] + log[last + 1 :])
    await house.count(rebuild, enrollment=0, claims=0)
    with pytest.raises(NotYet, match="1 facts that the books hold are in no replay"):
        await house.compare(rebuild)
    await house.replay([log[last]])
    assert (await house.compare(rebuild)).differing_rows == 0


async def anybody(*_: Any) -> bool:
    return True


async def in_the_inbox(house: House) -> set[str]:
    async with house.running.database.read() as tx:
        return {row.event_id for row in await tx.rows(select(inbox.c.event_id))}


async def test_one_rebuild_runs_at_a_time_and_what_was_given_up_leaves_nothing(house: House, seed: int) -> None:
    log = a_log(random.Random(seed), 10)
    await book(house.running, log)
    first = await house.begin()
    await house.replay(log)
    with pytest.raises(NotYet, match=first):
        await house.begin()
    async with house.running.desk.begin() as tx:
        await rebuild_books.give_up(tx, first)
    assert await house.rows(NEXT) == {}
    await house.replay(log)
    assert await house.rows(NEXT) == {}, "messages that are left over"
    second = await house.begin()
    await house.replay(log)
    await house.count(second, **counted(log))
    assert (await house.compare(second)).differing_rows == 0
    with pytest.raises(rebuild_books.NoSuchRebuild):
        await house.compare(first)


@dataclass
class Traffic:
    """Facts that flow in one by one: half of them before the switch has begun, the last only after it."""

    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    switched: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    looks: list[int] = field(default_factory=list)

    async def flow(self, office: Running, facts: Sequence[Arrival]) -> None:
        for number, one in enumerate(facts):
            if number == len(facts) // 2:
                self.flowing.set()
            if number == len(facts) - 1:
                await self.switched.wait()
            await in_turn(lambda batch: book(office, batch), [[one]])

    async def through(self, house: House, facts: Sequence[Arrival]) -> None:
        await asyncio.gather(self.flow(house.running, facts[::2]), self.flow(house.replica, facts[1::2]))
        self.over.set()

    async def switch(self, house: House, rebuild: str) -> None:
        await self.flowing.wait()
        await house.switch(rebuild)
        self.switched.set()

    async def read(self, house: House) -> None:
        while not self.over.is_set():
            self.looks.append(await house.number(LIVE.cells))
            await asyncio.sleep(0)


async def test_nothing_is_lost_or_doubled_while_books_are_switched_under_traffic(house: House, seed: int) -> None:
    log = a_log(random.Random(seed), 90)
    early, late = log[: len(log) // 3], log[len(log) // 3 :]
    await book(house.running, early)
    rebuild = await house.begin()
    await house.replay(early)
    await house.count(rebuild, **counted(early))
    await house.compare(rebuild)
    on_the_way = Traffic()
    await asyncio.gather(on_the_way.read(house), on_the_way.through(house, late), on_the_way.switch(house, rebuild))
    assert min(on_the_way.looks) > 0, "no reader ever saw empty books"
    switched = await house.rows(LIVE)
    again = await house.begin()
    await house.replay(log)
    await house.count(again, **counted(log))
    assert (await house.compare(again)).differing_rows == 0
    assert await house.rows(NEXT) == switched
    assert await house.number(LIVE.traces) == len({(k[1:]) for k in switched if k[0] == "traces"})


async def merge_counties(running: Running) -> None:
    """450102 becomes a part of 450101."""
    change = {"code": "450102", "name_from": "旧", "name_to": "新", "level": "county", "change": "merged"}
    row = RegionChangeRow.model_validate({**change, "successor": "450101", "effective_on": "2021-01-01"})
    async with running.desk.begin() as tx:
        await take_reference.store_changes(tx, [row])


async def test_codes_that_change_while_a_fact_is_being_booked_wait_for_it(house: House, seed: int) -> None:
    log = a_log(random.Random(seed), 30)
    facts = [a.event for a in log if a.event is not None and not isinstance(a.event.data, AgentChanged)]
    async with house.running.desk.begin() as tx:
        await book_facts(9, facts, tx)
        change = asyncio.create_task(merge_counties(house.replica))
        await asyncio.sleep(0.3)
    await change
    rebuild = await house.begin()
    await house.replay(log)
    await house.count(rebuild, **counted(log))
    assert (await house.compare(rebuild)).differing_rows == 0


async def test_an_older_version_of_the_books_is_advised_against_but_the_service_stays_ready(house: House) -> None:
    needed = {"id": "0002", "state": "needed", "began_at": NOON, "ended_at": NOON, "replays": {}}

    async def readyz() -> httpx2.Response:
        transport = httpx2.ASGITransport(house.running.app())
        async with httpx2.AsyncClient(transport=transport, base_url="http://guanai.test") as client:
            return await client.get("/reporting/readyz")

    assert (await readyz()).json()["books"] == "ok"
    async with house.running.desk.begin() as tx:
        await tx.insert(rebuilds, [needed])
    said = await readyz()
    assert (said.status_code, said.json()["status"]) == (200, "ready")
    assert "guanai rebuild reporting" in said.json()["books"]
    rebuild = await house.begin()
    await house.count(rebuild, enrollment=0, claims=0)
    await house.compare(rebuild)
    await house.switch(rebuild)
    assert (await readyz()).json()["books"] == "ok"


async def test_codes_that_change_during_a_rebuild_change_in_both_sets(house: House, seed: int) -> None:
    log = a_log(random.Random(seed), 30)
    await book(house.running, log)
    rebuild = await house.begin()
    await house.replay(log[::2])
    await merge_counties(house.replica)
    await house.replay(log[1::2])
    await house.count(rebuild, **counted(log))
    assert (await house.compare(rebuild)).differing_rows == 0
    assert any(key[0] == "households" and key[2] == "True" for key in await house.rows(NEXT))
