"""The steps of a claim: which waits for which, in what order they count, and what they come to."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from shared.contracts.facts import StepKind

WAITS_FOR: dict[StepKind, frozenset[StepKind]] = {
    "settled": frozenset({"reported"}),
    "rejected": frozenset({"reported"}),
    "answered": frozenset({"reported"}),
    "paid": frozenset({"settled"}),
    "reopened": frozenset({"settled", "rejected", "paid"}),
    "recovered": frozenset({"paid"}),
}
"""A step waits until the claim has one of these."""

JUDGED: dict[StepKind, int] = {
    "reported": 0,
    "settled": 1,
    "rejected": 1,
    "paid": 2,
    "reopened": 3,
    "recovered": 3,
    "answered": 3,
}
"""The order in which steps that come together are judged: what another one waits for comes first."""

_PLACE: dict[StepKind, int] = {
    "reported": 0,
    "settled": 1,
    "paid": 2,
    "rejected": 3,
    "reopened": 4,
    "recovered": 5,
    "answered": 6,
}
_ASIDE = ("recovered", "answered")


class Step(NamedTuple):
    """One step; `amount_fen` is the reserve of a report or reopening, else what was settled, paid or recovered."""

    kind: StepKind
    on: date
    amount_fen: int = 0
    payment_no: str = ""
    satisfied: bool | None = None


def in_order(steps: Iterable[Step]) -> list[Step]:
    """The steps as they count: by day, within a day by what can follow what; never by when they came.

    A day without a reopening: reported, settled, paid, rejected, recovered, answered. On a day with one, a claim that
    was closed is reopened first and then decided; one that was open is decided first and then reopened.
    """
    ordered = sorted(steps, key=_place)
    if all(step.kind != "reopened" for step in ordered):
        return ordered
    walked: list[Step] = []
    for _, steps_of_day in groupby(ordered, key=lambda step: step.on):
        day = list(steps_of_day)
        walked += _alternating(day, _is_closed(walked)) if _of("reopened", day) else day
    return walked


def _place(step: Step) -> tuple[date, int, int, str]:
    return step.on, _PLACE[step.kind], step.amount_fen, step.payment_no


def _alternating(day: list[Step], closed: bool) -> list[Step]:
    """Decisions take turns with the reopenings between them; payments belong to the last decision."""
    reopenings, turns = _of("reopened", day), list[Step]()
    for decision in [*_of("rejected", day), *_of("settled", day)]:
        if closed and reopenings:
            turns.append(reopenings.pop(0))
        turns.append(decision)
        closed = True
    return [*_of("reported", day), *turns, *_of("paid", day), *reopenings, *(s for s in day if s.kind in _ASIDE)]


def _of(kind: StepKind, steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if step.kind == kind]


def _is_closed(ordered: Sequence[Step]) -> bool:
    return bool(ordered) and deciding(ordered).kind not in ("reported", "reopened")


def deciding(ordered: Sequence[Step]) -> Step:
    """The last step that says where the claim stands: a recovery or an answer does not."""
    return next((step for step in reversed(ordered) if step.kind not in _ASIDE), ordered[0])


def open_since(ordered: Sequence[Step]) -> date | None:
    """The day from which the claim waits for a decision, None once it has one."""
    last = deciding(ordered)
    return last.on if last.kind in ("reported", "reopened") else None


def outstanding_fen(ordered: Sequence[Step]) -> int:
    """The reserve while open, from settlement on what of it is unpaid, 0 once rejected."""
    reserve, settled, paid = 0, None, 0
    for step in ordered:
        match step.kind:
            case "reported" | "reopened":
                reserve, settled, paid = step.amount_fen, None, 0
            case "settled":
                settled = step.amount_fen
            case "rejected":
                reserve, settled = 0, None
            case "paid":
                paid += step.amount_fen
    return reserve if settled is None else max(settled - paid, 0)
