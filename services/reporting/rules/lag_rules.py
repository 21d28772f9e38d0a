"""The lag rules as data: levels, conditions, and the defaults of the programme (domain.md, section 6)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from services.reporting.rules.conditions import Comparison, Condition, condition
from services.reporting.rules.contradictions import can_hold, can_hold_together

LEVELS = ("city", "county", "township")
DATA_STALE = "data_stale"
"""Not a rule that people edit: a setting says after how many days of silence it fires."""


@dataclass(frozen=True)
class Rule:
    """`fires` on each of the last `days`; without `clears` an episode ends when a person has acknowledged it.

    `severe` is read on the day itself. Version 0 is the default, which was never stored.
    """

    name: str
    levels: tuple[str, ...]
    fires: Condition
    clears: Condition | None
    severe: Condition | None = None
    days: int = 1
    enabled: bool = True
    version: int = 0

    def conditions(self) -> list[Condition]:
        return [spoken for spoken in (self.fires, self.severe, self.clears) if spoken is not None]

    def names(self) -> set[str]:
        """Every measure and indicator that it speaks of."""
        return {name for spoken in self.conditions() for name in spoken.names()}

    def lines(self) -> set[str]:
        """Those that others are held against."""
        compared = [comparison for spoken in self.conditions() for comparison in spoken.comparisons()]
        return {comparison.line.name for comparison in compared if comparison.line.name is not None}

    def comparison_of(self, indicator: str) -> Comparison:
        """How it looks at an indicator, or at its first one where it no longer speaks of that."""
        comparisons = list(self.fires.comparisons())
        return next((found for found in comparisons if found.name == indicator), comparisons[0])

    def clearing_line_of(self, indicator: str) -> Comparison:
        """What an indicator has to come to, for the rule to clear or, if it never does, not to fire."""
        clearing = self.clears.comparisons() if self.clears else iter(())
        return next((found for found in clearing if found.name == indicator), self.comparison_of(indicator))


@dataclass(frozen=True)
class RuleText:
    """A rule as people read and write it."""

    name: str
    levels: tuple[str, ...]
    fires: str
    clears: str | None = None
    severe: str | None = None
    days: int = 1
    enabled: bool = True
    version: int = 0


def rule_of(text: RuleText) -> Rule:
    """The meaning of a rule. Raises BadCondition."""
    return Rule(
        name=text.name,
        levels=text.levels,
        fires=condition(text.fires),
        clears=condition(text.clears) if text.clears else None,
        severe=condition(text.severe) if text.severe else None,
        days=text.days,
        enabled=text.enabled,
        version=text.version,
    )


_CITIES_AND_COUNTIES = ("city", "county")
DEFAULTS = (
    RuleText("behind_pace", LEVELS, "pace < 0.90", "pace >= 0.95", severe="pace < 0.70", days=7),
    RuleText("negative_growth", _CITIES_AND_COUNTIES, "growth_units < 0", "growth_units >= 0", days=7),
    RuleText(
        "low_penetration",
        _CITIES_AND_COUNTIES,
        "penetration < 0.6 * parent.penetration",
        "penetration >= 0.65 * parent.penetration",
    ),
    RuleText(
        "fiscal_dependence",
        _CITIES_AND_COUNTIES,
        "fiscal_share > 0.50",
        "fiscal_share < 0.45",
        severe="fiscal_share > 0.80",
    ),
    RuleText("one_step", LEVELS, "one_step_share >= 0.30"),
    RuleText("elder_goal", LEVELS, "elder_units < elder_expected", "elder_units >= elder_expected"),
    RuleText("stalled", LEVELS, "days_since_sale >= 14 and units < target", "days_since_sale < 14 or units >= target"),
    RuleText(
        "slow_claims",
        _CITIES_AND_COUNTIES,
        "overdue_share > 0.10 or days_to_pay_p90 > 30",
        "overdue_share < 0.05 and days_to_pay_p90 <= 25",
    ),
    RuleText(
        "low_satisfaction",
        _CITIES_AND_COUNTIES,
        "satisfaction < 0.96 and feedback_answers >= 30",
        "satisfaction >= 0.96",
    ),
    RuleText("no_agent", ("township",), "villages_without_agent > 0", "villages_without_agent <= 0"),
)


def reasons_to_refuse(rule: Rule, known: Collection[str]) -> list[str]:
    """Why a rule cannot be taken, in sentences; `known` are the names of all measures and indicators."""
    return [*_strange_names(rule, known), *_contradictions(rule)]


def _strange_names(rule: Rule, known: Collection[str]) -> Iterator[str]:
    for name in sorted(rule.names()):
        if name.removeprefix("parent.") not in known:
            alike = get_close_matches(name.removeprefix("parent."), known, 1)
            hint = f": did you mean `{alike[0]}`?" if alike else "; /reporting/v1/indicators lists them all"
            yield f"{rule.name}: `{name}` is no measure or indicator{hint}"


def _contradictions(rule: Rule) -> Iterator[str]:
    if not can_hold(rule.fires):
        yield f"{rule.name}: `{rule.fires.text}` can never hold"
    for line in sorted(rule.lines()):
        if _may_be_negative(line):
            yield f"{rule.name}: `{line}` may be below 0 and cannot be a line: compare with a number"
    for what, spoken in (("fires", rule.fires), ("severe", rule.severe)):
        if spoken is not None and rule.clears is not None and can_hold_together(spoken, rule.clears):
            yield (
                f"{rule.name}: `{what}` ({spoken.text}) and `clears` ({rule.clears.text}) can both hold, so it would "
                "fire and clear for ever: move the two lines apart"
            )


def _may_be_negative(name: str) -> bool:
    return name.removeprefix("parent.").startswith(("growth_", "days_behind"))
