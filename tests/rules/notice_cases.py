"""One realistic case for every rule: what reporting says of a region, in its own conventions of evidence."""

from datetime import date
from typing import Any

from shared.contracts.judgements import Contribution, Evidence, RegionLagging, RegionRecovered
from shared.contracts.values import level_of

Place = tuple[str, str]
NAMES = {"45": "广西壮族自治区", "4501": "南宁市", "4507": "钦州市", "450722": "浦北县", "4513": "来宾市"}


def children(*given: tuple[str, str, float]) -> tuple[Contribution, ...]:
    return tuple(Contribution(region=region, name=name, gap=gap) for region, name, gap in given)


PACE = Evidence(
    numerator=393057,
    denominator=454123.70000000001,
    value=0.8655284797952386,
    threshold=0.9,
    gap_units=38361,
    needed_per_day=1278.7000000000001,
    children=children(
        ("450126", "宾阳县", 8123.400000000001),
        ("450181", "横州市", 11034.5),
        ("450103", "青秀区", -512.0),
        ("450124", "马山县", 902.0),
        ("450125", "上林县", 3011.0),
    ),
)
GROWTH = Evidence(numerator=-31525, denominator=424582, value=-31525.0, threshold=0, gap_units=31525)
FISCAL = Evidence(
    numerator=8123456.78,
    denominator=10042000.5,
    value=0.8089480555,
    threshold=0.5,
    children=children(("451302", "兴宾区", 1234567.891)),
)
PENETRATION = Evidence(
    numerator=317319,
    denominator=8741584,
    value=317319 / 8741584,
    threshold=0.6 * 3061912 / 50126804,
    gap_units=29578,
    needed_per_day=985.9,
    children=children(("450126", "宾阳县", 9120.4), ("450181", "横州市", 7001.2)),
)
ONE_STEP = Evidence(numerator=124000, denominator=199000, value=124000 / 199000, threshold=0.3)
ELDER = Evidence(
    numerator=9815,
    denominator=21040.3,
    value=9815,
    threshold=21040.3,
    gap_units=11226,
    needed_per_day=400.9285,
    children=children(("450181", "横州市", 2210.75)),
)
STALLED = Evidence(
    numerator=16,
    value=16,
    threshold=14,
    gap_units=1240,
    needed_per_day=44.3,
    children=children(("450722001003", "旧城村", 310.0)),
)
OVERDUE = Evidence(numerator=159, denominator=1200, value=0.1325, threshold=0.1)
TARDY = Evidence(numerator=42, value=42, threshold=30)
SATISFACTION = Evidence(numerator=301, denominator=320, value=301 / 320, threshold=0.96)
AGENTS = Evidence(
    numerator=5,
    denominator=18,
    value=5,
    threshold=0,
    children=children(("450722001003", "旧城村", 1), ("450722001007", "平石村", 1), ("450722001011", "大岭村", 1)),
)
STALE = Evidence(numerator=5, value=5, threshold=3)

NANNING, QINZHOU, PROVINCE = ("4501", "南宁市"), ("4507", "钦州市"), ("45", "广西壮族自治区")
LAIBIN, TOWNSHIP = ("4513", "来宾市"), ("450722001", "小江街道")
CASES: dict[str, tuple[str, Evidence, Place]] = {
    "behind_pace": ("behind_pace", PACE, NANNING),
    "negative_growth": ("negative_growth", GROWTH, NANNING),
    "low_penetration": ("low_penetration", PENETRATION, NANNING),
    "fiscal_dependence": ("fiscal_dependence", FISCAL, LAIBIN),
    "one_step": ("one_step", ONE_STEP, LAIBIN),
    "elder_goal": ("elder_goal", ELDER, NANNING),
    "stalled": ("stalled", STALLED, TOWNSHIP),
    "slow_claims, share": ("slow_claims", OVERDUE, QINZHOU),
    "slow_claims, days": ("slow_claims", TARDY, QINZHOU),
    "low_satisfaction": ("low_satisfaction", SATISFACTION, QINZHOU),
    "no_agent": ("no_agent", AGENTS, TOWNSHIP),
    "data_stale": ("data_stale", STALE, PROVINCE),
    "a rule of next year": ("renewal_rate", Evidence(numerator=301, denominator=820, threshold=0.45), NANNING),
}


def news(rule: str, evidence: Evidence, place: Place = NANNING, **more: Any) -> RegionLagging:
    """The rule fires."""
    return RegionLagging(**{**_status(rule, evidence, place), **more})


def good_news(rule: str, evidence: Evidence, place: Place = NANNING, **more: Any) -> RegionRecovered:
    """The rule has cleared, two days after it fired."""
    return RegionRecovered(**{**_status(rule, evidence, place), "since": date(2021, 8, 1), **more})


def _status(rule: str, evidence: Evidence, place: Place) -> dict[str, Any]:
    region, name = place
    return {
        "region": region,
        "name": name,
        "level": level_of(region),
        "rule": rule,
        "programme_year": 2021,
        "episode": 1,
        "as_of": date(2021, 8, 3),
        "severity": "warning",
        "evidence": evidence,
    }
