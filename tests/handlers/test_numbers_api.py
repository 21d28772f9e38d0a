"""What the API says of numbers hangs together: splits add up, series end at the figure, facts sum to what is booked."""

import random
from collections.abc import AsyncIterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.reporting.handlers import take_reference
from services.reporting.rules.split import dimensions_of, formula_of
from shared.contracts.reference import TargetRow
from shared.runtime.service import Running
from tests.architecture.test_security import browser, key_for
from tests.handlers.books import reporting
from tests.handlers.oracle import View, World, indicators
from tests.handlers.worlds import END, REGIONS, a_world, furnish, take_in

SPLIT = (
    "units", "policies", "persons", "premium", "fiscal", "households", "elder_units", "claims_paid", "paid_amount",
    "outstanding_amount", "growth_units", "penetration", "completion_guideline", "elder_share", "premium_per_unit",
    "fiscal_share", "self_paid_share", "paid_per_claim", "claims_per_100_units", "loss_ratio_paid_written",
    "loss_ratio_incurred_written", "loss_ratio_paid_earned", "satisfaction", "feedback_response", "overdue_share",
    "pace", "projected_units", "household_participation", "elder_to_target",
)  # fmt: skip


class House:
    """A reporting service with a random world in it, and someone who asks."""

    def __init__(self, running: Running, world: World, http: httpx2.AsyncClient) -> None:
        self.running, self.world, self.http = running, world, http

    async def ask(self, path: str, **parameters: Any) -> Any:
        answer = await self.http.get(f"/reporting/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refuse(self, path: str, **parameters: Any) -> int:
        return (await self.http.get(f"/reporting/v1/{path}", params=parameters)).status_code


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path, seed: int) -> AsyncIterator[House]:
    chance = random.Random(f"{seed}/numbers")
    world, arrivals = a_world(chance)
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, END) as running:
        await furnish(running, world)
        await take_in(running, chance, arrivals)
        async with browser(running, await key_for(running, "analyst")) as http:
            yield House(running, world, http)


@pytest.mark.parametrize("view", ["today", "historical"])
async def test_every_split_of_every_indicator_adds_up_to_its_change(house: House, view: str) -> None:
    around: dict[str, Any] = {"region": "4501", "from": "2021-01-15", "to": "2021-08-31", "view": view}
    for indicator in SPLIT:
        possible = dimensions_of(formula_of(indicator))
        for by in (*possible, ",".join(possible)):
            told = await house.ask("why", indicator=indicator, by=by, **around)
            parts = sum(Fraction(item["contribution"]) for item in told["items"])
            if told["change"] is None:
                assert told["items"] == []
                assert set(told["missing_on"]) & {around["from"], around["to"]}
            else:
                assert abs(parts - Fraction(told["change"])) < Fraction(1, 10**9), (indicator, by)


async def test_a_split_begins_and_ends_at_the_indicator_of_its_days(house: House) -> None:
    for indicator in SPLIT:
        told = await house.ask("why", region="45", indicator=indicator, **{"from": "2020-06-30", "to": "2021-08-31"})
        for end, day in (("before", "2020-06-30"), ("after", "2021-08-31")):
            answer = await house.ask("indicators", region="45", as_of=day)
            known = {**answer["measures"], **answer["measures"]["premium"], **answer["indicators"]}
            known["premium"] = answer["measures"]["premium"]["total"]
            expected = known[indicator]
            said = None if expected is None else pytest.approx(float(expected), rel=1e-6)
            assert told[end] == said, (indicator, day)


async def test_what_cannot_be_split_is_refused_with_what_can(house: House) -> None:
    days = {"from": "2021-01-15", "to": "2021-08-31"}
    assert await house.refuse("why", region="45", indicator="claims_paid", by="payer", **days) == 422
    assert await house.refuse("why", region="45", indicator="days_to_pay_p90", **days) == 422
    assert await house.refuse("why", region="45", indicator="units", by="child,child", **days) == 422


@pytest.mark.parametrize("region", ["45", "450102", "450102001001"])
async def test_the_facts_behind_a_figure_sum_to_it(house: House, region: str) -> None:
    measures = (await house.ask("indicators", region=region, year=2021))["measures"]
    for measure, figure in (
        ("units", measures["units"]),
        ("premium", measures["premium"]["total"]),
        ("paid_amount", measures["paid_amount"]),
        ("outstanding_amount", measures["outstanding_amount"]),
    ):
        total, cursor = 0.0, ""
        while cursor is not None:
            page = await house.ask("facts", region=region, measure=measure, year=2021, limit=50, cursor=cursor)
            total += sum(float(item["amount"]) for item in page["items"])
            cursor = page["next"]
        assert str(page["booked"]) == str(figure), measure
        assert total == pytest.approx(float(figure)), measure


