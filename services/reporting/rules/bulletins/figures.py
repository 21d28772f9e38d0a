"""The figures that a bulletin states, each with its fraction, its rounding and what it was held against."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.reporting.rules.bulletins.forms import FORMS, shown
from services.reporting.rules.bulletins.material import Material, Subject
from services.reporting.rules.bulletins.measures import MEASURES, target_behind
from services.reporting.rules.ranking import Value as RankValue
from services.reporting.rules.ranking import ranks_of
from shared.contracts.values import Value, yuan_from_fen

DEFINITIONS = 1
"""Version of the definitions of measures and indicators; raised when one of them changes its meaning."""


class Figure(Value):
    """One figure as it was published: `value` is exact (yuan as a string for money), `shown` is what the text says."""

    id: str
    region: str
    name: str
    measure: str
    title: str
    form: str
    as_of: date
    value: int | float | str | None
    numerator: float | None = None
    denominator: float | None = None
    basis: str = ""
    shown: str
    rounding: str
    definition: int = DEFINITIONS
    high_water: int = 0
    fresh_to: str | None = None
    target_version: int | None = None
    target_document: str | None = None
    population_vintage: str | None = None

    @property
    def number(self) -> RankValue:
        """The value to rank by."""
        return float(Decimal(self.value)) if isinstance(self.value, str) else self.value


Frozen = Mapping[str, Figure]


class Ledger:
    """Hands out figures in words, and keeps each one that was asked for."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.figures: dict[str, Figure] = {}

    def says(self, subject: Subject, measure: str, form: str | None = None) -> str:
        """The figure in words, kept as it was said first."""
        return self._kept(subject, measure, form).shown

    def number(self, subject: Subject, measure: str) -> float | int | None:
        """The figure unrounded, for a table, kept: money in yuan; only what is rounded up is whole."""
        figure = self._kept(subject, measure, None)
        number = figure.number
        return math.ceil(number) if figure.form == "per_day" and number is not None else number

    def _kept(self, subject: Subject, measure: str, form: str | None) -> Figure:
        figure = figure_of(self.material, subject, measure, form)
        self.figures.setdefault(figure.id, figure)
        return figure

    def value(self, subject: Subject, measure: str) -> RankValue:
        """The exact value to decide by, not kept."""
        value = MEASURES[measure].read(subject, self.material).value
        return value if value is None else float(value) if isinstance(value, float) else int(value)


def figure_of(material: Material, subject: Subject, measure: str, form: str | None = None) -> Figure:
    """One figure of one region, in the form of its measure unless told."""
    known = MEASURES[measure]
    worded = form or known.form
    reading = known.read(subject, material)
    target, uses_people = target_behind(subject, measure), measure == "penetration"
    return Figure(
        id=f"{subject.code}.{measure}",
        region=subject.code,
        name=subject.name,
        measure=measure,
        title=known.title,
        form=worded,
        as_of=material.as_of,
        value=_exact(worded, reading.value),
        numerator=reading.numerator,
        denominator=reading.denominator,
        basis=reading.basis,
        shown=shown(worded, reading.value),
        rounding=FORMS[worded].rounding,
        high_water=subject.facts,
        fresh_to=subject.fresh_to.isoformat() if subject.fresh_to else None,
        target_version=target.version if target else None,
        target_document=target.document if target else None,
        population_vintage=subject.vintage if uses_people else None,
    )


def _exact(form: str, value: Any) -> int | float | str | None:
    if value is None:
        return None
    return yuan_from_fen(int(value)) if FORMS[form].is_money else value


class Change(Value):
    """A frozen figure that the books would state differently by now."""

    old: Figure
    new: Figure

    @property
    def figure(self) -> str:
        """What it is called: 钦州市承保份数."""
        return f"{self.old.name}{self.old.title}"

    @property
    def sentence(self) -> str:
        """The change in words."""
        return f"{self.figure}：{self.old.shown} → {self.new.shown}"


def changes_since(frozen: Frozen, material: Material) -> list[Change]:
    """Every frozen figure that would be SHOWN differently now, as of the same day."""
    subjects = material.subjects
    changes = [
        Change(old=old, new=figure_of(material, subjects[old.region], old.measure, old.form))
        for old in frozen.values()
        if old.region in subjects
    ]
    return [change for change in changes if change.old.shown != change.new.shown]


def ranks_changed(frozen: Frozen, changes: Sequence[Change], measure: str) -> list[str]:
    """Whose place among its siblings by a measure is another one now, in words."""
    old = {f.region: f for f in frozen.values() if f.measure == measure}
    new = {change.new.region: change.new for change in changes if change.new.measure == measure}
    found = []
    for level in sorted({len(code) for code in old}):
        peers = {code: f for code, f in old.items() if len(code) == level}
        before = ranks_of({code: f.number for code, f in peers.items()})
        after = ranks_of({code: new.get(code, f).number for code, f in peers.items()})
        found += [
            f"{peers[code].name}由第{before[code]}位变为第{after[code]}位"
            for code in peers
            if code in before and code in after and before[code] != after[code]
        ]
    return found
