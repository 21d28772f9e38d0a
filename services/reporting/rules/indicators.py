"""Indicators from sums, never averaged; None where a denominator is missing (domain.md, section 4)."""

from dataclasses import dataclass
from datetime import date

from services.reporting.rules.measures import Measures
from services.reporting.rules.pace import last_day_of, needed_per_day

Indicators = dict[str, float | int | bool | None]


@dataclass(frozen=True)
class Figures:
    """Everything that the indicators of one region and day are made of; units are those that count."""

    year: int
    as_of: date
    start_month: int
    now: Measures
    outstanding_fen: int
    elder_units: int
    last: Measures | None
    last_full: Measures | None
    targets: dict[str, int]
    residents: int | None
    expected_share: float


def ratio(numerator: float, denominator: float | None) -> float | None:
    """None without a denominator."""
    return numerator / denominator if denominator else None


def indicators_of(figures: Figures) -> Indicators:
    """All indicators by name."""
    return {**_sales(figures), **_growth(figures), **_payers(figures), **_claims(figures), **_pace(figures)}


def _sales(f: Figures) -> Indicators:
    completions = {f"completion_{kind}": ratio(f.now.units, f.targets.get(kind)) for kind in _kinds(f)}
    return {
        **completions,
        "penetration": ratio(f.now.units, f.residents),
        "elder_units": f.elder_units,
        "elder_share": ratio(f.elder_units, f.now.units),
        "elder_to_target": ratio(f.elder_units, f.targets.get("guideline")),
        "premium_per_unit": ratio(f.now.premium_fen / 100, f.now.units),
    }


def _kinds(f: Figures) -> list[str]:
    return sorted({"guideline", "stretch", *f.targets})


def _growth(f: Figures) -> Indicators:
    found: Indicators = {}
    for suffix, past in (("", f.last), ("_full", f.last_full)):
        growth = None if past is None else f.now.units - past.units
        found[f"growth_units{suffix}"] = growth
        found[f"growth_rate{suffix}"] = None if past is None or growth is None else ratio(growth, past.units)
    return found


def _payers(f: Figures) -> Indicators:
    premium = f.now.premium_fen
    return {
        "fiscal_share": ratio(f.now.fiscal_fen, premium),
        "self_paid_share": ratio(f.now.self_paid_fen, premium),
        "all_self_paid": f.now.fiscal_fen == 0 and premium > 0,
    }


def _claims(f: Figures) -> Indicators:
    now, premium = f.now, f.now.premium_fen
    return {
        "paid_per_claim": ratio(now.paid_fen / 100, now.claims_paid),
        "claims_per_100_units": ratio(100 * now.claims_paid, now.units),
        "loss_ratio_paid_written": ratio(now.paid_fen, premium),
        "loss_ratio_incurred_written": ratio(now.paid_fen + f.outstanding_fen, premium),
        "satisfaction": ratio(now.feedback_satisfied, now.feedback_answers),
        "feedback_response": ratio(now.feedback_answers, now.claims_paid),
    }


def _pace(f: Figures) -> Indicators:
    target = f.targets.get("guideline")
    if target is None:
        return {"expected_to_date": None, "pace": None, "needed_per_day": None}
    expected = target * f.expected_share
    last_day = last_day_of(f.year, f.start_month)
    return {
        "expected_to_date": expected,
        "pace": ratio(f.now.units, expected),
        "needed_per_day": needed_per_day(f.now.units, target, f.as_of, last_day),
    }