@pytest.mark.parametrize("grain", ["day", "week", "month"])
async def test_a_series_ends_at_the_figure_and_its_steps_add_up(house: House, grain: str) -> None:
    for measure in ("units", "premium", "households", "claims_open"):
        whole = await house.ask("series", region="4501", measure=measure, year=2021, grain=grain)
        steps = await house.ask("series", region="4501", measure=measure, year=2021, grain=grain, cumulative=False)
        answer = await house.ask("indicators", region="4501", year=2021)
        figure = {**answer["measures"], "premium": answer["measures"]["premium"]["total"]}[measure]
        assert whole["items"][-1]["value"] == figure
        first = whole["items"][0]
        for name in ("value", "last_year"):
            begin = float(first[name]) - float(steps["items"][0][name])
            assert begin + sum(float(i[name]) for i in steps["items"]) == pytest.approx(float(whole["items"][-1][name]))


async def test_after_the_as_of_day_a_series_only_expects(house: House) -> None:
    day = "2021-03-31"
    told = await house.ask("series", region="45", year=2021, as_of=day)
    by_day = {item["to"]: item for item in told["items"]}
    answer = await house.ask("indicators", region="45", year=2021, as_of=day)
    assert by_day[day]["value"] == answer["measures"]["units"]
    expected = answer["indicators"]["expected_to_date"]
    assert by_day[day]["expected"] == (None if expected is None else pytest.approx(expected))
    assert by_day["2021-04-01"]["value"] is None
    assert len(by_day) == 365


async def test_standings_rank_what_the_recomputation_ranks(house: House) -> None:
    for by in ("units", "penetration", "fiscal_share", "days_behind", "loss_ratio_paid_earned", "concentration"):
        rows = (await house.ask("standings", parent="45", level="county", by=by, year=2021))["rows"]
        views = {code: View(house.world, code, 2021, END) for code in REGIONS if len(code) == 6}
        values = {code: v.measures["units"] if by == "units" else indicators(v)[by] for code, v in views.items()}
        known = sorted((value for value in values.values() if value is not None), reverse=True)
        assert [row["value"] for row in rows if row["value"] is not None] == pytest.approx(known)
        for row in rows:
            value = values[row["region"]["code"]]
            expected = None if value is None else 1 + sum(other > value + 1e-12 for other in known)
            assert row["rank"] == expected, (by, row)


async def test_a_floor_shows_small_regions_without_a_place(house: House) -> None:
    rows = (await house.ask("standings", parent="45", level="village", by="premium_per_unit", floor=100))["rows"]
    assert {row["rank"] is None for row in rows if row["units"] < 100} <= {True}
    assert all(row["small_base"] == (row["units"] < 100) for row in rows)
    ranked = [row for row in rows if row["rank"] is not None]
    assert [row["rank"] for row in ranked] == sorted(row["rank"] for row in ranked)


async def test_a_peer_group_is_ranked_among_itself(house: House) -> None:
    rows = (await house.ask("standings", parent="45", level="county", among="450101,450201", by="units"))["rows"]
    assert sorted(row["region"]["code"] for row in rows) == ["450101", "450201"]
    assert sorted(row["rank"] for row in rows) in ([1, 2], [1, 1])
    assert await house.refuse("standings", parent="45", level="county", among="450101,999999") == 422


async def test_a_replaced_county_is_found_under_its_successor_today_and_under_its_own_code_in_history(
    house: House,
) -> None:
    today = await house.ask("indicators", region="450109", year=2021)
    assert today["region"]["code"] == "450102"
    history = await house.ask("indicators", region="450109", year=2021, view="historical")
    assert (history["region"]["code"], history["region"]["name"]) == ("450109", "旧")
    own = await house.ask("indicators", region="450102", year=2021, view="historical")
    for name in ("units", "policies", "claims_paid"):
        assert today["measures"][name] == history["measures"][name] + own["measures"][name]
    codes = [r["region"]["code"] for r in (await house.ask("standings", parent="4501", view="historical"))["rows"]]
    assert "450109" in codes
    codes = [r["region"]["code"] for r in (await house.ask("standings", parent="4501"))["rows"]]
    assert "450109" not in codes


