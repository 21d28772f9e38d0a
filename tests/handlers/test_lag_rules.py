"""Every rule fires at its line and clears at the other one, once an episode, with what it goes by."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.reporting.handlers import take_reference
from services.reporting.handlers.judge_regions import Programme
from shared.contracts.facts import ClaimAnswered, ClaimPaid, ClaimReported, ClaimStep
from shared.contracts.judgements import RegionLagging, RegionRecovered
from shared.contracts.reference import RegionChangeRow
from shared.contracts.values import level_of
from tests.handlers.books import set_population, set_targets
from tests.handlers.court import COUNTY, DAY, VILLAGE, Court, court_in

LAST_YEAR = DAY.replace(year=2020)
NEXT_DOOR = "450102001001"


@pytest.fixture(params=["sqlite", "postgresql"])
async def court(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Court]:
    """Feeds may be silent for a month here: what silence does is proved elsewhere."""
    async with court_in(request, tmp_path, Programme(9, stale_after_days=30)) as court:
        yield court


def day(back: int) -> date:
    return DAY - timedelta(days=back)


async def test_a_shrinking_county_is_told_once_and_again_when_it_has_recovered(court: Court) -> None:
    await court.sell(500, LAST_YEAR - timedelta(days=30))
    await court.sell(400, day(30))
    (lagging,) = await court.judged(COUNTY, "negative_growth")
    assert isinstance(lagging, RegionLagging)
    assert (lagging.evidence.numerator, lagging.evidence.denominator, lagging.evidence.gap_units) == (-100, 500, 100)
    assert [(child.region, child.gap) for child in lagging.evidence.children] == [("450101001", 100)]
    assert lagging.evidence.needed_per_day == pytest.approx(100 / 62)
    assert await court.judged() == []

    await court.sell(100, DAY)
    (recovered,) = await court.judged()
    assert isinstance(recovered, RegionRecovered)
    assert (recovered.rule, recovered.episode, recovered.since) == ("negative_growth", 1, DAY)
    assert await court.judged() == []


async def test_a_second_time_is_a_new_episode(court: Court) -> None:
    await court.sell(500, LAST_YEAR - timedelta(days=30))
    await court.sell(300, LAST_YEAR + timedelta(days=5))
    await court.sell(510, day(30))
    assert await court.judged() == []
    court.move(12)
    (lagging,) = await court.judged()
    assert (lagging.rule, lagging.episode) == ("negative_growth", 1)
    assert lagging.as_of == DAY + timedelta(days=11), "it fires on the day the condition has held for seven"
    await court.sell(300, DAY + timedelta(days=12))
    (recovered,) = await court.judged()
    assert isinstance(recovered, RegionRecovered)
    await court.sell(900, LAST_YEAR + timedelta(days=13))
    court.move(14)
    (again,) = await court.judged()
    assert (again.rule, again.episode) == ("negative_growth", 2)


async def test_six_days_are_not_enough(court: Court) -> None:
    await court.sell(500, LAST_YEAR - timedelta(days=5))
    await court.sell(400, day(30))
    assert await court.judged() == []
    court.move(1)
    assert [told.rule for told in await court.judged()] == ["negative_growth"]


async def test_fiscal_dependence_grows_severe_within_the_same_episode_and_clears_below_its_own_line(
    court: Court,
) -> None:
    await court.sell(100, DAY, fiscal=6_000)
    (warning,) = await court.judged()
    assert (warning.rule, warning.severity, warning.episode) == ("fiscal_dependence", "warning", 1)
    assert (warning.evidence.numerator, warning.evidence.denominator) == (60, 100)
    assert (warning.evidence.threshold, warning.evidence.gap_units) == (0.5, None)
    assert [child.gap for child in warning.evidence.children] == [pytest.approx(60 - 0.45 * 100)], "yuan too many"
    await court.sell(900, DAY, fiscal=85_000)
    (severe,) = await court.judged()
    assert (severe.rule, severe.severity, severe.episode) == ("fiscal_dependence", "severe", 1)
    assert await court.judged() == []
    await court.sell(1_000, DAY)
    assert await court.judged() == [], "0.455 is still above 0.45"
    await court.sell(100, DAY)
    assert [told.rule for told in await court.judged() if isinstance(told, RegionRecovered)] == ["fiscal_dependence"]


async def test_a_county_behind_its_own_curve_is_told_with_its_target(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(100, day(10))
    (lagging,) = await court.judged(COUNTY, "behind_pace")
    assert lagging.severity == "severe"
    expected = 1_000 * 303 / 365
    assert (lagging.evidence.numerator, lagging.evidence.threshold) == (100, 0.9)
    assert lagging.evidence.denominator == pytest.approx(expected)
    assert lagging.evidence.value == pytest.approx(100 / expected)
    assert lagging.evidence.gap_units == 689, "up to 0.95 of what is expected"
    await court.sell(688, DAY)
    assert await court.judged(COUNTY, "behind_pace") == []
    await court.sell(1, DAY)
    assert [type(told) for told in await court.judged(COUNTY, "behind_pace")] == [RegionRecovered]


async def test_a_township_is_judged_if_it_has_a_target(court: Court) -> None:
    await set_targets(court.running, r450101001=1_000)
    await court.sell(10, DAY)
    await court.sell(10, DAY, village="450101002001")
    told = {(t.region, t.rule) for t in await court.happened() if isinstance(t, RegionLagging)}
    assert told == {("450101001", "behind_pace"), ("450101001", "elder_goal")}


async def test_low_penetration_is_held_against_the_parents(court: Court) -> None:
    await court.sell(71, DAY, village=NEXT_DOOR)
    await court.sell(29, DAY)
    assert await court.judged() == []
    for code, residents in (("4501", 1_000), ("450101", 500), ("450102", 500)):
        await set_population(court.running, code, residents)
    (lagging,) = await court.judged()
    assert (lagging.rule, lagging.episode) == ("low_penetration", 1)
    assert (lagging.evidence.numerator, lagging.evidence.denominator) == (29, 500)
    assert lagging.evidence.value == 29 / 500
    assert lagging.evidence.threshold == pytest.approx(0.06)
    assert lagging.evidence.gap_units == 4, "up to 0.65 of the parent's penetration of 0.1"
    await court.sell(2, DAY)
    assert await court.judged() == [], "0.062 is above the firing line and below the clearing line of 0.0663"
    await court.sell(4, DAY)
    assert [type(told) for told in await court.judged()] == [RegionRecovered]


async def test_a_target_met_by_one_payer_on_one_day_is_one_step(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(290, day(9))
    await court.sell(299, day(9), fiscal=29_900)
    assert await court.judged(COUNTY, "one_step") == [], "two payers are no bulk purchase"
    await court.sell(1, day(9), fiscal=100, village="450101002001")
    (lagging,) = await court.judged(COUNTY, "one_step")
    assert (lagging.evidence.numerator, lagging.evidence.denominator, lagging.evidence.value) == (300, 1_000, 0.3)
    assert (lagging.evidence.threshold, lagging.evidence.gap_units) == (0.3, None)
    assert [(child.region, child.gap) for child in lagging.evidence.children] == [("450101001", 299), ("450101002", 1)]
    await court.sell(5_000, DAY)
    court.move(5)
    told = await court.judged(COUNTY, "one_step")
    assert told == [], "it never clears by itself"


async def test_what_two_counties_bought_before_they_were_merged_is_one_purchase_of_the_county_of_today(
    court: Court,
) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(160, DAY)
    await court.sell(140, DAY, village=NEXT_DOOR)
    assert await court.judged(COUNTY, "one_step") == []
    await replace_region(court, "450102", COUNTY)
    (lagging,) = await court.judged(COUNTY, "one_step")
    assert lagging.evidence.numerator == 300


async def test_what_a_township_bought_goes_with_it_to_another_county(court: Court) -> None:
    await set_targets(court.running, r450101=1_000, r450102=1_000)
    await court.sell(300, DAY)
    await court.sell(100, DAY - timedelta(days=20), village=NEXT_DOOR)
    await replace_region(court, "450101001", "450102001")
    told = [(t.region, t.rule) for t in await court.happened() if isinstance(t, RegionLagging) and len(t.region) == 6]
    assert (COUNTY, "stalled") in told
    assert (COUNTY, "one_step") not in told
    assert ("450102", "one_step") in told


async def replace_region(court: Court, code: str, successor: str) -> None:
    row = RegionChangeRow(
        code=code, level=level_of(code), change="moved", name_from="", name_to="", successor=successor,
        effective_on=DAY,
    )  # fmt: skip
    async with court.running.desk.begin() as tx:
        await take_reference.store_changes(tx, [row])


async def test_the_elder_goal_grows_with_the_curve(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(1_000, DAY)
    await court.sell(83, DAY, product="elder_care_a")
    (lagging,) = await court.judged(COUNTY, "elder_goal")
    goal = 0.10 * 1_000 * 303 / 365
    assert (lagging.evidence.numerator, lagging.evidence.value) == (83, 83)
    assert lagging.evidence.denominator == pytest.approx(goal)
    assert lagging.evidence.threshold == pytest.approx(goal)
    assert lagging.evidence.gap_units == 1
    await court.sell(1, DAY, product="elder_care_a")
    assert [type(told) for told in await court.judged(COUNTY, "elder_goal")] == [RegionRecovered]


async def test_a_county_that_sells_nothing_for_a_fortnight_has_stalled_while_its_target_is_open(court: Court) -> None:
    await set_targets(court.running, r450101=1_000, r450102=10)
    await court.sell(900, day(13))
    await court.sell(10, day(20), village=NEXT_DOOR)
    assert await court.judged(COUNTY, "stalled") == []
    court.move(1)
    told = [t for t in await court.happened() if isinstance(t, RegionLagging) and t.rule == "stalled"]
    (lagging,) = told
    assert lagging.region == COUNTY, "the county next door has reached its target"
    assert (lagging.evidence.numerator, lagging.evidence.value, lagging.evidence.threshold) == (14, 14, 14)
    assert lagging.evidence.gap_units == 100
    await court.sell(1, court.today)
    assert [type(told) for told in await court.judged(COUNTY, "stalled")] == [RegionRecovered]


async def test_a_county_that_never_sold_has_stalled_since_the_year_began(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(1, DAY, village=NEXT_DOOR)
    (lagging,) = await court.judged(COUNTY, "stalled")
    assert lagging.evidence.value == 303


async def test_open_claims_past_their_clock_are_slow(court: Court) -> None:
    await court.sell(100, DAY)
    late, in_time = (ClaimStep(step="reported", on=day(back), amount=100) for back in (31, 30))
    for step in (late, *[in_time] * 9):
        await court.claim(ClaimReported, step)
    assert await court.judged(COUNTY, "slow_claims") == [], "one of ten is not more than 0.10"
    await court.claim(ClaimReported, late)
    (lagging,) = await court.judged(COUNTY, "slow_claims")
    assert (lagging.evidence.numerator, lagging.evidence.denominator, lagging.evidence.threshold) == (2, 11, 0.1)
    assert [child.region for child in lagging.evidence.children] == ["450101001"]
    for _ in range(29):
        await court.claim(ClaimReported, in_time)
    assert await court.judged(COUNTY, "slow_claims") == [], "2 of 40 is 0.05, and the line is below that"
    await court.claim(ClaimReported, in_time)
    assert [type(told) for told in await court.judged(COUNTY, "slow_claims")] == [RegionRecovered]


async def test_claims_paid_after_more_than_thirty_days_are_slow(court: Court) -> None:
    await court.sell(100, DAY)

    async def paid_after(days: int, claims: int) -> None:
        for _ in range(claims):
            first = ClaimStep(step="reported", on=day(days), amount=100)
            await court.claim(ClaimPaid, first, ClaimStep(step="paid", on=DAY, amount=100), clock_days=60)

    await paid_after(31, 1)
    (lagging,) = await court.judged(COUNTY, "slow_claims")
    assert (lagging.evidence.numerator, lagging.evidence.value, lagging.evidence.threshold) == (31, 31, 30)
    assert lagging.evidence.denominator is None
    await paid_after(26, 9)
    assert await court.judged(COUNTY, "slow_claims") == [], "26 days for nine of ten is not quick enough yet"
    await paid_after(20, 90)
    (recovered,) = await court.judged(COUNTY, "slow_claims")
    assert isinstance(recovered, RegionRecovered)
    assert recovered.evidence.value == 20, "what fired is what is shown"


async def test_satisfaction_is_judged_by_thirty_answers(court: Court) -> None:
    await court.sell(100, DAY)

    async def answered(satisfied: bool, times: int) -> None:
        for _ in range(times):
            first = ClaimStep(step="reported", on=day(20), amount=100)
            await court.claim(ClaimAnswered, first, ClaimStep(step="answered", on=day(1), satisfied=satisfied))

    await answered(False, 2)
    await answered(True, 27)
    assert await court.judged(COUNTY, "low_satisfaction") == []
    await answered(True, 1)
    (lagging,) = await court.judged(COUNTY, "low_satisfaction")
    assert (lagging.evidence.numerator, lagging.evidence.denominator, lagging.evidence.threshold) == (28, 30, 0.96)
    await answered(True, 19)
    assert await court.judged(COUNTY, "low_satisfaction") == []
    await answered(True, 1)
    assert [type(told) for told in await court.judged(COUNTY, "low_satisfaction")] == [RegionRecovered]


async def test_a_village_without_agent_is_reported_for_its_township(court: Court) -> None:
    await court.sell(1, DAY)
    assert await court.judged("450101001") == [], "where nobody ever told of an agent nothing is known"
    await court.agent("A1", "450101001001")
    told = {t.region: t for t in await court.happened() if isinstance(t, RegionLagging) and t.rule == "no_agent"}
    assert told.keys() == {"450101001", "450101002"}
    evidence = told["450101001"].evidence
    assert (evidence.numerator, evidence.denominator, evidence.value, evidence.threshold) == (1, 2, 1, 0)
    assert [(child.region, child.gap) for child in evidence.children] == [("450101001002", 1)]
    await court.agent("A2", "450101001002", "450101002001")
    assert [type(t) for t in await court.happened()] == [RegionRecovered, RegionRecovered]
    await court.agent("A1", active=False)
    assert [(t.region, t.episode) for t in await court.judged("450101001")] == [("450101001", 2)]


async def test_a_county_without_any_feed_is_not_called_lagging(court: Court) -> None:
    await set_targets(court.running, r450201=1_000, r450101=1_000)
    await court.agent("A1", "450201001001")
    assert await court.happened() == []
    await court.sell(900, DAY, village=VILLAGE)
    assert {told.region[:4] for told in await court.happened()} == {"4501"}


async def test_the_same_numbers_are_not_judged_twice_and_a_restart_forgets_nothing(court: Court) -> None:
    await court.sell(100, DAY, fiscal=9_000)
    assert [told.rule for told in await court.judged()] == ["fiscal_dependence"]
    await court.running.database.engine.dispose()
    assert await court.judged() == []
    court.move(3)
    assert await court.judged() == []
