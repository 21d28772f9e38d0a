"""A condition says what it means, and a wrong one says where it goes wrong and how to write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.rules.conditions import BadCondition, condition, problem_with
from services.reporting.rules.contradictions import can_hold, can_hold_together


@pytest.mark.parametrize(
    ("text", "known", "holds"),
    [
        ("pace < 0.90", {"pace": 0.89}, True),
        ("pace < 0.90", {"pace": 0.90}, False),
        ("pace <= 0.90", {"pace": 0.90}, True),
        ("fiscal_share > 0.50", {"fiscal_share": 0.5}, False),
        ("one_step_share>=0.30", {"one_step_share": 0.30}, True),
        ("growth_rate < -0.05", {"growth_rate": -0.06}, True),
        ("penetration < 0.6 * parent.penetration", {"penetration": 0.05, "parent.penetration": 0.1}, True),
        ("penetration < 0.6 * parent.penetration", {"penetration": 0.06, "parent.penetration": 0.1}, False),
        ("elder_units < elder_expected", {"elder_units": 4, "elder_expected": 4.5}, True),
        ("a > 1 or b > 1 and c > 1", {"a": 2, "b": 0, "c": 0}, True),
        ("a > 1 and b > 1 or c > 1", {"a": 0, "b": 2, "c": 2}, True),
        ("a > 1 and b > 1 or c > 1", {"a": 2, "b": 0, "c": 0}, False),
    ],
)
def test_a_condition_compares_what_is_known(text: str, known: dict[str, float], holds: bool) -> None:
    assert condition(text).holds(known.get) is holds


@pytest.mark.parametrize("text", ["a < 1", "b < a", "b < 2 * a", "b < 1 and a < 1"])
def test_what_is_not_known_neither_fires_nor_clears(text: str) -> None:
    known = {"b": 0.0}.get
    assert not condition(text).holds(known)
    assert not condition("a >= 1").is_met(known)


def test_what_can_no_longer_be_measured_does_not_hold_back_a_clearing_of_several_parts() -> None:
    clears = condition("overdue_share < 0.05 and days_to_pay_p90 <= 25")
    assert clears.is_met({"days_to_pay_p90": 20.0}.get), "no claim is open any more"
    assert not clears.is_met({"days_to_pay_p90": 26.0}.get)
    assert not clears.is_met({"days_to_pay_p90": 20.0, "overdue_share": 0.05}.get)
    nothing: dict[str, float] = {}
    assert clears.is_met(nothing.get), "neither an open claim nor a paid one: there is nothing slow"


def test_the_comparison_that_fired_leads_the_alternative_that_holds() -> None:
    fires = condition("overdue_share > 0.10 or days_to_pay_p90 > 30 and claims_paid > 0")
    held = fires.first_held({"overdue_share": 0.1, "days_to_pay_p90": 31.0, "claims_paid": 2.0}.get)
    assert held is not None
    assert (held.name, held.line.factor) == ("days_to_pay_p90", 30)


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("", 1, "begins with what is measured"),
        ("pace", 5, "one of <, <=, > and >="),
        ("pace =< 0.9", 6, "one of <, <=, > and >="),
        ("pace == 0.9", 6, "one of <, <=, > and >="),
        ("pace < 90%", 10, "only `and` or `or`"),
        ("pace < or", 8, "a number such as 0.90 (not 90%)"),
        ("pace < 1e3", 8, "a number such as 0.90"),
        ("(pace < 1)", 1, "begins with what is measured"),
        ("0.9 > pace", 1, "begins with what is measured"),
        ("pace < 0.9 and", 15, "begins with what is measured"),
        ("pace < 0.9 units", 12, "only `and` or `or`"),
        ("pace < 0 * parent.pace", 10, "a factor of more than 0"),
        ("pace < 2 * 3", 12, "after * a name is needed"),
        ("__import__('os') < 1", 1, "begins with what is measured"),
    ],
)
def test_a_wrong_condition_says_where_and_how(text: str, place: int, hint: str) -> None:
    with pytest.raises(BadCondition) as refused:
        condition(text)
    assert str(refused.value).startswith(f"At character {place} ")
    assert hint in str(refused.value)


def test_a_condition_has_an_end() -> None:
    assert "longer than" in (problem_with(" and ".join(["pace < 0.9"] * 100)) or "")


@given(st.text(alphabet="ab.<>=*0123456789 _()-%，andor", max_size=60))
def test_any_text_is_a_condition_or_is_refused_in_a_sentence(text: str) -> None:
    problem = problem_with(text)
    assert (problem is None) or problem.startswith("At character ")
    if problem is None:
        assert condition(text).holds(lambda _: None) is False


@pytest.mark.parametrize(
    ("fires", "clears", "together"),
    [
        ("pace < 0.90", "pace >= 0.95", False),
        ("pace < 0.90", "pace >= 0.85", True),
        ("growth_units < 0", "growth_units >= 0", False),
        ("growth_units <= 0", "growth_units >= 0", True),
        ("pace < 0.90", "units > 5", True),
        ("penetration < 0.6 * parent.penetration", "penetration >= 0.65 * parent.penetration", False),
        ("penetration < 0.7 * parent.penetration", "penetration >= 0.65 * parent.penetration", True),
        ("elder_units < elder_expected", "elder_expected <= elder_units", False),
        ("elder_units < elder_expected", "elder_expected <= 2 * elder_units", True),
        ("idle >= 14 and units < target", "idle < 14 or units >= target", False),
        ("share > 0.10 or days > 30", "share < 0.05 and days <= 25", False),
        ("share > 0.10 or days > 30", "share < 0.05 or days <= 25", True),
        ("a <= 2 * b", "a >= 3 * b", True),
    ],
)
def test_two_conditions_that_can_both_hold_are_found(fires: str, clears: str, together: bool) -> None:
    assert can_hold_together(condition(fires), condition(clears)) is together
    assert can_hold_together(condition(clears), condition(fires)) is together


_AMOUNTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 4.0)
_TERMS = st.sampled_from(
    ["a < 1", "a >= 1", "a > 2", "b < 1", "b <= 2", "b > 0.5 * a", "b <= a", "b >= 2 * a", "a < 3 * b"]
)
_TEXTS = st.lists(_TERMS, min_size=1, max_size=3).map(" and ".join) | st.lists(_TERMS, min_size=1, max_size=2).map(
    " or ".join
)


@given(_TEXTS, _TEXTS, st.sampled_from(_AMOUNTS), st.sampled_from(_AMOUNTS))
def test_whatever_numbers_satisfy_both_were_foreseen(one: str, other: str, a: float, b: float) -> None:
    known = {"a": a, "b": b}.get
    if condition(one).holds(known) and condition(other).holds(known):
        assert can_hold_together(condition(one), condition(other))
        assert can_hold(condition(one))


def test_a_condition_that_nothing_satisfies_is_found() -> None:
    assert not can_hold(condition("pace < 0.5 and pace > 0.8"))
    assert can_hold(condition("pace < 0.5 and pace > 0.8 or pace > 1"))
