"""What a claim books, step by step: counts and money, what is outstanding, and whether its clock has run out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from services.reporting.rules.measures import OF_CLAIMS
from services.reporting.rules.sums import Sums, add_to
from shared.contracts.facts import ClaimChange, ClaimState
from shared.contracts.values import programme_year_of

Entry = tuple[date, str, int]
"""(day, measure, amount)"""
_DECIDES = ("settled", "rejected", "paid")
_OPENS = ("reported", "reopened")
_PLACE = {measure: place for place, measure in enumerate(OF_CLAIMS)}


def claim_cells(change: ClaimChange, start_month: int) -> Sums:
    """What a change of a claim books in cells, on the very regions it names."""
    cells: dict[tuple[str, int, date, str, bool], list[int]] = {}
    for (region, product, day, measure), amount in _changed(change).items():
        if amount:
            key = (region, programme_year_of(day, start_month), day, product, False)
            cells.setdefault(key, [0] * len(OF_CLAIMS))[_PLACE[measure]] = amount
    return {**cells}


def _changed(change: ClaimChange) -> dict[tuple[str, str, date, str], int]:
    """Amounts by (region, product, day, measure); what was booked before and stays comes to 0."""
    changed: defaultdict[tuple[str, str, date, str], int] = defaultdict(int)
    for sign, state in _states(change):
        for day, measure, amount in claim_entries(state):
            changed[state.region, state.product, day, measure] += sign * amount
    return changed


def _states(change: ClaimChange) -> list[tuple[int, ClaimState]]:
    gone = [] if change.before is None else [(-1, change.before)]
    return [*gone, (1, change.after)]


def payment_waits(changes: Iterable[ClaimChange], start_month: int) -> Sums:
    """Claims paid by (region, programme year, day, product, days waited)."""
    waits: Sums = {}
    for change in changes:
        for sign, state in _states(change):
            for day, days in waits_for_payment(state):
                year = programme_year_of(day, start_month)
                add_to(waits, (state.region, year, day, state.product, days), (sign,))
    return waits


def claim_entries(state: ClaimState) -> Iterator[Entry]:
    """Everything a claim books in cells, over its steps sorted by (date, step)."""
    purse = _Purse()
    for step in state.steps:
        before = purse.outstanding
        for measure, amount in purse.take(step.step, step.amount):
            yield step.on, measure, amount
        if step.step == "answered":
            yield step.on, "feedback_satisfied", int(bool(step.satisfied))
        if purse.outstanding != before:
            yield step.on, "outstanding_fen", purse.outstanding - before
    yield from _clock_entries(state)


class _Purse:
    """What is still to be paid on one claim, step by step."""

    def __init__(self) -> None:
        self.outstanding = 0
        self._settled: int | None = None
        self._paid = 0
        self._counted = False

    def take(self, step: str, amount: int) -> list[tuple[str, int]]:
        match step:
            case "reported" | "reopened":
                self._open(amount)
                return [("claims_reported", 1)] if step == "reported" else []
            case "settled":
                self._settled = amount
                self.outstanding = max(amount - self._paid, 0)
                return [("claims_settled", 1), ("settled_fen", amount)]
            case "paid":
                return self._pay(amount)
            case "rejected":
                self.outstanding, self._settled = 0, None
                return [("claims_rejected", 1)]
            case "recovered":
                return [("paid_fen", -amount)]
            case _:
                return [("feedback_answers", 1)]

    def _open(self, reserve: int) -> None:
        self.outstanding, self._settled, self._paid, self._counted = reserve, None, 0, False

    def _pay(self, amount: int) -> list[tuple[str, int]]:
        self._paid += amount
        if self._settled is not None:
            self.outstanding = max(self._settled - self._paid, 0)
        first, self._counted = not self._counted, True
        return [("paid_fen", amount), *([("claims_paid", 1)] if first else [])]


def _clock_entries(state: ClaimState) -> Iterator[Entry]:
    """From which day a claim is open, from which it is overdue, and from which it is neither."""
    opened: date | None = None
    for step in state.steps:
        if opened is not None and step.step in (*_DECIDES, *_OPENS):
            yield from _closed(opened, step.on, state.clock_days)
            opened = None
        if step.step in _OPENS:
            opened = step.on
            yield opened, "claims_open", 1
    if opened is not None:
        yield _first_day_late(opened, state.clock_days), "claims_overdue", 1


def _closed(opened: date, on: date, clock_days: int) -> Iterator[Entry]:
    yield on, "claims_open", -1
    late = _first_day_late(opened, clock_days)
    if late < on:
        yield late, "claims_overdue", 1
        yield on, "claims_overdue", -1


def _first_day_late(opened: date, clock_days: int) -> date:
    return opened + timedelta(days=clock_days + 1)


def waits_for_payment(state: ClaimState) -> Iterator[tuple[date, int]]:
    """(day, days waited) of each first payment since the report or a reopening: whenever the claim counts as paid."""
    opened: date | None = None
    for step in state.steps:
        if step.step in _OPENS:
            opened = step.on
        elif step.step == "paid" and opened is not None:
            yield step.on, (step.on - opened).days
            opened = None
