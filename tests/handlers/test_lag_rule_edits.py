"""Rules are data: people read, change and switch them off; one that makes no sense is refused with a reason."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from services.reporting.handlers.judge_regions import Programme
from services.reporting.handlers.set_rules import acknowledge
from services.reporting.queries.yardsticks import Region
from shared.contracts.judgements import RegionLagging, RegionRecovered
from shared.messaging.tables import outbox
from tests.handlers.books import set_targets
from tests.handlers.court import COUNTY, DAY, Court, court_in

FISCAL = {
    "name": "fiscal_dependence",
    "levels": ["county"],
    "fires": "fiscal_share > 0.30",
    "clears": "fiscal_share < 0.20",
}


@pytest.fixture(params=["sqlite", "postgresql"])
async def court(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Court]:
    async with court_in(request, tmp_path, Programme(9)) as court:
        yield court


async def test_the_defaults_are_those_of_the_programme(court: Court) -> None:
    found = await court.ask("GET", "/rules", "county", "4501")
    rules = {item["name"]: item for item in found["items"]}
    assert sorted(rules) == sorted(
        ["behind_pace", "negative_growth", "low_penetration", "fiscal_dependence", "one_step", "elder_goal", "stalled",
         "slow_claims", "low_satisfaction", "no_agent"]
    )  # fmt: skip
    pace = rules["behind_pace"]
    assert (pace["fires"], pace["severe"], pace["clears"], pace["days"]) == (
        "pace < 0.90", "pace < 0.70", "pace >= 0.95", 7,
    )  # fmt: skip
    assert (pace["levels"], pace["version"], pace["set_by"]) == (["city", "county", "township"], 0, None)
    assert rules["one_step"]["clears"] is None


async def test_the_next_judgement_goes_by_a_changed_rule_and_its_history_stays(court: Court) -> None:
    await court.sell(100, DAY, fiscal=4_000)
    assert await court.judged() == []
    put = await court.ask("PUT", "/rules", json=[FISCAL])
    (stored,) = [item for item in put["items"] if item["name"] == "fiscal_dependence"]
    assert (stored["version"], stored["set_by"], stored["levels"]) == (1, "the operator", ["county"])
    told = [t for t in await court.happened() if isinstance(t, RegionLagging)]
    assert [(t.region, t.evidence.threshold) for t in told] == [(COUNTY, 0.3)], "the city is not asked any more"
    firing = await court.ask("GET", "/lagging?parent=45")
    assert [item["version"] for item in firing["items"]] == [1]

    await court.ask("PUT", "/rules", json=[FISCAL])
    await court.ask("PUT", "/rules", json=[{**FISCAL, "fires": "fiscal_share > 0.35"}])
    history = await court.ask("GET", "/rules?name=fiscal_dependence")
    assert [(item["version"], item["fires"]) for item in history["items"]] == [
        (2, "fiscal_share > 0.35"),
        (1, "fiscal_share > 0.30"),
        (0, "fiscal_share > 0.50"),
    ], "the same again is no new version"
    assert await court.ask("GET", "/rules?name=nonsense") == (
        404,
        "There is no such rule; /reporting/v1/rules lists them all",
    )


async def test_a_rule_that_is_switched_off_ends_its_episodes(court: Court) -> None:
    await court.sell(100, DAY, fiscal=9_000)
    assert [t.rule for t in await court.judged()] == ["fiscal_dependence"]
    await court.ask("PUT", "/rules", json=[{**FISCAL, "enabled": False}])
    assert [(type(t), t.rule) for t in await court.judged()] == [(RegionRecovered, "fiscal_dependence")]
    assert await court.judged() == []


async def test_a_rule_of_ones_own_speaks_of_any_measure(court: Court) -> None:
    own = {"name": "few_households", "levels": ["county"], "fires": "households < 2", "clears": "households >= 2"}
    await court.ask("PUT", "/rules", json=[own])
    await court.sell(10, DAY)
    (lagging,) = await court.judged()
    assert (lagging.rule, lagging.evidence.numerator, lagging.evidence.threshold) == ("few_households", 1, 2)


async def test_a_rule_for_townships_asks_those_with_a_target(court: Court) -> None:
    await set_targets(court.running, r450101001=1_000)
    own = {"name": "few_units", "levels": ["township"], "fires": "units < 10", "clears": "units >= 10"}
    await court.ask("PUT", "/rules", json=[own])
    await court.agent("A1", "450101001001", "450101001002", "450101002001")
    for village in ("450101001001", "450101002001"):
        await court.sell(1, DAY, village=village)
    told = [t.region for t in await court.happened() if isinstance(t, RegionLagging) and t.rule == "few_units"]
    assert told == ["450101001"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"fires": "pase < 0.9"}, "`pase` is no measure or indicator: did you mean `pace`?"),
        ({"fires": "fiscal_share > parent.fiscal_shares"}, "did you mean `fiscal_share`?"),
        ({"fires": "fiscal_share => 0.5"}, "`fires`: At character 14"),
        ({"clears": "fiscal_share <"}, "`clears`: At character 15 something is missing"),
        ({"clears": "fiscal_share < 0.40"}, "can both hold, so it would fire and clear for ever"),
        ({"severe": "fiscal_share > 0.10"}, "`severe` (fiscal_share > 0.10) and `clears`"),
        ({"fires": "fiscal_share > 0.9 and fiscal_share < 0.8"}, "can never hold"),
        ({"fires": "units < 2 * growth_units", "clears": None}, "`growth_units` may be below 0"),
        ({"name": "data_stale"}, "GUANAI_STALE_AFTER_DAYS"),
    ],
)
async def test_a_rule_that_makes_no_sense_changes_nothing(
    court: Court, change: dict[str, object], sentence: str
) -> None:
    good = {**FISCAL, "name": "good_one"}
    status, detail = await court.ask("PUT", "/rules", json=[good, {**FISCAL, **change}])
    assert status == 422
    assert detail.startswith("Nothing was changed. ")
    assert sentence in detail
    kept = await court.ask("GET", "/rules")
    assert {item["version"] for item in kept["items"]} == {0}


async def test_a_rule_that_stands_twice_in_the_list_is_refused(court: Court) -> None:
    assert await court.ask("PUT", "/rules", json=[FISCAL, FISCAL]) == (
        422,
        "Nothing was changed. fiscal_dependence: stands in the list twice",
    )


@pytest.mark.parametrize(
    "change", [{"levels": ["village"]}, {"levels": []}, {"days": 0}, {"days": 32}, {"name": "A B"}]
)
async def test_levels_days_and_names_have_their_limits(court: Court, change: dict[str, object]) -> None:
    status, _ = await court.ask("PUT", "/rules", json=[{**FISCAL, **change}])
    assert status == 422


async def test_only_an_operator_sets_rules(court: Court) -> None:
    assert (await court.ask("PUT", "/rules", "analyst", json=[FISCAL]))[0] == 403


async def test_a_bulk_purchase_is_ended_by_a_person_and_fires_again_only_for_a_larger_one(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(300, DAY, fiscal=30_000)
    assert await court.judged(COUNTY, "one_step") != []
    given = {"rule": "one_step", "region": COUNTY, "year": 2021, "reason": "For families in need, decided on 3 March."}
    refused = await court.ask("POST", "/lagging/acknowledgements", "county", COUNTY, json=given)
    assert refused[0] == 403
    done = await court.ask("POST", "/lagging/acknowledgements", json=given)
    assert (done["episode"], done["cleared_on"], done["acknowledged_by"]) == (1, DAY.isoformat(), "the operator")
    assert await recovered_in_outbox(court) == 1
    again = await court.ask("POST", "/lagging/acknowledgements", json=given)
    assert again[0] == 409

    court.move(1)
    assert await court.judged(COUNTY, "one_step") == [], "the same purchase"
    await set_targets(court.running, r450101=900)
    assert await court.judged(COUNTY, "one_step") == [], "the same purchase of a smaller target"
    await court.sell(320, court.today, fiscal=32_000)
    assert [(t.rule, t.episode) for t in await court.judged(COUNTY, "one_step")] == [("one_step", 2)]


async def recovered_in_outbox(court: Court) -> int:
    async with court.running.database.read() as tx:
        rows = await tx.rows(select(outbox.c.body).where(outbox.c.routing_key == "region.recovered.4501"))
    return len(rows)


async def test_an_acknowledgement_in_the_midst_of_a_judgement_is_not_lost(court: Court) -> None:
    await set_targets(court.running, r450101=1_000)
    await court.sell(300, DAY, fiscal=30_000)
    await court.judged()
    await set_targets(court.running, r450101=900)
    async with court.running.desk.begin() as tx:
        assert await acknowledge(tx, "one_step", Region(COUNTY, "区", "county"), 2021, ("known", "somebody"))
        judging = asyncio.create_task(court.happened())
        while tx.is_postgres and not judging.done() and not await waits_for_a_lock(court):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await judging
    firing = await court.ask("GET", f"/lagging?parent={COUNTY}")
    assert "one_step" not in [item["rule"] for item in firing["items"] if item["region"]["code"] == COUNTY]


async def waits_for_a_lock(court: Court) -> bool:
    async with court.running.database.read() as tx:
        return bool((await tx.rows(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))[0][0])


async def test_what_clears_by_itself_is_not_acknowledged(court: Court) -> None:
    given = {"rule": "stalled", "region": COUNTY, "year": 2021, "reason": "no"}
    assert await court.ask("POST", "/lagging/acknowledgements", json=given) == (
        422,
        "This rule clears by itself as soon as its numbers have recovered",
    )
