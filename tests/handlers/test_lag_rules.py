"""A region that falls behind is told once, when it gets worse once more, and when it has recovered."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.reporting.handlers.judge_regions import Programme, judge_regions
from shared.contracts.facts import PolicyIssued, PolicyState
from shared.contracts.judgements import RegionLagging, RegionRecovered
from shared.contracts.values import Premium
from shared.messaging.happenings import Fact
from shared.runtime.clock import Clock
from shared.runtime.service import Running
from tests.handlers.books import book, fact, reporting, set_targets

DAY = date(2021, 6, 30)
COUNTY, VILLAGE = "450101", "450101001001"


class MovableClock(Clock):
    """A day that a test sets."""

    def __init__(self, day: date) -> None:
        super().__init__(day)

    def move(self, days: int) -> None:
        self._fixed = self.today() + timedelta(days=days)


@pytest.fixture(params=["sqlite", "postgresql"])
async def books(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, DAY) as running:
        running.database.clock = MovableClock(DAY)
        yield running


async def sell(books: Running, units: int, day: date, fiscal: int = 0, village: str = VILLAGE) -> None:
    """One policy."""
    premium = Premium(self_paid=100 * units - fiscal, fiscal=fiscal)
    state = PolicyState(
        product="family_care", region=village, units=units, persons=1, premium=premium, household="H",
        effective_from=day, effective_to=day + timedelta(days=364),
    )  # fmt: skip
    number = f"{village}-{day}-{units}-{fiscal}"
    told = PolicyIssued(
        insurer="ins-a", policy_no=number, revision=1, sold_on=day, booked_on=day, before=None, after=state
    )
    await book(books, [fact(told, number)])


async def judged(books: Running) -> list[RegionLagging | RegionRecovered]:
    """What a judgement now says of the county."""
    async with books.desk.begin() as tx:
        happened = await judge_regions(Programme(9, stale_after_days=30), tx)
    told = [thing.data for thing in happened if isinstance(thing, Fact)]
    return [t for t in told if isinstance(t, RegionLagging | RegionRecovered) and t.region == COUNTY]


def move(books: Running, days: int) -> None:
    clock = books.database.clock
    assert isinstance(clock, MovableClock)
    clock.move(days)


async def test_a_shrinking_county_is_told_once_and_again_when_it_has_recovered(books: Running) -> None:
    await sell(books, 500, DAY.replace(year=2020) - timedelta(days=30))
    await sell(books, 400, DAY - timedelta(days=30))
    (lagging,) = [t for t in await judged(books) if t.rule == "negative_growth"]
    assert isinstance(lagging, RegionLagging)
    assert (lagging.evidence.numerator, lagging.evidence.denominator, lagging.evidence.gap_units) == (-100, 500, 100)
    assert [child.region for child in lagging.evidence.children] == ["450101001"]
    assert lagging.evidence.needed_per_day == pytest.approx(100 / 62)
    assert await judged(books) == []

    await sell(books, 100, DAY)
    (recovered,) = await judged(books)
    assert isinstance(recovered, RegionRecovered)
    assert (recovered.rule, recovered.episode) == ("negative_growth", 1)
    assert await judged(books) == []


async def test_a_second_time_is_a_new_episode(books: Running) -> None:
    await sell(books, 500, DAY.replace(year=2020) - timedelta(days=30))
    await sell(books, 300, DAY.replace(year=2020) + timedelta(days=5))
    await sell(books, 510, DAY - timedelta(days=30))
    assert [t.rule for t in await judged(books)] == []
    move(books, 12)
    (lagging,) = await judged(books)
    assert (lagging.rule, lagging.episode) == ("negative_growth", 1)
    assert lagging.as_of == DAY + timedelta(days=11), "it fires on the day the condition has held for seven"
    await sell(books, 300, DAY + timedelta(days=12))
    (recovered,) = await judged(books)
    assert isinstance(recovered, RegionRecovered)
    await sell(books, 900, DAY.replace(year=2020) + timedelta(days=13))
    move(books, 14)
    (again,) = await judged(books)
    assert (again.rule, again.episode) == ("negative_growth", 2)


async def test_six_days_are_not_enough(books: Running) -> None:
    await sell(books, 500, DAY.replace(year=2020) - timedelta(days=5))
    await sell(books, 400, DAY - timedelta(days=30))
    assert await judged(books) == []
    move(books, 1)
    assert [t.rule for t in await judged(books)] == ["negative_growth"]


async def test_fiscal_dependence_grows_severe_within_the_same_episode(books: Running) -> None:
    await sell(books, 100, DAY, fiscal=6_000)
    (warning,) = await judged(books)
    assert (warning.rule, warning.severity, warning.episode) == ("fiscal_dependence", "warning", 1)
    await sell(books, 900, DAY, fiscal=85_000)
    (severe,) = await judged(books)
    assert (severe.rule, severe.severity, severe.episode) == ("fiscal_dependence", "severe", 1)
    assert await judged(books) == []


async def test_a_county_behind_its_own_curve_is_told_with_its_target(books: Running) -> None:
    await set_targets(books, r450101=1_000)
    await sell(books, 100, DAY - timedelta(days=40))
    (lagging,) = await judged(books)
    assert (lagging.rule, lagging.severity) == ("behind_pace", "severe")
    assert lagging.evidence.denominator == pytest.approx(1_000 * 303 / 365)


async def test_a_county_without_any_feed_is_not_called_lagging(books: Running) -> None:
    await set_targets(books, r450201=1_000, r450101=1_000)
    assert await judged(books) == []


async def test_the_same_numbers_are_not_judged_twice_and_a_restart_forgets_nothing(books: Running) -> None:
    await sell(books, 100, DAY, fiscal=9_000)
    assert [t.rule for t in await judged(books)] == ["fiscal_dependence"]
    await books.database.engine.dispose()
    assert await judged(books) == []
    move(books, 3)
    assert await judged(books) == []
