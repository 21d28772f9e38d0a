"""The selling days of a simulated year: spread, bounded, and such that the year's ratios come out as published."""

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import services
from services.cli.simulation import Plan, policy_events
from services.cli.simulation.curve import programme_year, selling_calendar, selling_days
from services.cli.simulation.plan import planned_lots

REFERENCE = Path(services.__path__[0]) / "reporting" / "reference"
YEARS = (2020, 2021)
ONE_STEP_CITY = "4513"
every_size = pytest.mark.parametrize("policies", (2220, 4440, 30000))
every_year = pytest.mark.parametrize("year", YEARS)


class Sale(NamedTuple):
    county: str
    sold_on: date
    begins: date
    ends: date
    units: int
    self_paid_fen: int
    fiscal_fen: int


@cache
def sales(year: int, policies: int) -> list[Sale]:
    return [sale_of(event["data"]) for event in policy_events(Plan(REFERENCE, year, policies))]


def sale_of(policy: dict[str, Any]) -> Sale:
    return Sale(
        county=policy["region"][:6],
        sold_on=date.fromisoformat(policy["sold_on"]),
        begins=date.fromisoformat(policy["effective_from"]),
        ends=date.fromisoformat(policy["effective_to"]),
        units=policy["units"],
        self_paid_fen=int(Decimal(policy["premium"]["self_paid"]) * 100),
        fiscal_fen=int(Decimal(policy["premium"]["fiscal"]) * 100),
    )


@cache
def targets(year: int) -> dict[str, int]:
    rows = csv.DictReader((REFERENCE / "targets.csv").read_text("utf-8").splitlines())
    return {row["region"]: int(row["units"]) for row in rows if (row["year"], row["kind"]) == (str(year), "guideline")}


@cache
def units_by_county_and_day(year: int, policies: int) -> dict[str, Counter[date]]:
    days = defaultdict[str, Counter[date]](Counter)
    for sale in sales(year, policies):
        days[sale.county][sale.sold_on] += sale.units
    return days


def is_bought(sale: Sale) -> bool:
    return sale.county.startswith(ONE_STEP_CITY) and sale.fiscal_fen > 0


@every_size
@every_year
def test_every_county_sells_on_twenty_days_or_more(year: int, policies: int) -> None:
    days = units_by_county_and_day(year, policies)
    assert len(days) == 111
    assert min(map(len, days.values())) >= 20


