"""Good news: the first day on which a region has reached a goal."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.reporting.rules.indicators import ElderGoal

MILESTONES = ("guideline_reached", "stretch_reached", "goal_growth", "goal_elder")


@dataclass(frozen=True)
class Steps:
    """A goal in units and from which day on it is in force; `beyond`: reached only by more than that."""

    steps: Sequence[tuple[date, float]]
    beyond: bool = False

    @property
    def lowest(self) -> float:
        return min(units for _, units in self.steps)

    def is_reached(self, units: int, day: date) -> bool:
        place = bisect_right(self.steps, day, key=lambda step: step[0])
        if not place:
            return False
        goal = self.steps[place - 1][1]
        return units > goal if self.beyond else units >= goal

    def is_within(self, units: int) -> bool:
        """Whether so many units reach it in any of its versions."""
        return units > self.lowest if self.beyond else units >= self.lowest


@dataclass(frozen=True)
class Version:
    """One version of a target."""

    kind: str
    line: str
    effective_on: date
    units: int


def goals_of(versions: Iterable[Version], last_year: int | None, first: date, goal: ElderGoal) -> dict[str, Steps]:
    """A region's goals by milestone, from its targets' versions in order and the units of the whole last year."""
    steps: dict[str, list[tuple[date, float]]] = {name: [] for name in MILESTONES}
    elder = ("guideline", "elder") if goal.own_target else ("guideline", "")
    for version in versions:
        kind = (version.kind, version.line)
        if not version.line and f"{version.kind}_reached" in steps and version.units > 0:
            steps[f"{version.kind}_reached"].append((version.effective_on, version.units))
        if kind == elder and version.units > 0:
            steps["goal_elder"].append((version.effective_on, goal.ratio * version.units))
    if last_year:
        steps["goal_growth"].append((first, last_year))
    return {name: Steps(found, beyond=name == "goal_growth") for name, found in steps.items() if found}


def first_reached(goal: Steps, by_day: Mapping[date, int], until: date) -> tuple[date, int] | None:
    """(day, units on it) when the goal was first reached, by what was booked on each day; None if it was not."""
    days = sorted({day for day in (*by_day, *(on for on, _ in goal.steps)) if day <= until})
    units = 0
    for day in days:
        units += by_day.get(day, 0)
        if goal.is_reached(units, day):
            return day, units
    return None
