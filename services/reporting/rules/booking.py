"""How a fact becomes entries: entries(after) - entries(before), each on its own day, in any order the same sum."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from operator import add
from typing import Any

from services.reporting.rules.claim_entries import claim_entries, waits_for_payment
from services.reporting.rules.measures import PLACE, SUMS, Vector, nothing
from services.reporting.rules.shares import largest_remainder
from shared.contracts.facts import ClaimChange, ClaimState, PolicyChange, PolicyState
from shared.contracts.values import Premium, programme_year_of

Key = tuple[Any, ...]
"""Begins with the region."""
Sums = dict[Key, Vector]

_ONE_DAY = timedelta(days=1)
_UNITS, _PREMIUM, _SPLIT = PLACE["units"], PLACE["self_paid_fen"], PLACE["units_fiscal"]


@dataclass
class Entries:
    """What facts book.

    `cells` by (region, programme year, day, product, renewed); `covers`, fen, by (region, last and first day of cover,
    day, product), where it is not the usual cover of the day, from which it is taken off; `payment_days`, claims, by (region, programme year, day, product, days waited).
    """

    cells: Sums = field(default_factory=dict)
    covers: Sums = field(default_factory=dict)
    payment_days: Sums = field(default_factory=dict)


def entries_of(change: PolicyChange | ClaimChange, start_month: int) -> Entries:
    """What one fact books on the very regions it names (households apart)."""
    entries = Entries()
    if isinstance(change, PolicyChange):
        _book_policy(entries, change, start_month)
    else:
        _book_claim(entries, change, start_month)
    return entries


def everywhere(batch: Sequence[Entries]) -> Entries:
    """What many facts book together, on every region above too."""
    return Entries(
        rolled_up(_sum(entries.cells for entries in batch)),
        rolled_up(_sum(entries.covers for entries in batch)),
        rolled_up(_sum(entries.payment_days for entries in batch)),
    )


def _sum(batch: Iterable[Sums]) -> Sums:
    total: Sums = {}
    for sums in batch:
        for key, vector in sums.items():
            _add(total, key, vector)
    return total


Place = tuple[str, int, date, str]
"""(region, programme year, day, product)"""


def changes_by_place(entries: Entries) -> dict[Place, dict[str, int]]:
    """What a fact changes at each place, by measure: the trail from a figure to its facts."""
    places: dict[Place, Vector] = {}
    for (*place, _), vector in entries.cells.items():
        _add(places, tuple(place), vector)
    return {
        place: {name: amount for name, amount in zip(SUMS, vector, strict=True) if amount}
        for place, vector in places.items()
        if any(vector)
    }


def rolled_up(sums: Sums) -> Sums:
    """The same sums on every region above too, level by level; what came to nothing is left out."""
    levels = _something(sums)
    for digits, above in ((12, 9), (9, 6), (6, 4), (4, 2)):
        level = [(key, vector) for key, vector in levels.items() if len(key[0]) == digits]
        for key, vector in level:
            _add(levels, (key[0][:above], *key[1:]), vector)
    return _something(levels)


def _something(sums: Sums) -> Sums:
    return {key: vector for key, vector in sums.items() if any(vector)}


def _add(sums: Any, key: Any, vector: Vector) -> None:
    known = sums.get(key)
    sums[key] = vector if known is None else list(map(add, known, vector))


def _book_policy(entries: Entries, change: PolicyChange, start_month: int) -> None:
    year, day = programme_year_of(change.sold_on, start_month), change.booked_on
    for sign, state in ((-1, change.before), (1, change.after)):
        if state is not None:
            region, product = state.region, state.product
            _add(entries.cells, (region, year, day, product, state.renewed), _policy_vector(state, sign))
            _book_cover(entries.covers, state, sign, day)


def _book_cover(covers: Sums, state: PolicyState, sign: int, day: date) -> None:
    cover, fen = (state.effective_from, state.effective_to), sign * state.premium.total
    if cover != usual_cover(day):
        for (first, last), amount in ((cover, fen), (usual_cover(day), -fen)):
            _add(covers, (state.region, last, first, day, state.product), [amount])


@cache
def usual_cover(day: date) -> tuple[date, date]:
    """First and last day of the year of cover that begins on the day after."""
    first = day + _ONE_DAY
    on_leap_day = (first.month, first.day) == (2, 29)
    again = date(first.year + 1, 3, 1) if on_leap_day else first.replace(year=first.year + 1)
    return first, again - _ONE_DAY


def _policy_vector(state: PolicyState, sign: int) -> Vector:
    vector = nothing()
    premium = state.premium
    vector[_PREMIUM : _PREMIUM + 3] = sign * premium.self_paid, sign * premium.fiscal, sign * premium.donated
    if state.in_force:
        vector[0:3] = sign, sign * state.units, sign * state.persons
        fiscal, donated = units_by_payer(state.units, premium)
        vector[_SPLIT : _SPLIT + 2] = sign * fiscal, sign * donated
    return vector


def units_by_payer(units: int, premium: Premium) -> tuple[int, int]:
    """(fiscal, donated) units by premium share, largest remainder, ties to self-paid; the rest is self-paid."""
    if premium.fiscal == premium.donated == 0:
        return 0, 0
    _, fiscal, donated = largest_remainder(units, (premium.self_paid, premium.fiscal, premium.donated))
    return fiscal, donated


def _book_claim(entries: Entries, change: ClaimChange, start_month: int) -> None:
    for sign, state in ((-1, change.before), (1, change.after)):
        if state is not None:
            _book_steps(entries, state, sign, start_month)


def _book_steps(entries: Entries, state: ClaimState, sign: int, start_month: int) -> None:
    for day, measure, amount in claim_entries(state):
        key = (state.region, programme_year_of(day, start_month), day, state.product, False)
        entries.cells.setdefault(key, nothing())[PLACE[measure]] += sign * amount
    for day, days in waits_for_payment(state):
        waited = (state.region, programme_year_of(day, start_month), day, state.product, days)
        _add(entries.payment_days, waited, [sign])


def net_by_region(change: PolicyChange) -> dict[tuple[str, str], int]:
    """(household, region) -> how many policies in force more or fewer there."""
    net: defaultdict[tuple[str, str], int] = defaultdict(int)
    for sign, state in ((-1, change.before), (1, change.after)):
        if state is not None and state.in_force:
            net[f"{change.insurer}|{state.household}", state.region] += sign
    return {key: difference for key, difference in net.items() if difference}


def earned_fen(premium_fen: int, cover: tuple[date, date], year_start: date, as_of: date) -> float:
    """Premium x days of cover inside [year_start, as_of] / days of cover, ends inclusive (domain.md, section 4)."""
    first, last = max(cover[0], year_start), min(cover[1], as_of)
    return premium_fen * max((last - first).days + 1, 0) / ((cover[1] - cover[0]).days + 1)
