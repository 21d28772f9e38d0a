"""Silence is not lag: stale numbers fire and clear nothing, they are told as such, once, and made up for later."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.reporting.handlers.judge_regions import Programme
from shared.contracts.judgements import RegionLagging, RegionMilestone, RegionRecovered
from tests.handlers.books import set_targets
from tests.handlers.court import COUNTY, DAY, Court, court_in

CITY, OTHER_CITY, OTHER_VILLAGE = "4501", "4502", "450201001001"


@pytest.fixture(params=["sqlite", "postgresql"])
async def court(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Court]:
    async with court_in(request, tmp_path, Programme(9)) as court:
        yield court


async def told(court: Court) -> list[tuple[type, str, str]]:
    return [(type(t), t.region, t.rule) for t in await court.happened() if not isinstance(t, RegionMilestone)]


async def test_a_city_that_falls_silent_is_told_as_stale_and_nothing_else_is_told_of_it(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    for back in range(4):
        await court.sell(220, DAY - timedelta(days=back))
    await court.sell(120, DAY - timedelta(days=4), product="elder_care_a")
    await court.sell(1, DAY, village=OTHER_VILLAGE)
    assert await told(court) == []
    for _ in range(4):
        court.move(4)
        await court.sell(1, court.today, village=OTHER_VILLAGE)
        found = await court.happened()
        if court.today == DAY + timedelta(days=8):
            (stale,) = found
            assert isinstance(stale, RegionLagging)
            assert (stale.region, stale.rule, stale.level) == (CITY, "data_stale", "city")
            assert (stale.evidence.numerator, stale.evidence.value, stale.evidence.threshold) == (8, 8, 7)
        else:
            assert found == [], court.today
    listed = await court.ask("GET", f"/lagging?parent={CITY}")
    (item,) = listed["items"]
    assert (item["rule"], item["evidence"]["value"], item["since"]) == ("data_stale", 16, "2021-07-08")


async def test_when_facts_come_again_the_missed_days_are_judged(court: Court) -> None:
    await court.sell(100, DAY.replace(year=2020) + timedelta(days=3))
    await court.sell(90, DAY)
    await court.sell(1, DAY, village=OTHER_VILLAGE)
    await told(court)
    court.move(12)
    await court.sell(1, court.today, village=OTHER_VILLAGE)
    assert await told(court) == [(RegionLagging, CITY, "data_stale")]
    court.move(1)
    await court.sell(1, court.today)
    found = [t for t in await court.happened() if not isinstance(t, RegionMilestone)]
    assert (type(found[0]), found[0].rule) == (RegionRecovered, "data_stale")
    (lagging,) = [t for t in found if t.region == COUNTY]
    assert (lagging.rule, lagging.as_of) == ("negative_growth", DAY + timedelta(days=9))


async def test_what_was_firing_is_neither_cleared_nor_worsened_by_silence(court: Court) -> None:
    await court.sell(100, DAY, fiscal=6_000)
    await court.sell(1, DAY, village=OTHER_VILLAGE)
    assert (RegionLagging, COUNTY, "fiscal_dependence") in await told(court)
    court.move(20)
    await court.sell(1, court.today, village=OTHER_VILLAGE)
    assert await told(court) == [(RegionLagging, CITY, "data_stale")]
    listed = await court.ask("GET", f"/lagging?parent={COUNTY}")
    assert [(i["rule"], i["as_of"]) for i in listed["items"]] == [("fiscal_dependence", DAY.isoformat())]


async def test_when_every_city_is_silent_the_province_alone_is_told(court: Court) -> None:
    await court.sell(10, DAY)
    await court.sell(10, DAY - timedelta(days=3), village=OTHER_VILLAGE)
    await told(court)
    court.move(8)
    (stale,) = await court.happened()
    assert isinstance(stale, RegionLagging)
    assert (stale.region, stale.level, stale.evidence.value) == ("45", "province", 8)
    assert [child.region for child in stale.evidence.children] == [CITY, OTHER_CITY]
    court.move(3)
    assert await told(court) == []

    await court.sell(1, court.today)
    assert await told(court) == [(RegionRecovered, "45", "data_stale")], "the other city has until tomorrow"
    await court.sell(1, court.today)
    assert await told(court) == []
    court.move(1)
    assert await told(court) == [(RegionLagging, OTHER_CITY, "data_stale")]
    await court.sell(1, court.today, village=OTHER_VILLAGE)
    assert (RegionRecovered, OTHER_CITY, "data_stale") in await told(court)


async def test_silence_that_lasts_into_a_new_year_is_one_silence(court: Court) -> None:
    await court.sell(10, DAY)
    await told(court)
    court.move(60)
    assert await told(court) == [(RegionLagging, "45", "data_stale")]
    court.move(10)
    assert await told(court) == []
    await court.sell(10, court.today)
    assert (RegionRecovered, "45", "data_stale") in await told(court)


async def test_a_city_that_never_had_a_feed_is_not_silent(court: Court) -> None:
    await set_targets(court.running, r4502=100)
    await court.sell(10, DAY)
    court.move(9)
    assert await told(court) == [(RegionLagging, "45", "data_stale")]
