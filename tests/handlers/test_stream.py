"""Whoever listens hears what changes inside the own region, once, also after a cut; and many cost little."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event as events

from services.reporting.errands import hub, listener
from shared.contracts.judgements import BulletinPublished, RegionMilestone
from shared.messaging import outbox
from shared.messaging.happenings import Fact
from shared.runtime.service import Running, prepare
from tests.handlers.books import reporting, set_targets
from tests.handlers.callers import key_for
from tests.handlers.ears import Cut, Ear, Heard, connected, listening, names, served, until
from tests.handlers.sales import move, sell
from tests.nodes.postgresql import PostgreSQL

TODAY = date(2021, 8, 31)
VILLAGE, NEIGHBOUR, ELSEWHERE = "450101001001", "450102001001", "450201001001"


@pytest.fixture(params=["sqlite", "postgresql"])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, TODAY) as running:
        yield running


@pytest.fixture
async def port(town: Running) -> AsyncIterator[int]:
    async with served(town) as port:
        yield port


@pytest.fixture
async def key(town: Running) -> str:
    return await key_for(town, "analyst")


def good_news(region: str, value: float, name: str = "") -> Fact:
    told = RegionMilestone(
        region=region, name=name or f"区{region}", level="city", programme_year=2021, milestone="guideline",
        reached_on=TODAY, value=value,
    )  # fmt: skip
    return Fact(told, region, region)


async def tell(town: Running, *facts: Fact) -> None:
    """As the job that judges does it."""
    async with town.desk.begin() as tx:
        await outbox.put(tx, "reporting", facts)
    town.desk.changed.set()


def values(heard: list[Heard]) -> list[float]:
    return [event.data["value"] for event in heard if event.name == "milestone"]


async def test_the_standings_come_at_once_and_again_when_something_is_sold(town: Running, port: int, key: str) -> None:
    await set_targets(town, r4501=100)
    await sell(town, VILLAGE, 30, TODAY)
    async with listening(port, key) as ear:
        assert ear.status == 200
        assert "content-type: text/event-stream" in ear.headers
        assert "cache-control: no-cache" in ear.headers
        first = await ear.next()
        assert (first.name, first.data["year"], first.data["as_of"]) == ("standings", 2021, "2021-08-31")
        assert first.data["rows"] == [
            {"code": "4501", "name": "区4501", "rank": 1, "units": 30, "completion_guideline": 0.3, "no_feed": False},
            {"code": "4502", "name": "区4502", "rank": None, "units": 0, "completion_guideline": None, "no_feed": True},
        ]
        await sell(town, ELSEWHERE, 40, TODAY)
        second = await ear.next()
        assert second.data["changed"] == ["4502"]
        assert [(row["code"], row["units"], row["rank"]) for row in second.data["rows"]] == [
            ("4502", 40, 1),
            ("4501", 30, 2),
        ]
        assert second.data["fresh_to"] > first.data["fresh_to"]
        await set_targets(town, r4502=80)
        third = await ear.next()
        assert (third.data["changed"], third.data["rows"][0]["completion_guideline"]) == ([], 0.5)
        assert await ear.nothing()


async def test_a_booking_that_tells_nobody_anything_is_seen_before_the_next_look(
    town: Running, port: int, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_POLL_SECONDS", 3600)
    async with listening(port, key) as ear:
        await ear.next()
        await sell(town, VILLAGE, 30, TODAY)
        assert (await ear.next()).data["changed"] == ["4501"]


async def test_a_family_that_moves_to_another_city_changes_both(town: Running, port: int, key: str) -> None:
    issued = await sell(town, VILLAGE, 30, TODAY)
    old_city = await key_for(town, "county", "4501")
    async with listening(port, key) as ear, listening(port, old_city) as left:
        assert (await left.next()).data["rows"][0]["units"] == 30
        await ear.next()
        await move(town, issued, ELSEWHERE)
        assert (await ear.next()).data["changed"] == ["4501", "4502"]
        assert (await left.next()).data["rows"][0]["units"] == 0


async def test_what_happens_is_told_as_it_happens(town: Running, port: int, key: str) -> None:
    bulletin = BulletinPublished(
        bulletin_id="b1", kind="weekly", region="45", programme_year=2021, as_of=TODAY, title="周通报"
    )
    async with listening(port, key) as ear:
        await ear.next()
        await tell(town, good_news("4501", 1.0), Fact(bulletin, "45", "b1"))
        heard = [await ear.next(), await ear.next()]
        assert sorted(names(heard)) == ["bulletin", "milestone"]
        assert {event.data["region"] for event in heard} == {"4501", "45"}
        assert await ear.nothing()


async def test_after_a_cut_anywhere_everything_missed_is_heard_once_and_in_order(
    town: Running, port: int, key: str
) -> None:
    async with listening(port, key) as ear:
        start = (await ear.next()).id
        await tell(town, *(good_news("4501", n) for n in range(5)))
        first = [await ear.next() for _ in range(5)]
    await tell(town, good_news("4502", 5))
    await tell(town, good_news("4501", 6), good_news("4501", 7))
    for place, heard in enumerate([start, *(event.id for event in first)]):
        for by_header in (True, False):
            given = {"heard": heard} if by_header else {"query": f"?last_event_id={heard}"}
            async with listening(port, key, **given) as again:  # type: ignore[arg-type]
                missed = await again.until("standings")
                assert values(missed) == list(range(place, 8)), (heard, by_header)
                assert await again.nothing(0.05)
    async with listening(port, key) as newcomer:
        assert names(await newcomer.until("standings")) == ["standings"]
        await tell(town, good_news("4501", 8))
        assert values([await newcomer.next()]) == [8]


async def test_what_is_committed_late_under_a_lower_position_is_not_lost_and_not_told_twice(
    pg_url: str, tmp_path: Path
) -> None:
    async with reporting(pg_url, tmp_path, TODAY) as town, served(town) as port:
        key = await key_for(town, "analyst")
        async with listening(port, key) as stays:
            await stays.next()
            async with listening(port, key) as goes:
                await goes.next()
                async with town.desk.begin() as slow:
                    await outbox.put(slow, "reporting", [good_news("4501", 1)])
                    await tell(town, good_news("4502", 2))
                    last = await goes.next()
                    assert values([last, await stays.next()]) == [2, 2]
                    await goes.close()
                assert values([await stays.next()]) == [1]
            await tell(town, good_news("4501", 3))
            async with listening(port, key, last.id) as again:
                assert values(await again.until("standings")) == [1, 3]


async def test_nobody_hears_of_what_lies_outside_the_own_region(town: Running, port: int) -> None:
    await sell(town, VILLAGE, 30, TODAY)
    county = await key_for(town, "county", "450101")
    async with listening(port, county) as ear:
        first = await ear.next()
        assert [row["code"] for row in first.data["rows"]] == ["450101001", "450101002"]
        assert first.data["changed"] == ["450101"]
        await sell(town, NEIGHBOUR, 7, TODAY)
        await sell(town, ELSEWHERE, 9, TODAY)
        await tell(town, good_news("450102", 1), good_news("4501", 2), good_news("4502", 3))
        assert await ear.nothing()
        await tell(town, good_news("450101001", 4))
        assert values([await ear.next()]) == [4]
        await sell(town, VILLAGE, 5, TODAY, "love")
        second = await ear.next()
        assert (second.data["changed"], second.data["rows"]) == (["450101"], first.data["rows"])
        await sell(town, VILLAGE, 5, TODAY)
        assert (await ear.next()).data["rows"][0]["units"] == 35
    async with listening(port, county, first.id) as again:
        assert values(await again.until("standings")) == [4]


async def test_nobody_listens_without_a_key_or_with_a_role_that_reads_no_numbers(town: Running, port: int) -> None:
    async with listening(port, "gk_000000000000_wrong") as nobody:
        assert nobody.status == 401
    async with listening(port, await key_for(town, "insurer")) as insurer:
        assert insurer.status == 403


async def test_too_much_or_an_id_that_is_none_of_ours_means_to_fetch_everything_anew(
    town: Running, port: int, key: str
) -> None:
    async with listening(port, key) as ear:
        start = (await ear.next()).id
    await tell(town, *(good_news("4501", n) for n in range(1_000)))
    async with listening(port, key, start) as ear:
        assert values(await ear.until("standings")) == list(range(1_000))
    await tell(town, good_news("4501", 1_000))
    for heard in (start, "x", "", "999999999"):
        async with listening(port, key, heard) as ear:
            told = await ear.until("standings")
            assert names(told) == ["reset", "standings"], heard
            await tell(town, good_news("4501", 1))
            assert values([await ear.next()]) == [1]
    async with listening(port, key, told[0].id) as ear:
        assert values(await ear.until("standings")) == [1]


async def test_one_who_hears_little_of_much_is_told_to_fetch_anew_rather_than_less_than_was_missed(
    town: Running, port: int
) -> None:
    key = await key_for(town, "county", "4502")
    async with listening(port, key) as ear:
        start = (await ear.next()).id
    await tell(town, good_news("4502", 1))
    async with town.desk.begin() as tx:
        for n in range(999):
            await outbox.put(tx, "reporting", [good_news("4501", n)])
    async with listening(port, key, start) as ear:
        assert values(await ear.until("standings")) == [1]
    await tell(town, good_news("4501", 1_000))
    async with listening(port, key, start) as ear:
        assert names(await ear.until("standings")) == ["reset", "standings"]


async def test_what_another_replica_has_booked_is_heard_as_well(town: Running, key: str) -> None:
    replica = prepare(town.service, town.settings, town.transport)
    async with served(replica) as port, listening(port, key) as ear:
        await ear.next()
        await sell(town, VILLAGE, 30, TODAY)
        await tell(town, good_news("4501", 1))
        assert sorted([(await ear.next()).name, (await ear.next()).name]) == ["milestone", "standings"]
    await replica.database.close()


async def test_while_the_database_is_away_listeners_stay_and_hear_afterwards(
    postgresql: PostgreSQL, pg_url: str, tmp_path: Path
) -> None:
    async with reporting(pg_url, tmp_path, TODAY) as town, served(town) as port:
        ear = await connected(port, await key_for(town, "analyst"))
        await ear.next()
        await asyncio.to_thread(postgresql.stop)
        assert await ear.nothing(1.0)
        await asyncio.to_thread(postgresql.start)
        await tell(town, good_news("4501", 1))
        assert values([await ear.next(10)]) == [1]
        await ear.close()


async def test_a_silent_stream_is_kept_alive_and_ends_in_time_for_a_key_to_be_asked_for_again(
    town: Running, port: int, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "KEEP_ALIVE_SECONDS", 0.05)
    monkeypatch.setattr(listener, "LONGEST_SECONDS", 0.6)
    async with listening(port, key) as ear:
        await ear.next()
        with pytest.raises(Cut):
            await ear.next()
        assert ear.comments >= 5


async def test_one_who_does_not_keep_up_is_dropped_and_resumes_without_a_loss(
    town: Running, port: int, key: str
) -> None:
    before = len(asyncio.all_tasks())
    long = "钦" * 60_000
    async with listening(port, key) as quick, listening(port, key, small=True) as slow:
        assert names([await quick.next(), await slow.next()]) == ["standings"] * 2
        told = 0
        while len(asyncio.all_tasks()) >= before + 4:
            assert told < 400, "the slow one is still there"
            await tell(town, good_news("4501", told, long))
            assert values([await quick.next()]) == [told]
            told += 1
        heard = await everything_left(slow)
        assert values(heard) == list(range(len(values(heard)))), "in order, up to where it was cut"
        assert len(heard) < told
        async with listening(port, key, heard[-1].id) as again:
            rest = await again.until("standings")
        assert values(heard) + values(rest) == list(range(told))
        await tell(town, good_news("4501", told))
        assert values([await quick.next()]) == [told]


async def everything_left(ear: Ear) -> list[Heard]:
    heard = []
    try:
        while True:
            heard.append(await ear.next())
    except Cut:
        return heard


async def test_two_hundred_listeners_ask_no_more_than_one_and_leave_nothing_behind(
    town: Running, port: int, key: str
) -> None:
    statements = counted(town)
    before = len(asyncio.all_tasks())
    ears = await asyncio.gather(*(connected(port, key) for _ in range(200)))
    assert {(await ear.next()).name for ear in ears} == {"standings"}
    statements.clear()
    await asyncio.sleep(1.0)
    assert len(statements) <= 30, "one question per look and whatever the relay asks"
    statements.clear()
    await sell(town, VILLAGE, 30, TODAY)
    for ear in ears:
        assert (await ear.next()).data["rows"][0]["units"] == 30
    assert len(statements) <= 60
    for ear in ears:
        await ear.close()
    await until(lambda: len(asyncio.all_tasks()) <= before)
    await asyncio.sleep(0.3)
    statements.clear()
    await asyncio.sleep(0.5)
    assert [s for s in statements if "feeds" in s] == [], "nobody listens, nobody asks"


def counted(town: Running) -> list[str]:
    """The questions and changes that reach the database."""
    statements: list[str] = []
    events.listen(
        town.database.engine.sync_engine, "before_cursor_execute", lambda *given: statements.append(str(given[2]))
    )
    return statements


async def test_when_the_service_stops_everybody_is_sent_home(town: Running, key: str) -> None:
    async with served(town) as port:
        ear = await connected(port, key)
        last = (await ear.next()).id
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 2
    with pytest.raises(Cut):
        await ear.next()
    await ear.close()
    await tell(town, good_news("4501", 1))
    async with served(town) as port, listening(port, key, last) as again:
        assert values(await again.until("standings")) == [1]
