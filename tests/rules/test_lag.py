"""A rule fires once an episode, whatever its numbers do, and says what it goes by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.rules.accounts import Account
from services.reporting.rules.evidence import contributions, evidence_of
from services.reporting.rules.indicators import Reading
from services.reporting.rules.lag import Case, Episode, episode_after, episode_begun, has_held, is_suspect, turn_of
from services.reporting.rules.lag_rules import DEFAULTS, Rule, RuleText, rule_of
from services.reporting.rules.staleness import silences, to_be_told

FIRST = date(2021, 3, 1)
RULES = {text.name: rule_of(text) for text in DEFAULTS}


def account(**readings: float | tuple[float, float, float] | None) -> Account:
    """Values by name, or (value, numerator, denominator)."""
    return Account({n: Reading(*r) if isinstance(r, tuple) else Reading(r) for n, r in readings.items()})


@dataclass
class Story:
    """What a rule said over days on which its indicator took some values."""

    turns: Sequence[str]
    last: Episode | None


def told(rule: Rule, values: Sequence[float | None]) -> Story:
    name = rule.fires.alternatives[0][0].name
    days, last, turns = [account(**{name: value}) for value in values], None, []
    for place, today in enumerate(days):
        case, on = Case(rule, "4501", today, last), FIRST + timedelta(days=place)
        turn = turn_of(case)
        if case.standing is not None:
            last = episode_after(case.standing, turn, on, evidence_of(case, 10, ()))
        elif is_suspect(case) and has_held(case, days[max(place - rule.days + 1, 0) : place]):
            last, turn = episode_begun(case, 2021, on, evidence_of(case, 10, ())), "fired"
        turns += [turn] if turn else []
    return Story(turns, last)


_PACES = st.lists(st.none() | st.sampled_from([0.5, 0.69, 0.7, 0.89, 0.9, 0.92, 0.94, 0.95, 1.2]), max_size=60)


@given(_PACES)
def test_however_a_pace_flaps_it_fires_once_until_it_has_cleared(paces: list[float | None]) -> None:
    story = told(RULES["behind_pace"], paces)
    steps = [turn for turn in story.turns if turn != "severe"]
    assert steps == ["fired", "cleared"] * (len(steps) // 2) + ["fired"] * (len(steps) % 2)
    assert story.turns.count("severe") <= steps.count("fired")
    assert (story.last.episode if story.last else 0) == steps.count("fired")


@given(st.lists(st.sampled_from([0.9, 0.92, 0.94, None]), max_size=40))
def test_between_the_two_lines_nothing_happens(paces: list[float | None]) -> None:
    assert told(RULES["behind_pace"], [0.8] * 7 + paces).turns == ["fired"]
    assert told(RULES["behind_pace"], paces).turns == []


def test_six_days_do_not_fire_and_a_gap_begins_anew() -> None:
    rule = RULES["behind_pace"]
    assert told(rule, [0.8] * 6).turns == []
    assert told(rule, [0.8] * 6 + [None] + [0.8] * 6).turns == []
    assert told(rule, [0.8] * 6 + [0.9] + [0.8] * 7).turns == ["fired"]


def test_it_is_severe_from_the_beginning_or_becomes_so_once() -> None:
    rule = RULES["behind_pace"]
    story = told(rule, [0.6] * 9)
    assert story.turns == ["fired"]
    assert story.last is not None
    assert story.last.severity == "severe"
    assert told(rule, [0.8] * 7 + [0.6, 0.8, 0.6]).turns == ["fired", "severe"]


def test_what_never_clears_fires_anew_only_when_it_has_grown_since_it_was_acknowledged() -> None:
    rule = RULES["one_step"]
    first = Case(rule, "4501", account(one_step_share=(0.4, 400, 1000)))
    episode = episode_begun(first, 2021, FIRST, evidence_of(first, 10, ()))
    assert turn_of(Case(rule, "4501", account(one_step_share=(0.1, 100, 1000)), episode)) is None
    over = episode_after(episode, "cleared", FIRST, episode.evidence)
    for reading, again in (
        ((0.4, 400, 1000), False),
        ((0.5, 400, 800), False),
        ((0.41, 410, 1000), True),
        ((0.35, 500, 1500), False),
    ):
        assert is_suspect(Case(rule, "4501", account(one_step_share=reading), over)) is again, reading


@pytest.mark.parametrize(
    ("rule", "readings", "units", "gap"),
    [
        ("behind_pace", {"pace": (0.5, 500, 1000)}, 450, 450),
        ("negative_growth", {"growth_units": (-7, 93, 100)}, 7, 7),
        ("fiscal_dependence", {"fiscal_share": (0.6, 60, 100)}, None, 15),
        ("stalled", {"days_since_sale": 20, "units": 40, "target": 100}, 60, 60),
        ("low_satisfaction", {"satisfaction": (0.9, 90, 100), "feedback_answers": 100}, None, 6),
        ("elder_goal", {"elder_units": 3, "elder_expected": 4.5}, 2, 1.5),
        ("one_step", {"one_step_share": (0.5, 50, 100)}, None, 50),
    ],
)
def test_a_gap_reaches_to_the_clearing_line(
    rule: str, readings: dict[str, float | tuple[float, float, float]], units: int | None, gap: float
) -> None:
    case = Case(RULES[rule], "4501", account(**readings))
    evidence = evidence_of(case, 10, ())
    assert evidence.gap_units == units
    assert evidence.needed_per_day == (None if units is None else units / 10)
    (only,) = contributions(case, [("450101", "区", case.account)])
    assert only.gap == pytest.approx(gap)


def test_no_day_left_needs_nothing_a_day() -> None:
    assert evidence_of(Case(RULES["behind_pace"], "4501", account(pace=(0.5, 5, 10))), 0, ()).needed_per_day is None


def test_three_children_with_the_largest_gaps_contribute() -> None:
    case = Case(RULES["behind_pace"], "4501", account(pace=(0.5, 500, 1000)))
    children = [(f"45010{n}", f"区{n}", account(pace=(n / 10, n * 10, 100))) for n in range(1, 7)]
    children += [("450107", "区7", account(pace=None)), ("450108", "区8", account(pace=(1.1, 110, 100)))]
    assert [child.region for child in contributions(case, children)] == ["450101", "450102", "450103"]


def test_what_fired_is_what_is_shown_until_it_has_cleared() -> None:
    rule = RULES["slow_claims"]
    fired = Case(rule, "4501", account(overdue_share=(0.05, 1, 20), days_to_pay_p90=31))
    episode = episode_begun(fired, 2021, FIRST, evidence_of(fired, 10, ()))
    assert (episode.indicator, episode.evidence.value) == ("days_to_pay_p90", 31)
    later = Case(rule, "4501", account(overdue_share=(0.2, 4, 20), days_to_pay_p90=28), episode)
    assert evidence_of(later, 10, ()).value == 28
    assert evidence_of(Case(rule, "4501", later.account), 10, ()).numerator == 4


def test_a_rule_reads_its_own_line_where_it_has_no_other() -> None:
    rule = rule_of(RuleText("few", ("city",), "units < 10"))
    assert evidence_of(Case(rule, "4501", account(units=3)), 7, ()).gap_units == 7


def test_a_province_is_told_alone_only_when_all_of_its_fed_cities_are_silent() -> None:
    today = date(2021, 7, 10)
    newest = {"4501": today, "4502": today - timedelta(days=8), "4401": today - timedelta(days=9)}
    stale = silences(newest, today, 7)
    assert {region: silence.days for region, silence in stale.items()} == {"4502": 8, "4401": 9}
    assert sorted(to_be_told(stale, newest)) == ["44", "4502"]
    assert silences({"4501": today - timedelta(days=7)}, today, 7) == {}
