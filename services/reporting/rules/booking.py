"""How a fact becomes entries: entries(after) - entries(before), each on its own day, in any order the same sum."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from services.reporting.rules.measures import PLACE, Vector, nothing
from shared.contracts.facts import ClaimChange, ClaimState, PolicyChange, PolicyState
from shared.contracts.values import Premium, programme_year_of

CellKey = tuple[str, int, date, str]
"""(region, programme year, day, product)"""
Cells = dict[CellKey, Vector]

_UNITS, _PREMIUM = PLACE["units"], PLACE["self_paid_fen"]
_SPLIT, _RENEWED = PLACE["units_fiscal"], PLACE["units_renewed"]


def cells_of(changes: Iterable[PolicyChange | ClaimChange], start_month: int) -> Cells:
    """Sum what the facts book on the very regions they name (households apart)."""
    cells: Cells = {}
    for change in changes:
        if isinstance(change, PolicyChange):
            _book_policy(cells, change, start_month)
        else:
            _book_claim(cells, change, start_month)
    return cells


def rolled_up(cells: Cells) -> Cells:
    """The same sums on every region above too, level by level; cells that came to nothing are left out."""
    everywhere = dict(cells)
    for digits, above in ((12, 9), (9, 6), (6, 4), (4, 2)):
        level = [(key, vector) for key, vector in everywhere.items() if len(key[0]) == digits]
        for (region, year, day, product), vector in level:
            _add(everywhere, (region[:above], year, day, product), vector)
    return {key: vector for key, vector in everywhere.items() if any(vector)}


def _add(cells: Cells, key: CellKey, vector: Vector) -> None:
    known = cells.get(key)
    cells[key] = vector if known is None else [a + b for a, b in zip(known, vector, strict=True)]


def _book_policy(cells: Cells, change: PolicyChange, start_month: int) -> None:
    year = programme_year_of(change.sold_on, start_month)
    for sign, state in ((-1, change.before), (1, change.after)):
        if state is not None:
            _add(cells, (state.region, year, change.booked_on, state.product), _policy_vector(state, sign))


def _policy_vector(state: PolicyState, sign: int) -> Vector:
    vector = nothing()
    premium = state.premium
    vector[_PREMIUM : _PREMIUM + 3] = sign * premium.self_paid, sign * premium.fiscal, sign * premium.donated
    if state.in_force:
        vector[0:3] = sign, sign * state.units, sign * state.persons
        fiscal, donated = units_by_payer(state.units, premium)
        vector[_SPLIT : _SPLIT + 2] = sign * fiscal, sign * donated
        vector[_RENEWED] = sign * state.units if state.renewed else 0
    return vector


def units_by_payer(units: int, premium: Premium) -> tuple[int, int]:
    """(fiscal, donated) units by premium share, largest remainder, ties to self-paid; the rest is self-paid."""
    total = premium.total
    if premium.fiscal == premium.donated == 0:
        return 0, 0
    shares = [units * amount for amount in (premium.self_paid, premium.fiscal, premium.donated)]
    split = [share // total for share in shares]
    by_remainder = sorted(range(3), key=lambda payer: (-(shares[payer] % total), payer))
    for payer in by_remainder[: units - sum(split)]:
        split[payer] += 1
    return split[1], split[2]


def _book_claim(cells: Cells, change: ClaimChange, start_month: int) -> None:
    for sign, state in ((-1, change.before), (1, change.after)):
        if state is not None:
            for day, measure, amount in claim_entries(state):
                key = (state.region, programme_year_of(day, start_month), day, state.product)
                cells.setdefault(key, nothing())
                cells[key][PLACE[measure]] += sign * amount


def claim_entries(state: ClaimState) -> Iterator[tuple[date, str, int]]:
    """Everything a claim books: (day, measure, amount), over its steps sorted by (date, step)."""
    purse = _Purse()
    for step in state.steps:
        before = purse.outstanding
        for measure, amount in purse.take(step.step, step.amount):
            yield step.on, measure, amount
        if step.step == "answered":
            yield step.on, "feedback_satisfied", int(bool(step.satisfied))
        if purse.outstanding != before:
            yield step.on, "outstanding_fen", purse.outstanding - before


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


def net_by_region(change: PolicyChange) -> dict[tuple[str, str], int]:
    """(household, region) -> how many policies in force more or fewer there."""
    net: defaultdict[tuple[str, str], int] = defaultdict(int)
    for sign, state in ((-1, change.before), (1, change.after)):
        if state is not None and state.in_force:
            net[f"{change.insurer}|{state.household}", state.region] += sign
    return {key: difference for key, difference in net.items() if difference}
