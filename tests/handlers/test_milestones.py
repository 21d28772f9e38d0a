"""Good news is told once: the first day on which a goal was reached, whatever is corrected later."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.reporting.handlers import take_reference
from services.reporting.handlers.judge_regions import Programme
from services.reporting.rules.indicators import ElderGoal
from services.reporting.rules.milestones import Version, first_reached, goals_of
from shared.contracts.judgements import RegionMilestone
from shared.contracts.reference import TargetRow
from tests.handlers.books import set_targets
from tests.handlers.court import COUNTY, DAY, Court, court_in

TENTH = ElderGoal()


@pytest.fixture(params=["sqlite", "postgresql"])
async def court(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Court]:
    async with court_in(request, tmp_path, Programme(9, stale_after_days=400)) as court:
        yield court


async def reached(court: Court) -> list[tuple[str, str, date, float]]:
    told = [t for t in await court.happened() if isinstance(t, RegionMilestone)]
    return [(t.region, t.milestone, t.reached_on, t.value) for t in told]


async def set_stretch(court: Court, units: int, effective_on: date) -> None:
    row = TargetRow(region=COUNTY, year=2021, kind="stretch", units=units, effective_on=effective_on)
    async with court.running.desk.begin() as tx:
        await take_reference.store_targets(tx, [row])


async def test_the_day_on_which_the_guideline_was_reached_is_told_once(court: Court) -> None:
    await set_targets(court.running, r450101=100)
    await court.sell(60, DAY - timedelta(days=20))
    assert await reached(court) == []
    await court.sell(40, DAY - timedelta(days=5))
    late = await court.sell(7, DAY)
    assert await reached(court) == [(COUNTY, "guideline_reached", DAY - timedelta(days=5), 100)]
    await court.cancel(late, DAY)
    court.move(1)
    assert await reached(court) == []


async def test_a_correction_below_the_line_does_not_untell_it(court: Court) -> None:
    await set_targets(court.running, r450101=100)
    sold = await court.sell(100, DAY)
    assert len(await reached(court)) == 1
    court.move(1)
    await court.cancel(sold, court.today)
    await court.sell(100, court.today)
    assert await reached(court) == []
    listed = await court.ask("GET", "/milestones?region=4501&year=2021", "analyst")
    (item,) = listed["items"]
    assert (item["region"]["code"], item["milestone"], item["reached_on"], item["value"]) == (
        COUNTY, "guideline_reached", DAY.isoformat(), 100,
    )  # fmt: skip
    assert await court.ask("GET", "/milestones?region=4502", "county", "4501") == (
        404,
        "There is no such region, or it lies outside your scope",
    )


async def test_what_was_reached_and_lost_again_before_anybody_looked_was_reached(court: Court) -> None:
    await set_targets(court.running, r450101=100)
    sold = await court.sell(100, DAY - timedelta(days=9))
    await court.cancel(sold, DAY - timedelta(days=8))
    assert await reached(court) == [(COUNTY, "guideline_reached", DAY - timedelta(days=9), 100)]


async def test_a_stretch_goal_counts_from_the_day_it_is_in_force(court: Court) -> None:
    await set_stretch(court, 50, DAY - timedelta(days=3))
    await court.sell(60, DAY - timedelta(days=20))
    assert await reached(court) == [(COUNTY, "stretch_reached", DAY - timedelta(days=3), 60)]


async def test_the_two_composite_goals_are_good_news_at_every_level(court: Court) -> None:
    await set_targets(court.running, r450101=200, r450101001=200)
    await court.sell(100, date(2020, 8, 31))
    await court.sell(80, DAY - timedelta(days=2))
    await court.sell(20, DAY - timedelta(days=1), product="elder_care_a")
    elder = [(code, "goal_elder", DAY - timedelta(days=1), 20) for code in (COUNTY, "450101001")]
    assert await reached(court) == elder, "as many as last year is not more"
    await court.sell(1, DAY)
    assert await reached(court) == [(code, "goal_growth", DAY, 101) for code in ("45", "4501", COUNTY, "450101001")]


async def test_a_policy_that_is_told_after_the_year_has_ended_still_brings_its_milestone(court: Court) -> None:
    court.move((date(2021, 8, 31) - DAY).days)
    await set_targets(court.running, r450101=100)
    await court.sell(99, date(2021, 8, 30))
    assert await reached(court) == []
    court.move(3)
    await court.sell(1, date(2021, 8, 31))
    assert await reached(court) == [(COUNTY, "guideline_reached", date(2021, 8, 31), 100)]


def test_the_target_in_force_on_the_day_decides() -> None:
    first = date(2020, 9, 1)
    versions = [Version("guideline", "", first, 100), Version("guideline", "", date(2021, 1, 1), 50)]
    goals = goals_of(versions, None, first, TENTH)
    by_day = {date(2020, 10, 1): 60, date(2021, 2, 1): 1}
    assert first_reached(goals["guideline_reached"], by_day, DAY) == (date(2021, 1, 1), 60)
    assert first_reached(goals["guideline_reached"], by_day, date(2020, 12, 31)) is None
    assert first_reached(goals["goal_elder"], {date(2020, 10, 1): 9, date(2020, 11, 1): 1}, DAY) == (
        date(2020, 11, 1),
        10,
    )
    own = goals_of([Version("guideline", "elder", first, 10)], None, first, ElderGoal(1.1, own_target=True))
    assert set(own) == {"goal_elder"}
    assert first_reached(own["goal_elder"], {first: 10}, DAY) is None
    assert first_reached(own["goal_elder"], {first: 11}, DAY) == (first, 11)
