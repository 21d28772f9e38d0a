"""Why a rule fires: its fraction, the line, what is missing, and the child regions that contribute most."""

import math
from collections.abc import Iterable

from services.reporting.rules.accounts import Account
from services.reporting.rules.conditions import Comparison
from services.reporting.rules.lag import Case
from shared.contracts.judgements import Contribution, Evidence

MOST_CHILDREN = 3
_MENDED_BY_UNITS = (
    "pace",
    "penetration",
    "units",
    "growth_units",
    "growth_units_full",
    "elder_units",
    "elder_to_target",
)
_FUZZ = 1e-6


def evidence_of(case: Case, days_left: int, children: tuple[Contribution, ...]) -> Evidence:
    """The comparison that fired, as it stands now; `days_left` in the programme year."""
    comparison, account = case.comparison, case.account
    fraction, value = account.fraction(comparison.name), account.value(comparison.name)
    line = comparison.line.value(account.value)
    units = _gap_units(case)
    return Evidence(
        numerator=(fraction[0] if fraction else value) or 0,
        denominator=fraction[1] if fraction else _held_against(comparison, account),
        value=value,
        threshold=line or 0,
        gap_units=units,
        needed_per_day=None if units is None or days_left <= 0 else units / days_left,
        children=children,
    )


def _held_against(comparison: Comparison, account: Account) -> float | None:
    """The denominator of what is no ratio: what its reading names, or the other indicator that it is held against."""
    named = account.reading(comparison.name).denominator
    return comparison.line.value(account.value) if named is None and comparison.line.name else named


def _gap_units(case: Case) -> int | None:
    """Units up to the clearing line; None where units do not mend it."""
    name = case.comparison.name
    if name not in _MENDED_BY_UNITS and not name.startswith("completion_") and name != "days_since_sale":
        return None
    gap = gap_of(case, case.account)
    return None if gap is None else max(math.ceil(gap - _FUZZ), 0)


def gap_of(case: Case, account: Account) -> float | None:
    """How far an account is from the clearing line of a case, in what its indicator counts; None if not known."""
    name = case.comparison.name
    if name == "days_since_sale":
        return _missing_units(account)
    if name == "one_step_share":
        return account.reading(name).numerator
    clearing = case.rule.clearing_line_of(name)
    fraction, line = account.fraction(name), clearing.line.value(account.value)
    reached, due = (fraction[0], fraction[1]) if fraction else (account.value(name), 1.0)
    if reached is None or line is None:
        return None
    return line * due - reached if case.comparison.is_below else reached - line * due


def _missing_units(account: Account) -> float | None:
    target, units = account.value("target"), account.value("units")
    return None if target is None or units is None else target - units


def contributions(case: Case, children: Iterable[tuple[str, str, Account]]) -> tuple[Contribution, ...]:
    """The child regions (code, name, account) with the largest gaps."""
    gaps = [(gap, code, name) for code, name, account in children if (gap := gap_of(case, account)) and gap > 0]
    largest = sorted(gaps, key=lambda found: (-found[0], found[1]))
    return tuple(Contribution(region=code, name=name, gap=gap) for gap, code, name in largest[:MOST_CHILDREN])
