"""What a rule can know of one region on one day: its measures and indicators, and its parent's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.reporting.rules.amounts import COUNTS, MONEY, value_of
from services.reporting.rules.indicators import Figures, Reading, Readings, readings_of
from services.reporting.rules.measures import Measures

PARENT = "parent."
VILLAGES = "villages_without_agent"
UNKNOWN = Reading(None)
_DIFFERENCES = ("growth_units", "growth_units_full", VILLAGES, "elder_expected")
"""Their fraction explains them and is not their value."""


@dataclass(frozen=True)
class Coverage:
    """How many villages a township has, and how many of them are without an active agent."""

    villages: int
    without_agent: int


@dataclass(frozen=True)
class Account:
    """Readings by name; `parent.X` is the parent's."""

    own: Readings
    above: Readings = field(default_factory=dict)

    def reading(self, name: str) -> Reading:
        if name.startswith(PARENT):
            return self.above.get(name.removeprefix(PARENT), UNKNOWN)
        return self.own.get(name, UNKNOWN)

    def value(self, name: str) -> float | None:
        value = self.reading(name).value
        return None if value is None else float(value)

    def fraction(self, name: str) -> tuple[float, float] | None:
        """Numerator and denominator of what is a ratio."""
        reading = self.reading(name)
        if name in _DIFFERENCES or reading.numerator is None or not reading.denominator:
            return None
        return reading.numerator, reading.denominator


def readings_for_rules(figures: Figures, coverage: Coverage | None = None) -> Readings:
    """Every measure (money in yuan), every indicator, the guideline `target`, and villages without an agent."""
    measures = {name: Reading(value_of(name, figures)) for name in (*COUNTS, *MONEY)}
    target = {"target": Reading(figures.targets.get("guideline"))}
    return {**measures, **readings_of(figures), **target, **readings_of_coverage(coverage)}


def readings_of_coverage(coverage: Coverage | None) -> Readings:
    """Villages without an agent; nothing is known where nobody ever told of an agent."""
    if coverage is None:
        return {VILLAGES: UNKNOWN}
    without = coverage.without_agent
    return {VILLAGES: Reading(without, without, coverage.villages, "villages without an agent")}


_BLANK = Figures(2000, date(2000, 1, 1), 9, Measures(), 0, None, None, {}, 0.0)
NAMES = tuple(readings_for_rules(_BLANK))
"""Everything that a condition may speak of."""


def accounts_of(own: Mapping[str, Readings], above: Mapping[str, str | None]) -> dict[str, Account]:
    """The account of each region; `above` names its parent."""
    return {code: Account(readings, own.get(above.get(code) or "", {})) for code, readings in own.items()}
