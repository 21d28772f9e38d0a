"""The year 2021 of the shipped tables as a ledger, and the names to read a text with."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache

from services.cli.reference_data import SHIPPED
from services.reporting.rules.text_check.ledger import Ledger, Reading
from services.reporting.rules.text_check.places import Alias, Gazetteer

YEAR_END = date(2021, 8, 31)
JULY = date(2021, 7, 31)
BEIHAI_HOUSEHOLDS = 64_012


def rows(name: str) -> list[dict[str, str]]:
    with (SHIPPED / name).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@cache
def names() -> Mapping[str, str]:
    return {row["code"]: row["name"] for row in rows("regions.csv")}


def places(asked: str = "45", scope: str = "") -> Gazetteer:
    aliases = [Alias(row["alias"], row["code"], row["name"]) for row in rows("region_aliases.csv")]
    return Gazetteer({code: name for code, name in names().items() if code.startswith(scope)}, aliases, asked, scope)


def _part(numerator: float, denominator: float, of: str) -> Reading:
    return Reading(numerator / denominator, numerator, denominator, of)


def _city(row: dict[str, str]) -> dict[str, Reading]:
    n = {name: float(value) for name, value in row.items() if value.replace(".", "").replace("-", "").isdigit()}
    premium, fiscal, paid = (
        round(n[name] * 10_000, 2) for name in ("premium_2021", "fiscal_premium_2021", "claims_amount")
    )
    units, last, growth = n["policies_2021"], n["policies_2020"], n["policies_2021"] - n["policies_2020"]
    return {
        "units": Reading(units),
        "units_last_full": Reading(last),
        "growth_units": Reading(growth),
        "growth_rate": _part(growth, last, "上年同日承保份数"),
        "target_guideline": Reading(n["target_2021"]),
        "target_stretch": Reading(n["raised_target_2021"]),
        "completion_guideline": _part(units, n["target_2021"], "指导任务"),
        "completion_stretch": _part(units, n["raised_target_2021"], "力争目标"),
        "residents": Reading(n["resident_population"]),
        "penetration": _part(units, n["resident_population"], "常住人口"),
        "premium": Reading(premium),
        "premium_last_full": Reading(n["premium_2020"] * 10_000),
        "growth_premium": Reading(premium - n["premium_2020"] * 10_000),
        "fiscal": Reading(fiscal),
        "fiscal_share": _part(fiscal, premium, "全部保费"),
        "claims_paid": Reading(n["claims_count"]),
        "paid_amount": Reading(paid),
        "elder_units": Reading(n["elderly_policies_2021"]),
        "loss_ratio_paid_written": _part(paid, premium, "承保保费"),
        "loss_ratio_paid_earned": _part(paid, n["earned_premium_2021"] * 10_000, "已赚保费"),
    }  # fmt: skip


@cache
def ledger() -> Ledger:
    """The region, its cities, Jingxi with its county's numbers; a few of them a month earlier."""
    readings = {row["code"]: _city(row) for row in rows("city_calibrated.csv")}
    funded = {"fiscal_share_funded": Reading(0.206, 22_356_600, 108_527_000, "有财政出资的各地保费")}
    readings["45"] |= funded
    readings["4505"] |= {"households": Reading(BEIHAI_HOUSEHOLDS)}
    for row in rows("county_calibrated.csv"):
        before, units = float(row["policies_2020"]), float(row["policies_2021"])
        readings[row["code"]] = {"units": Reading(units), "growth_units": Reading(units - before)}
    readings["451081"] |= {"premium": Reading(1_793_000), "growth_premium": Reading(1_364_800)}
    july = {"45": {"units": Reading(2_874_333), "completion_guideline": _part(2_874_333, 2_530_000, "指导任务")}}
    cities = sorted(code for code in names() if len(code) == 4)
    counties = sorted(code for code in names() if len(code) == 6)
    peers = {("45", "city"): cities, ("45", "county"): counties}
    return Ledger(YEAR_END, readings, names(), {JULY: july}, peers)
