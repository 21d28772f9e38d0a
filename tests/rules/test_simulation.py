"""A simulated year adds up exactly to the calibrated tables, whatever the number of policies."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import services
from services.cli.simulation import Plan, claim_count, claim_events, policy_events, policy_range

REFERENCE = Path(services.__path__[0]) / "reporting" / "reference"
SIZES = (2220, 4440, 30000)
YEARS = (2020, 2021)
Event = dict[str, Any]
every_size = pytest.mark.parametrize("policies", SIZES)
every_year = pytest.mark.parametrize("year", YEARS)


def by_code(table: str) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in csv.DictReader((REFERENCE / table).read_text("utf-8").splitlines())}


COUNTIES, CITIES = by_code("county_calibrated.csv"), by_code("city_calibrated.csv")


def plan(year: int = 2021, policies: int = 2220) -> Plan:
    return Plan(REFERENCE, year, policies)


def fen(amount: str) -> int:
    return int(amount.replace(".", ""))


def fen_of_wan(amount: str) -> int:
    return int(Decimal(amount) * 1_000_000)


@cache
def sums(year: int, policies: int) -> Counter[tuple[str, str]]:
    """Measures by (measure, region) for county, city and region."""
    totals = Counter[tuple[str, str]]()
    for event in policy_events(plan(year, policies)):
        policy = event["data"]
        premium = {payer: fen(amount) for payer, amount in policy["premium"].items()}
        elder = policy["units"] if policy["product"] == "elder_care_a" else 0
        measures = {"policies": 1, "units": policy["units"], "elder": elder, "total": sum(premium.values()), **premium}
        for digits in (2, 4, 6):
            for measure, value in measures.items():
                totals[measure, policy["region"][:digits]] += value
    return totals


@cache
def claims() -> list[list[Event]]:
    """The events of each claim of 2021 in the order they came."""
    by_claim: dict[str, list[Event]] = {}
    for event in claim_events(plan()):
        by_claim.setdefault(event["subject"], []).append(event)
    return list(by_claim.values())


def payments(policies: int) -> list[tuple[str, int]]:
    """County and amount of every payment."""
    paid = (e for e in claim_events(plan(2021, policies)) if e["type"] == "guanai.insurer.claim.paid.v1")
    return [(event["subject"][1:7], fen(event["data"]["amount"])) for event in paid]


def fiscal_fen(city: Event, year: int) -> int:
    exact = Decimal(city["fiscal_premium_2021"]) * Decimal(city[f"premium_{year}"]) / Decimal(city["premium_2021"])
    return int((exact * 1_000_000).to_integral_value("ROUND_HALF_UP"))


@every_size
@every_year
def test_units_premium_and_elder_units_of_every_region_are_exact(year: int, policies: int) -> None:
    found = sums(year, policies)
    assert found["policies", "45"] == policies
    for code, row in (COUNTIES | CITIES).items():
        assert found["units", code] == int(row[f"policies_{year}"]), code
        assert found["total", code] == fen_of_wan(row[f"premium_{year}"]), code
        assert found["elder", code] == (int(row["elderly_policies_2021"]) if year == 2021 else 0), code
        assert found["donated", code] == 0


@every_size
@every_year
def test_the_fiscal_premium_of_every_city_is_exact_and_of_every_county_its_share(year: int, policies: int) -> None:
    found = sums(year, policies)
    cities = {code: fiscal_fen(row, year) for code, row in CITIES.items() if code != "45"}
    assert {code: found["fiscal", code] for code in cities} == cities
    assert found["fiscal", "45"] == sum(cities.values())
    assert year == 2020 or found["fiscal", "45"] == fen_of_wan(CITIES["45"]["fiscal_premium_2021"])
    for code in COUNTIES:
        city = code[:4]
        share = Decimal(cities[city]) * found["total", code] / found["total", city]
        assert abs(found["fiscal", code] - share) < 1, code


@every_size
def test_claims_of_every_region_are_exact_and_last_year_has_none(policies: int) -> None:
    found = Counter[tuple[str, str]]()
    for county, paid_fen in payments(policies):
        for region in (county[:2], county[:4], county):
            found["count", region] += 1
            found["paid", region] += paid_fen
    for code, row in (COUNTIES | CITIES).items():
        assert found["count", code] == int(row["claims_count"]), code
        assert found["paid", code] == fen_of_wan(row["claims_amount"]), code
    assert found["count", "45"] == claim_count(plan(2021, policies)) == 82_409
    assert claim_count(plan(2020, policies)) == len(list(claim_events(plan(2020, policies)))) == 0


def test_a_claim_is_reported_settled_and_paid_in_its_policys_cover_and_in_the_year() -> None:
    policies = {e["subject"]: e for e in policy_events(plan())}
    for reported, settled, paid in claims():
        report, policy = reported["data"], policies[reported["data"]["policy_no"]]
        dates = (report["incident_on"], report["reported_on"], settled["data"]["settled_on"], paid["data"]["paid_on"])
        assert [e["type"].split(".")[3] for e in (reported, settled, paid)] == ["reported", "settled", "paid"]
        assert list(dates) == sorted(dates)
        assert policy["data"]["effective_from"] <= dates[0] and dates[-1] <= "2021-08-31"
        assert report["policy_no"][:6] == policy["data"]["region"][:6] == reported["subject"][1:7]
        assert policy["source"] == reported["source"] == settled["source"] == paid["source"]
        assert settled["data"]["amount"] == paid["data"]["amount"]
        assert min(fen(report["reserve"]), fen(paid["data"]["amount"])) > 0


def test_both_product_lines_and_all_kinds_of_claim_occur() -> None:
    products = {e["subject"]: e["data"]["product"] for e in policy_events(plan())}
    reports = [first["data"] for first, *_ in claims()]
    assert {products[report["policy_no"]] for report in reports} == {"family_care", "elder_care_a"}
    assert {r["kind"] for r in reports} == {"accident", "illness", "hospital_allowance", "disability", "death"}
    assert {r["fast_track"] for r in reports} == {True, False}


def test_events_come_in_the_order_of_their_dates() -> None:
    sold = [e["data"]["sold_on"] for e in policy_events(plan(policies=30000))]
    booked = [e["time"][:10] for e in claim_events(plan())]
    assert sold == sorted(sold) and (sold[0], sold[-1]) > ("2020-09-01", "2021-08-17")
    assert booked == sorted(booked)


@every_year
def test_the_same_plan_gives_the_same_bytes(year: int) -> None:
    assert written(plan(year, 3000)) == written(plan(year, 3000))


def test_other_plans_share_no_id_and_no_number() -> None:
    plans = [plan(), plan(policies=2221), replace(plan(), seed=1), plan(2020), replace(plan(), insurers=("only-one",))]
    issued = [(e["id"], e["subject"]) for p in plans for e in policy_events(p)]
    some_claims = (e for p in plans[:2] for e in islice(claim_events(p), 1000) if "reserve" in e["data"])
    reported = [(e["id"], e["subject"]) for e in some_claims]
    for names in zip(*issued, *reported, strict=True):
        assert len(set(names)) == len(names)


@every_year
def test_a_plan_may_have_from_twenty_policies_a_county_to_one_a_unit(year: int) -> None:
    allowed = policy_range(REFERENCE, year)
    assert (allowed[0], allowed[-1]) == (111 * 20, int(CITIES["45"][f"policies_{year}"]))
    for policies in (allowed[0] - 1, allowed[-1] + 1):
        for events in (policy_events, claim_events):
            with pytest.raises(ValueError, match=f"from {allowed[0]} to {allowed[-1]}"):
                events(plan(year, policies))


def test_with_a_policy_a_unit_every_policy_has_one_unit_and_one_person() -> None:
    events = policy_events(plan(2021, policy_range(REFERENCE, 2021)[-1]))
    for event in islice(events, 20_000):
        assert event["data"]["units"] == len(event["data"]["insured"]) == 1


def test_a_year_without_a_table_is_refused_and_the_years_are_named() -> None:
    for refuse in (policy_events, claim_events, claim_count, lambda p: policy_range(p.reference, p.year)):
        with pytest.raises(ValueError, match="2020, 2021"):
            refuse(plan(2022))


def test_an_event_is_exactly_a_cloud_event_of_an_insurer() -> None:
    issued = next(policy_events(plan()))
    reported, settled, paid = claims()[0]
    common = {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"}
    assert set(issued) == set(reported) == common
    assert issued["specversion"] == "1.0" and issued["type"] == "guanai.insurer.policy.issued.v1"
    assert issued["source"] in ("urn:guanai:insurer:demo-life", "urn:guanai:insurer:demo-care")
    assert issued["time"].startswith(issued["data"]["sold_on"] + "T") and issued["time"].endswith("+08:00")
    assert " ".join(sorted(issued["data"])) == (
        "agent_no consent effective_from effective_to household_no insured policy_no policyholder"
        " premium product region renews sold_on units"
    )
    report_fields = {"claim_no", "policy_no", "kind", "incident_on", "reported_on", "reserve", "fast_track"}
    assert set(reported["data"]) == report_fields
    assert set(settled["data"]) == {"claim_no", "settled_on", "amount"}
    assert set(paid["data"]) == {"claim_no", "paid_on", "amount"}


def test_policies_lie_in_villages_and_with_enough_of_them_in_every_township() -> None:
    regions = {e["data"]["region"] for e in policy_events(plan(policies=30000))}
    assert {len(region) for region in regions} == {12}
    assert {region[:9] for region in regions} == {code for code in by_code("regions.csv") if len(code) == 9}


def test_a_third_of_the_policies_renew_one_of_the_year_before() -> None:
    former = {e["subject"] for e in policy_events(plan(2020))}
    renewed = [e["data"]["renews"] for e in policy_events(plan()) if e["data"]["renews"]]
    assert set(renewed) <= former and 0.25 < len(renewed) / 2220 < 0.4
    assert not any(e["data"]["renews"] for e in policy_events(plan(2020)))


def both(of: Plan) -> Iterator[Event]:
    yield from policy_events(of)
    yield from islice(claim_events(of), 500)


def written(of: Plan) -> list[str]:
    return [json.dumps(event) for event in both(of)]
