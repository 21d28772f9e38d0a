"""What a fact books: units by payer, the purse of a claim, the presence of a household."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.reporting.rules import households
from services.reporting.rules.claim_entries import claim_entries
from services.reporting.rules.cover import usual_cover
from services.reporting.rules.moves import Moves
from services.reporting.rules.policy_entries import units_by_payer, unusual_covers
from services.reporting.rules.shares import largest_remainder
from services.reporting.rules.sums import Sums, rolled_up
from shared.contracts.facts import ClaimState, ClaimStep, PolicyChange, PolicyState
from shared.contracts.values import Premium, with_ancestors

MONEY = st.integers(min_value=0, max_value=10**9)


@given(units=st.integers(1, 10**6), self_paid=MONEY, fiscal=MONEY, donated=MONEY)
def test_units_by_payer_add_up_and_lie_within_one_of_their_share(
    units: int, self_paid: int, fiscal: int, donated: int
) -> None:
    premium = Premium(self_paid=self_paid, fiscal=fiscal, donated=donated)
    by_fiscal, by_donation = units_by_payer(units, premium)
    assert 0 <= by_fiscal + by_donation <= units
    if premium.total:
        assert abs(by_fiscal - units * fiscal / premium.total) < 1
        assert abs(by_donation - units * donated / premium.total) < 1


@given(units=st.integers(1, 10**6), self_paid=MONEY, fiscal=MONEY)
@example(units=1, self_paid=500, fiscal=500)
@example(units=3, self_paid=1, fiscal=1)
def test_units_of_two_payers_are_those_of_three_of_whom_one_pays_nothing(
    units: int, self_paid: int, fiscal: int
) -> None:
    _, by_fiscal, by_donation = largest_remainder(units, (self_paid, fiscal, 0)) if fiscal else (units, 0, 0)
    assert units_by_payer(units, Premium(self_paid=self_paid, fiscal=fiscal)) == (by_fiscal, by_donation)


@pytest.mark.parametrize(
    ("premium", "split"),
    [
        (Premium(), (0, 0)),
        (Premium(fiscal=100), (3, 0)),
        (Premium(self_paid=100, fiscal=100), (1, 0)),
        (Premium(self_paid=1, fiscal=1, donated=1), (1, 1)),
    ],
)
def test_a_tie_goes_to_the_families(premium: Premium, split: tuple[int, int]) -> None:
    assert units_by_payer(3, premium) == split


def claim(*steps: tuple[str, int, int]) -> ClaimState:
    """Steps as (kind, day of March, fen)."""
    told = tuple(ClaimStep(step=kind, on=date(2021, 3, day), amount=fen) for kind, day, fen in steps)
    day = date(2021, 3, 1)
    return ClaimState(product="family_care", region="450101001001", kind="illness", reported_on=day, steps=told)


def booked(state: ClaimState, measure: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for day, name, amount in claim_entries(state):
        if name == measure:
            found[day.day] = found.get(day.day, 0) + amount
    return found


def test_outstanding_is_the_reserve_then_what_is_settled_and_not_paid() -> None:
    state = claim(("reported", 1, 900), ("settled", 5, 700), ("paid", 6, 400), ("paid", 7, 300))
    assert booked(state, "outstanding_fen") == {1: 900, 5: -200, 6: -400, 7: -300}
    assert booked(state, "claims_paid") == {6: 1}
    assert booked(state, "paid_fen") == {6: 400, 7: 300}


def test_a_rejected_claim_owes_nothing_and_a_reopened_one_its_new_reserve() -> None:
    state = claim(("reported", 1, 900), ("rejected", 3, 0), ("reopened", 8, 500), ("settled", 9, 450), ("paid", 9, 450))
    assert booked(state, "outstanding_fen") == {1: 900, 3: -900, 8: 500, 9: -500}
    assert booked(state, "claims_rejected") == {3: 1}
    assert booked(state, "claims_paid") == {9: 1}


def test_a_payment_after_a_rejection_leaves_nothing_outstanding() -> None:
    state = claim(("reported", 1, 900), ("settled", 2, 700), ("rejected", 3, 0), ("paid", 4, 100))
    assert booked(state, "outstanding_fen") == {1: 900, 2: -200, 3: -700}


def test_a_claim_paid_reopened_and_paid_again_counts_as_paid_twice() -> None:
    state = claim(
        ("reported", 1, 9), ("settled", 2, 9), ("paid", 3, 9), ("reopened", 4, 5), ("settled", 5, 5), ("paid", 6, 5)
    )
    assert booked(state, "claims_paid") == {3: 1, 6: 1}
    assert sum(booked(state, "outstanding_fen").values()) == 0


def test_money_recovered_lowers_what_was_paid_and_nothing_else() -> None:
    state = claim(("reported", 1, 9), ("settled", 2, 9), ("paid", 3, 9), ("recovered", 5, 4))
    assert booked(state, "paid_fen") == {3: 9, 5: -4}
    assert booked(state, "claims_paid") == {3: 1}
    assert sum(booked(state, "outstanding_fen").values()) == 0


def test_paying_more_than_was_settled_never_makes_a_debt() -> None:
    state = claim(("reported", 1, 9), ("settled", 2, 9), ("paid", 3, 20))
    assert booked(state, "outstanding_fen") == {1: 9, 3: -9}


def test_every_level_above_up_to_the_city_gets_the_sum_once() -> None:
    first: Sums = {("450101001001", "p"): (2, 1), ("450101001002", "p"): (3, -1), ("450101001002", "q"): (0, 0)}
    units = {key[0]: units for key, (units, _) in rolled_up([first, {("450101001", "p"): (5, 7)}]).items()}
    assert units == {"450101001001": 2, "450101001002": 3, "450101001": 10, "450101": 10, "4501": 10}


def written(entries: Iterable[households.Entry]) -> str:
    return "".join(households.written(*entry) for entry in entries)


def surplus(timeline: list[households.Entry]) -> dict[tuple[str, date], int]:
    """How many more households than policies come to each region on each day, booked entry by entry."""
    steps: households.Steps = {}
    for place in range(len(timeline)):
        before, after = written(timeline[:place]), written(timeline[: place + 1])
        households.book_changes(steps, 2021, (before, after), Moves())
    return {(region, day): n for (region, _, _, day), n in steps.items() if n}


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2021-03-01", "2021-03-02", "2022-03-01"),
        ("2020-12-31", "2021-01-01", "2021-12-31"),
        ("2020-02-28", "2020-02-29", "2021-02-28"),
        ("2020-02-29", "2020-03-01", "2021-02-28"),
        ("2019-02-28", "2019-03-01", "2020-02-29"),
    ],
)
def test_a_year_of_cover_begins_on_the_day_after(day: str, first: str, last: str) -> None:
    assert usual_cover(date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(last))


def policy(fen: int, ends: str = "2022-03-01") -> PolicyState:
    told = {"product": "p", "region": "450101001001", "units": 1, "persons": 1, "household": "h"}
    cover = {"effective_from": "2021-03-02", "effective_to": ends}
    return PolicyState.model_validate({**told, **cover, "premium": {"self_paid": fen}})


def covers(day: str, before: PolicyState | None, after: PolicyState) -> dict[tuple[str, str], int]:
    """What one change books, by first and last day of cover."""
    change = PolicyChange(insurer="i", policy_no="1", revision=1, sold_on=date(2021, 3, 1),
                          booked_on=date.fromisoformat(day), before=before, after=after)  # fmt: skip
    booked = unusual_covers([change])
    return {(str(first), str(last)): fen for (_, last, first, _, _), (fen,) in booked.items() if fen}


def test_premium_on_the_usual_cover_of_its_day_is_booked_with_the_cells_alone() -> None:
    assert covers("2021-03-01", None, policy(500)) == {}


def test_premium_on_another_cover_is_booked_there_and_off_the_usual_one() -> None:
    short, usual = ("2021-03-02", "2021-09-01"), ("2021-03-02", "2022-03-01")
    assert covers("2021-03-01", None, policy(500, short[1])) == {short: 500, usual: -500}
    assert covers("2021-03-01", policy(500), policy(500, short[1])) == {short: 500, usual: -500}
    later = ("2021-04-02", "2022-04-01")
    assert covers("2021-04-01", policy(500), policy(700)) == {usual: 200, later: -200}
    assert covers("2021-04-01", policy(500), policy(500)) == {}


def presence(timeline: list[households.Entry]) -> dict[tuple[str, date], int]:
    """Households: policies, and what is booked beside them."""
    found = Counter(surplus(timeline))
    for day, where, policies in timeline:
        found.update({(region, date.fromordinal(day)): policies for region in with_ancestors(where)})
    return {place: n for place, n in found.items() if n}


def test_a_household_that_has_one_policy_is_counted_with_it() -> None:
    one = written([(100, "450101001001", 1)])
    assert households.counts_as_its_policy(one)
    assert surplus(households.read(one)) == {}
    for more in ([(100, "450101001001", -1)], [(100, "450101001001", 11)], [(99, "4501", 1), (100, "4501", 1)]):
        assert not households.counts_as_its_policy(written(more))
        assert surplus(more) != {}


def test_a_household_with_two_policies_counts_once_in_any_order() -> None:
    first, second, gone = (100, "450101001001", 1), (105, "450101001002", 1), (110, "450101001001", -1)
    expected = {("4501", date.fromordinal(100)): 1, ("450101001001", date.fromordinal(100)): 1,
                ("450101001001", date.fromordinal(110)): -1, ("450101001002", date.fromordinal(105)): 1}  # fmt: skip
    for order in permutations((first, second, gone)):
        found = presence(list(order))
        assert expected.items() <= found.items()
        assert found[("450101", date.fromordinal(100))] == 1
        assert sum(n for (region, _), n in found.items() if region == "450101") == 1
        assert not any(region == "45" for region, _ in surplus(list(order)))


def test_a_province_is_booked_what_its_cities_count_too_often_in_any_order() -> None:
    here, there, gone = (100, "450101001001", 1), (105, "450201001001", 1), (110, "450101001001", -1)
    for order in permutations((here, there, gone)):
        own = {day.toordinal(): n for (region, day), n in surplus(list(order)).items() if region == "45"}
        assert own == {105: -1, 110: 1}


def test_a_shortened_timeline_says_the_same() -> None:
    entries = [(1, "4501", 1), (1, "4501", 1), (2, "4501", -1), (2, "4501", 1)]
    assert households.read(households.shortened(written(entries))) == [(1, "4501", 2)]
