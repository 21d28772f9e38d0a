"""What was firing on a day stays known; missed days are judged in their own order and year; and only once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.event import listen

from services.reporting.handlers.judge_regions import Programme
from services.reporting.rules.indicators import ElderGoal
from shared.contracts.judgements import RegionLagging, RegionRecovered
from tests.handlers.books import set_targets
from tests.handlers.court import COUNTY, DAY, Court, court_in


@pytest.fixture(params=["sqlite", "postgresql"])
async def court(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Court]:
    async with court_in(request, tmp_path, Programme(9, stale_after_days=60)) as court:
        yield court


async def firing(court: Court, query: str) -> dict[str, Any]:
    """Items of the county's county-level rules, by rule."""
    found = await court.ask("GET", f"/lagging?parent={COUNTY}&{query}", "analyst")
    return {item["rule"]: item for item in found["items"] if item["region"]["code"] == COUNTY}


async def test_an_episode_can_be_read_as_of_every_day_it_lasted(court: Court) -> None:
    await court.sell(100, DAY, fiscal=6_000)
    await court.judged()
    court.move(2)
    await court.sell(900, court.today, fiscal=85_000)
    await court.judged()
    court.move(3)
    await court.sell(9_000, court.today)
    await court.judged()

    assert await firing(court, f"as_of={DAY - timedelta(days=1)}") == {}
    first = (await firing(court, f"as_of={DAY}"))["fiscal_dependence"]
    assert (first["severity"], first["since"], first["severe_since"]) == ("warning", DAY.isoformat(), None)
    assert (first["evidence"]["value"], first["as_of"]) == (0.6, DAY.isoformat())
    later = (await firing(court, f"as_of={DAY + timedelta(days=2)}"))["fiscal_dependence"]
    assert (later["severity"], later["version"], later["episode"]) == ("severe", 0, 1)
    assert (await firing(court, f"as_of={DAY + timedelta(days=4)}"))["fiscal_dependence"]["severity"] == "severe"
    assert await firing(court, f"as_of={DAY + timedelta(days=5)}") == {}, "it cleared on this day"
    assert await firing(court, "year=2020") == {}


async def test_what_is_firing_shows_the_numbers_of_today_and_those_it_fired_by(court: Court) -> None:
    await court.sell(100, DAY, fiscal=6_000)
    await court.judged()
    await court.sell(10, DAY)
    assert await court.judged() == []
    now = (await firing(court, ""))["fiscal_dependence"]
    assert (now["fired_evidence"]["denominator"], now["evidence"]["denominator"]) == (100, 110)
    assert [child["region"] for child in now["evidence"]["children"]] == ["450101001"]


async def test_somebody_outside_the_scope_sees_none_of_it(court: Court) -> None:
    await court.sell(100, DAY, fiscal=6_000)
    await court.judged()
    assert await court.ask("GET", f"/lagging?parent={COUNTY}", "county", "450102") == (
        404,
        "There is no such region, or it lies outside your scope",
    )
    found = await court.ask("GET", "/lagging", "county", "450102")
    assert found["items"] == []


async def test_what_fell_behind_and_caught_up_in_one_absence_is_told_in_its_order(court: Court) -> None:
    """15 units short from 5 to 14 July, by today's books."""
    await court.sell(100, date(2020, 7, 5))
    await court.sell(85, DAY - timedelta(days=30))
    assert await court.judged(COUNTY, "negative_growth") == []
    court.move(20)
    await court.sell(20, date(2021, 7, 15))
    told = await court.judged(COUNTY, "negative_growth")
    assert [(type(t), t.as_of) for t in told] == [
        (RegionLagging, date(2021, 7, 11)),
        (RegionRecovered, date(2021, 7, 15)),
    ]


async def test_an_absence_of_more_than_a_month_is_made_up_in_several_runs(court: Court) -> None:
    await court.sell(100, date(2020, 7, 5))
    await court.sell(85, DAY - timedelta(days=30))
    await court.judged()
    court.move(50)
    told = [await court.judged(COUNTY, "negative_growth") for _ in range(3)]
    assert [[t.as_of for t in run] for run in told] == [[date(2021, 7, 11)], [], []]
    assert set(await firing(court, "as_of=2021-08-19")) >= {"negative_growth"}
    court.move(1)
    await court.sell(15, court.today)
    assert [t.as_of for t in await court.judged(COUNTY, "negative_growth")] == [date(2021, 8, 20)]


async def test_the_days_up_to_the_end_of_a_year_are_judged_in_that_year(court: Court) -> None:
    court.move((date(2021, 8, 28) - DAY).days)
    await court.sell(100, date(2020, 8, 25))
    await court.sell(90, date(2020, 9, 2))
    assert await court.judged() == []
    court.move(6)
    await court.sell(90, date(2021, 9, 2), fiscal=9_000)
    assert [(t.rule, t.programme_year, t.as_of) for t in await court.judged()] == [
        ("negative_growth", 2021, date(2021, 8, 31)),
        ("fiscal_dependence", 2022, date(2021, 9, 2)),
    ]
    await set_targets(court.running, r450101=500)
    assert [t.programme_year for t in await court.judged()] == [], "the old year is over"


async def test_a_rule_that_fired_in_the_old_year_begins_anew_in_the_new_one(court: Court) -> None:
    await court.sell(100, DAY, fiscal=9_000)
    assert [t.programme_year for t in await court.judged(COUNTY, "fiscal_dependence")] == [2021]
    court.move((date(2021, 9, 3) - DAY).days)
    await court.sell(100, court.today, fiscal=9_000)
    told = [t for _ in range(3) for t in await court.judged(COUNTY, "fiscal_dependence")]
    assert [(t.programme_year, t.episode, type(t)) for t in told] == [(2022, 1, RegionLagging)]
    assert (await firing(court, "year=2021&as_of=2021-08-31"))["fiscal_dependence"]["episode"] == 1


async def test_two_replicas_that_judge_at_once_tell_it_once(court: Court) -> None:
    await set_targets(court.running, r450101=100)
    await court.sell(100, DAY, fiscal=9_000)
    told = await asyncio.gather(*(court.happened() for _ in range(3)))
    everything = [(t.region, getattr(t, "rule", getattr(t, "milestone", ""))) for replica in told for t in replica]
    assert (COUNTY, "fiscal_dependence") in everything
    assert (COUNTY, "guideline_reached") in everything
    assert len(everything) == len(set(everything))


async def test_the_elder_goal_may_be_a_target_of_its_own(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(10, DAY)
    court.programme = Programme(9, ElderGoal(1.10, own_target=True), 60)
    assert await court.judged(COUNTY, "elder_goal") == [], "without such a target there is no goal"


async def test_the_number_of_questions_does_not_grow_with_the_regions(court: Court) -> None:
    """A judgement that asked region by region took seconds for a province; the books are read into memory before."""
    for village in ("450101001001", "450102001001", "450201001001"):
        await court.sell(10, DAY, village=village)
    await court.happened()
    statements: list[str] = []
    listen(court.running.database.engine.sync_engine, "before_cursor_execute", lambda *say: statements.append(say[2]))

    async def asked(*villages: str) -> int:
        for village in villages:
            await court.sell(100, DAY, fiscal=9_000, village=village)
        statements.clear()
        assert {t.region for t in await court.happened()} >= {village[:6] for village in villages}
        return len(statements)

    assert await asked("450101001001") == await asked("450102001001", "450201001001")
