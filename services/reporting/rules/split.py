"""Why an indicator has changed: its change split into parts that add up exactly.

With a value N / D that goes from N1 / D1 to N2 / D2, a part with numerators n1, n2 and denominators d1, d2 contributes
((n2 - n1) - r1 * (d2 - d1)) / D2, where r1 = N1 / D1. The sum over all parts is N2 / D2 - N1 / D1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.reporting.rules.amounts import MONEY
from services.reporting.rules.measures import SUMS

Key = tuple[str, ...]
"""One value a dimension: a child region, a product, a payer, new or renewed."""
Amounts = Mapping[str, int | Fraction]
"""Amounts by name of one part; money in fen."""
DIMENSIONS = ("child", "product", "payer", "renewal")
OUTSIDE = ("residents", "eligible_households", "expected_to_date", "expected_share")
"""Denominators that belong to the region as a whole, with every `target_<kind>`."""
_BY_PAYER = {"units", "premium", "self_paid", "fiscal", "donated"}
_BY_RENEWAL = {*_BY_PAYER, "policies", "persons", "elder_units"}


@dataclass(frozen=True)
class Formula:
    """scale x sum of numerators / denominator; without a denominator the value is the sum itself."""

    numerators: tuple[str, ...]
    denominator: str | None = None
    scale: Fraction = Fraction(1)
    against_last_year: bool = False

    @property
    def amounts(self) -> set[str]:
        """The amounts that have to be split."""
        own = self.denominator is not None and not is_outside(self.denominator)
        return {*self.numerators, *([self.denominator] if own and self.denominator else [])}


def is_outside(denominator: str) -> bool:
    """Whether a denominator cannot be split."""
    return denominator in OUTSIDE or denominator.startswith("target_")


_YUAN = Fraction(1, 100)
_RATIOS = {
    "penetration": Formula(("units",), "residents"),
    "household_participation": Formula(("households",), "eligible_households"),
    "elder_share": Formula(("elder_units",), "units"),
    "elder_to_target": Formula(("elder_units",), "target_guideline"),
    "premium_per_unit": Formula(("premium",), "units", _YUAN),
    "growth_units": Formula(("units",), against_last_year=True),
    "fiscal_share": Formula(("fiscal",), "premium"),
    "self_paid_share": Formula(("self_paid",), "premium"),
    "paid_per_claim": Formula(("paid_amount",), "claims_paid", _YUAN),
    "claims_per_100_units": Formula(("claims_paid",), "units", Fraction(100)),
    "loss_ratio_paid_written": Formula(("paid_amount",), "premium"),
    "loss_ratio_incurred_written": Formula(("paid_amount", "outstanding_amount"), "premium"),
    "satisfaction": Formula(("feedback_satisfied",), "feedback_answers"),
    "feedback_response": Formula(("feedback_answers",), "claims_paid"),
    "overdue_share": Formula(("claims_overdue",), "claims_open"),
    "loss_ratio_paid_earned": Formula(("paid_amount",), "earned"),
    "pace": Formula(("units",), "expected_to_date"),
    "projected_units": Formula(("units",), "expected_share"),
}


def formula_of(indicator: str) -> Formula:
    """How an indicator is made of amounts. Raises KeyError for one that is no sum or ratio of sums."""
    if indicator in MONEY:
        return Formula((indicator,), scale=_YUAN)
    if indicator in SUMS or indicator in ("elder_units", "households"):
        return Formula((indicator,))
    if indicator.startswith("completion_"):
        return Formula(("units",), f"target_{indicator.removeprefix('completion_')}")
    return _RATIOS[indicator]


def dimensions_of(formula: Formula) -> tuple[str, ...]:
    """By what the amounts of a formula can be split."""
    if "households" in formula.amounts:
        return ("child",)
    by_payer = ("payer",) if formula.amounts <= _BY_PAYER else ()
    by_renewal = ("renewal",) if formula.amounts <= _BY_RENEWAL else ()
    return ("child", "product", *by_payer, *by_renewal)


@dataclass(frozen=True)
class Side:
    """One of the two days: the amounts of every part, and the denominators from outside."""

    parts: Mapping[Key, Amounts]
    outside: Mapping[str, Fraction | None]
    is_known: bool = True


def value_on(formula: Formula, side: Side) -> Fraction | None:
    """The indicator itself, None without a denominator, or where the year that it is held against is not known."""
    if not side.is_known:
        return None
    numerator, denominator = _numerator(formula, side.parts.values()), _denominator(formula, side)
    return numerator / denominator if denominator else None


def contributions(formula: Formula, before: Side, after: Side) -> dict[Key, Fraction]:
    """What each part adds to the change; `("denominator",)` comes from outside. Empty where a value is missing."""
    was, divisor = value_on(formula, before), _denominator(formula, after)
    if was is None or value_on(formula, after) is None:
        return {}
    found = {}
    for key in sorted({*before.parts, *after.parts}):
        old, new = [before.parts.get(key, {})], [after.parts.get(key, {})]
        grown = _numerator(formula, new) - _numerator(formula, old)
        found[key] = (grown - was * (_own(formula, new) - _own(formula, old))) / divisor
    outside = _from_outside(formula, after) - _from_outside(formula, before)
    return found | ({("denominator",): -was * outside / divisor} if outside else {})


def _numerator(formula: Formula, parts: Iterable[Amounts]) -> Fraction:
    return formula.scale * sum(
        (Fraction(part.get(name, 0)) for part in parts for name in formula.numerators), Fraction(0)
    )


def _own(formula: Formula, parts: Iterable[Amounts]) -> Fraction:
    name = formula.denominator
    if name is None or is_outside(name):
        return Fraction(0)
    return sum((Fraction(part.get(name, 0)) for part in parts), Fraction(0))


def _from_outside(formula: Formula, side: Side) -> Fraction:
    name = formula.denominator
    return (side.outside.get(name) or Fraction(0)) if name is not None and is_outside(name) else Fraction(0)


def _denominator(formula: Formula, side: Side) -> Fraction:
    if formula.denominator is None:
        return Fraction(1)
    return _own(formula, side.parts.values()) + _from_outside(formula, side)
