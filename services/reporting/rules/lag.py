"""Who falls behind: each rule's condition, when it fires, when it clears, and the evidence (domain.md, section 6)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.reporting.rules.indicators import Figures, indicators_of
from services.reporting.rules.pace import last_day_of

Severity = Literal["warning", "severe"]
Reading = float | None


@dataclass(frozen=True)
class Rule:
    """`fires` below or above its threshold on each of the last `days`; `clears` apart from it, so nothing flaps."""

    name: str
    levels: tuple[str, ...]
    indicator: str
    below: bool
    fires: float
    clears: float
    severe: float | None = None
    days: int = 1

    def holds(self, reading: Reading) -> bool:
        return reading is not None and _beyond(reading, self.fires, self.below)

    def is_over(self, reading: Reading) -> bool:
        if reading is None:
            return False
        return reading >= self.clears if self.below else reading < self.clears

    def severity(self, reading: Reading) -> Severity:
        severe = self.severe is not None and reading is not None and _beyond(reading, self.severe, self.below)
        return "severe" if severe else "warning"


def _beyond(reading: float, threshold: float, below: bool) -> bool:
    return reading < threshold if below else reading > threshold


RULES: tuple[Rule, ...] = (
    Rule("behind_pace", ("city", "county", "township"), "pace", True, fires=0.90, clears=0.95, severe=0.70, days=7),
    Rule("negative_growth", ("city", "county"), "growth_units", True, fires=0, clears=0, days=7),
    Rule("fiscal_dependence", ("city", "county"), "fiscal_share", False, fires=0.50, clears=0.45, severe=0.80),
)
LONGEST = max(rule.days for rule in RULES)
LEVELS = tuple(dict.fromkeys(level for rule in RULES for level in rule.levels))


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a region on a day."""

    rule: Rule
    fires: bool
    clears: bool
    severity: Severity
    figures: Figures


def verdicts_on(level: str, history: Sequence[Figures]) -> list[Verdict]:
    """Every rule of the level, over the figures of the last days (the newest last)."""
    return [_verdict(rule, history) for rule in RULES if level in rule.levels]


def _verdict(rule: Rule, history: Sequence[Figures]) -> Verdict:
    readings = [reading_of(rule, figures) for figures in history[-rule.days :]]
    held = len(readings) == rule.days and all(rule.holds(reading) for reading in readings)
    return Verdict(rule, held, rule.is_over(readings[-1]), rule.severity(readings[-1]), history[-1])


def reading_of(rule: Rule, figures: Figures) -> Reading:
    """The rule's indicator in these figures."""
    value = indicators_of(figures)[rule.indicator]
    return None if value is None else float(value)


@dataclass(frozen=True)
class Gap:
    """A rule's fraction for one region, and how far from the threshold it is in the rule's own amount."""

    numerator: float
    denominator: float | None
    amount: float


def gap_of(rule: Rule, figures: Figures) -> Gap:
    """Numerator, denominator and the amount that is missing (units, or yuan of fiscal premium too many)."""
    return _GAPS[rule.name](rule, figures)


def _pace_gap(rule: Rule, f: Figures) -> Gap:
    expected = f.targets.get("guideline", 0) * f.expected_share
    return Gap(f.now.units, expected, expected * rule.clears - f.now.units)


def _growth_gap(_: Rule, f: Figures) -> Gap:
    past = f.last.units if f.last else 0
    return Gap(f.now.units - past, past, past - f.now.units)


def _fiscal_gap(rule: Rule, f: Figures) -> Gap:
    fiscal, premium = f.now.fiscal_fen / 100, f.now.premium_fen / 100
    return Gap(fiscal, premium, fiscal - rule.clears * premium)


_GAPS: Mapping[str, Callable[[Rule, Figures], Gap]] = {
    "behind_pace": _pace_gap,
    "negative_growth": _growth_gap,
    "fiscal_dependence": _fiscal_gap,
}


def gap_units(rule: Rule, gap: Gap) -> int | None:
    """The gap in whole units; None for a rule that units cannot mend."""
    return None if rule.indicator == "fiscal_share" else max(math.ceil(gap.amount), 0)


def needed_per_day(rule: Rule, gap: Gap, figures: Figures) -> float | None:
    """Units a day that close the gap by the end of the year; None when no day is left."""
    units, days = gap_units(rule, gap), (last_day_of(figures.year, figures.start_month) - figures.as_of).days
    return None if units is None or days <= 0 else units / days