@every_size
@every_year
def test_no_county_sells_a_tenth_of_its_target_in_a_day_unless_its_government_buys(year: int, policies: int) -> None:
    allowed = {code: units // 10 for code, units in targets(year).items()}
    if policies == 2220 and year == 2021:
        allowed["451081"] = -(-59_853 // 19)  # 4.7 times its target cannot be sold on 20 days in tenths of it
    for county, days in units_by_county_and_day(year, policies).items():
        if not county.startswith(ONE_STEP_CITY):
            assert max(days.values()) <= allowed[county], county


@every_size
@every_year
def test_no_county_comes_near_one_step_but_those_that_are(year: int, policies: int) -> None:
    for county, days in units_by_county_and_day(year, policies).items():
        assert (max(days.values()) >= 0.3 * targets(year)[county]) == county.startswith(ONE_STEP_CITY), county


@every_size
@every_year
def test_the_one_step_city_buys_on_one_day_and_its_families_on_twenty_others(year: int, policies: int) -> None:
    city = [sale for sale in sales(year, policies) if sale.county.startswith(ONE_STEP_CITY)]
    bought = [sale for sale in city if is_bought(sale)]
    assert len({sale.sold_on for sale in bought}) == 1
    assert not any(sale.self_paid_fen for sale in bought)
    share = sum(s.fiscal_fen for s in city) / sum(s.fiscal_fen + s.self_paid_fen for s in city)
    assert sum(s.units for s in bought) / sum(s.units for s in city) == pytest.approx(share, abs=0.0001)
    joined = {(s.county, s.sold_on) for s in city if not is_bought(s)}
    assert min(Counter(county for county, _ in joined).values()) >= (19 if policies == 2220 else 20)
    assert not {day for _, day in joined} & {s.sold_on for s in bought}


@every_size
def test_elsewhere_every_policy_is_paid_by_both_or_the_county_has_no_fiscal_premium(policies: int) -> None:
    payers = defaultdict[str, set[bool]](set)
    for sale in sales(2021, policies):
        payers[sale.county].add(sale.fiscal_fen > 0)
        assert sale.self_paid_fen > 0 or is_bought(sale)
    assert all(len(kinds) == 1 for county, kinds in payers.items() if not county.startswith(ONE_STEP_CITY))


@every_size
@every_year
def test_the_mean_selling_day_lies_at_706_thousandths_of_the_year(year: int, policies: int) -> None:
    first, last = programme_year(year, 9)
    units = sum(sale.units for sale in sales(year, policies))
    day_units = sum(((sale.sold_on - first).days + 0.5) * sale.units for sale in sales(year, policies))
    assert day_units / units / ((last - first).days + 1) == pytest.approx(0.706, abs=0.005)


@every_size
def test_paid_over_earned_premium_is_as_published(policies: int) -> None:
    paid_wan, earned_wan = Decimal("6297.72"), sum(earned_fen(s) for y in YEARS for s in sales(y, policies)) / 1_000_000
    assert float(paid_wan) / earned_wan == pytest.approx(0.522, abs=0.003)
    assert earned_wan == pytest.approx(12064.57, rel=0.003)


def earned_fen(sale: Sale) -> float:
    first, last = programme_year(2021, 9)
    covered = (min(sale.ends, last) - max(sale.begins, first)).days + 1
    whole = (sale.ends - sale.begins).days + 1
    return (sale.self_paid_fen + sale.fiscal_fen) * max(0, covered) / whole


@every_size
def test_growth_does_not_change_its_sign_in_the_last_week(policies: int) -> None:
    for as_of in (date(2021, 8, day) for day in range(25, 32)):
        shrunk = {city for city, units in growth(policies, as_of).items() if units < 0}
        assert shrunk == {"4501", "4502", "4503", "4506", "4513", "4514"}


def growth(policies: int, as_of: date) -> Counter[str]:
    growth = Counter[str]()
    for year, until, sign in ((2021, as_of, 1), (2020, as_of.replace(year=2020), -1)):
        for county, days in units_by_county_and_day(year, policies).items():
            growth[county[:4]] += sign * sum(units for day, units in days.items() if day <= until)
    return growth


def test_neighbouring_years_sell_on_the_same_days() -> None:
    days = [{(s.county, s.sold_on.month, s.sold_on.day) for s in sales(year, 2220)} for year in YEARS]
    assert days[0] == days[1]


@every_size
@every_year
def test_no_county_stands_still_for_the_last_fourteen_days(year: int, policies: int) -> None:
    last = {sale.county: sale.sold_on for sale in sales(year, policies)}
    assert min(last.values()) > date(year, 8, 31) - timedelta(days=14)


@every_year
def test_cover_lasts_a_year_from_the_day_after_the_sale(year: int) -> None:
    for sale in sales(year, 30000):
        assert sale.begins == sale.sold_on + timedelta(days=1)
        assert (sale.ends + timedelta(days=1)) == sale.begins.replace(year=sale.begins.year + 1)


@given(st.integers(100000, 999999), st.integers(1, 60))
def test_selling_days_are_different_and_inside_the_calendar(county: int, count: int) -> None:
    days = selling_days(str(county), count)
    assert len(set(days)) == count and days == sorted(days)
    assert days[0] >= 0 and days[-1] < 364


@given(st.integers(2000, 2100), st.integers(1, 12))
def test_the_selling_calendar_has_the_same_days_in_every_year(year: int, start_month: int) -> None:
    first, last = programme_year(year, start_month)
    calendar = selling_calendar(year, start_month)
    assert (last.year == year and calendar[0] == first and calendar[-1] == last) or start_month == 3
    assert [f"{day:%m%d}" for day in calendar] == [f"{day:%m%d}" for day in selling_calendar(2021, start_month)]


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(YEARS), st.integers(2220, 2_867_602))
def test_any_number_of_policies_is_met_exactly_and_every_policy_has_a_unit(year: int, policies: int) -> None:
    counties = planned_lots(Plan(REFERENCE, year, policies))
    assert sum(lot.policies for _, lots in counties for lot in lots) == policies
    for county, lots in counties:
        assert sum(lot.units for lot in lots) == county.units
        assert (sum(lot.premium_fen for lot in lots), sum(lot.fiscal_fen for lot in lots)) == (
            county.premium_fen,
            county.fiscal_fen,
        )
        assert all(1 <= lot.policies <= lot.units and 0 <= lot.fiscal_fen <= lot.premium_fen for lot in lots)
        assert len({lot.sold_on for lot in lots}) >= 20