async def test_every_ratio_names_its_fraction(house: House) -> None:
    answer = await house.ask("indicators", region="4501", year=2021)
    for name, basis in answer["basis"].items():
        value = answer["indicators"][name]
        if isinstance(value, float) and basis["denominator"] and not name.startswith(("needed", "growth_units")):
            assert value == pytest.approx(basis["numerator"] / basis["denominator"]), name
        assert basis["of"]


async def test_a_place_names_its_fraction_and_what_it_is_held_against(house: House) -> None:
    told = await house.ask("standings", parent="45", level="county", by="completion_guideline", year=2021)
    assert told["fresh_to"]
    for row in told["rows"]:
        basis = row["basis"]
        if row["value"] is not None:
            assert row["value"] == pytest.approx(basis["numerator"] / basis["denominator"])
            assert basis["target_version"]
    rows = (await house.ask("standings", parent="45", level="city", by="penetration", year=2021))["rows"]
    assert [r["basis"]["population_vintage"] for r in rows] == [r["value"] and "census2020" for r in rows]


async def test_a_city_without_any_policy_has_no_feed_and_no_indicators(house: House) -> None:
    answer = await house.ask("indicators", region="4501", year=2024)
    assert answer["no_feed"]
    assert all(value is None for name, value in answer["indicators"].items() if name != "above_average")
    rows = (await house.ask("standings", parent="45", by="units", year=2024))["rows"]
    assert {(row["rank"], row["value"], row["no_feed"]) for row in rows} == {(None, None, True)}


async def test_a_year_can_be_asked_before_it_began_and_after_it_ended(house: House) -> None:
    before = await house.ask("indicators", region="45", year=2021, as_of="2019-08-31")
    assert before["measures"]["units"] == 0
    after = await house.ask("indicators", region="45", year=2021, as_of="2022-06-30")
    view = View(house.world, "45", 2021, date(2022, 6, 30))
    assert after["measures"]["units"] == view.measures["units"]


async def test_days_out_of_all_reason_and_products_that_nobody_knows_are_refused(house: House) -> None:
    split = {"region": "4501", "indicator": "growth_units"}
    for day in ("0001-01-01", "9999-12-31"):
        assert await house.refuse("indicators", region="45", year=2021, as_of=day) == 422
        assert await house.refuse("standings", parent="45", year=2021, since=day) == 422
        assert await house.refuse("why", **split, **{"from": day, "to": "2021-08-31"}) == 422
        assert await house.refuse("why", **split, **{"from": "2021-08-31", "to": day}) == 422
    answer = await house.http.get("/reporting/v1/indicators", params={"region": "45", "products": "elder"})
    assert answer.status_code == 422
    assert "elder_care_a, " in answer.json()["detail"]
    assert await house.refuse("indicators", region="45", products="elder_care_a") == 200


async def test_a_county_sees_its_place_but_not_its_siblings(house: House) -> None:
    async with browser(house.running, await key_for(house.running, "county", "450101")) as http:
        rows = (await http.get("/reporting/v1/standings?parent=4501")).json()["rows"]
        assert [row["region"]["code"] for row in rows] == ["450101"]
        assert (await http.get("/reporting/v1/why?region=4501&from=2021-01-01&to=2021-08-31")).status_code == 404
        assert (await http.get("/reporting/v1/facts?region=450201")).status_code == 404
        assert (await http.get("/reporting/v1/series?region=450102")).status_code == 404


async def test_a_product_is_held_against_the_targets_of_its_line(house: House) -> None:
    async with house.running.desk.begin() as tx:
        row = {"region": "4501", "year": 2021, "kind": "guideline", "units": 400, "effective_on": date(2020, 9, 1)}
        await take_reference.store_targets(tx, [TargetRow(**row, line="elder")])
    whole = await house.ask("indicators", region="4501", year=2021)
    elder = await house.ask("indicators", region="4501", year=2021, products="elder_care_a")
    family = await house.ask("indicators", region="4501", year=2021, products="family_care")
    assert elder["indicators"]["completion_guideline"] == elder["measures"]["units"] / 400
    assert elder["targets"]["guideline"]["units"] == 400
    assert (family["targets"], family["indicators"]["completion_guideline"]) == ({}, None)
    assert whole["targets"].get("guideline", {}).get("units") != 400
