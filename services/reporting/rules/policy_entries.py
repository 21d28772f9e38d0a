"""What a policy books: its measures, its unusual cover, and where its household is insured."""

from collections.abc import Iterable
from datetime import date

from services.reporting.rules.cover import usual_cover
from services.reporting.rules.shares import largest_remainder
from services.reporting.rules.sums import Key, Sums, Vector, add_to
from shared.contracts.facts import PolicyChange, PolicyState
from shared.contracts.values import Premium, programme_year_of


def policy_cells(change: PolicyChange, start_month: int) -> Sums:
    """What a change of a policy books in cells, on the very regions it names."""
    year, day, before = programme_year_of(change.sold_on, start_month), change.booked_on, change.before
    cells = {_cell(change.after, year, day): _amounts(change.after, 1)}
    if before is not None:
        add_to(cells, _cell(before, year, day), _amounts(before, -1))
    return cells


def _cell(state: PolicyState, year: int, day: date) -> Key:
    return state.region, year, day, state.product, state.renewed


def _amounts(state: PolicyState, sign: int) -> Vector:
    premium = state.premium
    money = (sign * premium.self_paid, sign * premium.fiscal, sign * premium.donated)
    if not state.in_force:
        return (0, 0, 0, *money, 0, 0)
    fiscal, donated = units_by_payer(state.units, premium)
    return (sign, sign * state.units, sign * state.persons, *money, sign * fiscal, sign * donated)


def units_by_payer(units: int, premium: Premium) -> tuple[int, int]:
    """(fiscal, donated) units by premium share, largest remainder, ties to self-paid; the rest is self-paid."""
    self_paid, fiscal, donated = premium.self_paid, premium.fiscal, premium.donated
    if donated:
        _, fiscal, donated = largest_remainder(units, (self_paid, fiscal, donated))
        return fiscal, donated
    if not fiscal:
        return 0, 0
    # The largest remainder of two: rounded to the nearest, a half down.
    whole = self_paid + fiscal
    return (2 * units * fiscal + whole - 1) // (2 * whole), 0


def unusual_covers(changes: Iterable[PolicyChange]) -> Sums:
    """Premium in fen by (region, last and first day of cover, day, product), and off the usual cover of that day."""
    covers: Sums = {}
    for change in changes:
        day = change.booked_on
        usual = usual_cover(day)
        for sign, state in ((-1, change.before), (1, change.after)):
            if state is not None and (cover := (state.effective_from, state.effective_to)) != usual:
                for (first, last), fen in ((cover, sign * state.premium.total), (usual, -sign * state.premium.total)):
                    add_to(covers, (state.region, last, first, day, state.product), (fen,))
    return covers


Home = tuple[str, str]
"""(household, region)"""


def homes_changed(change: PolicyChange) -> list[tuple[Home, int]]:
    """Where a household has one policy in force fewer, and where one more."""
    before, after = _home(change, change.before), _home(change, change.after)
    if before == after:
        return []
    return [(home, difference) for home, difference in ((before, -1), (after, 1)) if home is not None]


def _home(change: PolicyChange, state: PolicyState | None) -> Home | None:
    if state is None or not state.in_force:
        return None
    return f"{change.insurer}|{state.household}", state.region
