"""What a bulletin is made of: plain figures of a region, its children and the regions below them, on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from services.reporting.rules.indicators import Figures, Readings, readings_of

Kind = Literal["weekly", "quarterly", "annual"]
NO_FEED = "尚无数据上报"


@dataclass(frozen=True)
class Yardstick:
    """A target in force: units, since when, by which document, and its version."""

    units: int
    effective_on: date
    document: str
    version: int


@dataclass(frozen=True)
class Firing:
    """A lag rule that fires on a region, and how far it is from its threshold."""

    rule: str
    severe: bool = False


@dataclass(frozen=True)
class Subject:
    """A region as a bulletin sees it: its figures on the day, and on the day that movement is counted from."""

    code: str
    name: str
    level: str
    now: Figures
    before: Figures | None = None
    targets: Mapping[str, Yardstick] = field(default_factory=dict)
    vintage: str | None = None
    facts: int = 0
    fresh_to: datetime | None = None
    lags: tuple[Firing, ...] = ()

    @cached_property
    def readings(self) -> Readings:
        """All indicators on the day."""
        return readings_of(self.now)

    @cached_property
    def readings_before(self) -> Readings:
        """All indicators on the earlier day; none without one."""
        return readings_of(self.before) if self.before else {}

    def lags_by(self, rule: str) -> bool:
        """Whether a lag rule fires on it."""
        return any(firing.rule == rule for firing in self.lags)


@dataclass(frozen=True)
class Course:
    """How units grew: cumulative on some days, this year, last year and as expected of the guideline."""

    days: Sequence[date]
    units: Sequence[int | None]
    last_year: Sequence[int] | None
    expected: Sequence[float] | None


@dataclass(frozen=True)
class Material:
    """Everything that a bulletin of one region and day can say; `below` are the children of the children."""

    kind: Kind
    year: int
    as_of: date
    since: date | None
    region: Subject
    children: Sequence[Subject]
    below: Sequence[Subject] = ()
    course: Course | None = None

    @cached_property
    def subjects(self) -> Mapping[str, Subject]:
        """Every region of it by code."""
        return {subject.code: subject for subject in (*self.below, *self.children, self.region)}

    @cached_property
    def fed(self) -> Sequence[Subject]:
        """The children that somebody reports from."""
        return [child for child in self.children if child.now.has_feed]

    @property
    def start_month(self) -> int:
        return self.region.now.start_month
