"""The order in which a claim's steps count, what they come to, and who is believed: one table for each rule."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from services.claims.rules.judgement import (
    Revision,
    due_on,
    is_overdue,
    reasons_against_report,
    reasons_against_step,
    revision_for,
    warnings_about,
)
from services.claims.rules.sequence import JUDGED, WAITS_FOR, Step, deciding, in_order, open_since, outstanding_fen
from shared.contracts.facts import StepKind
from shared.contracts.submissions import SubmittedClaimReported

TODAY = date(2021, 8, 31)
FIRST = date(2021, 3, 1)


def on_day(day: int, kind: StepKind, amount_fen: int = 0) -> Step:
    return Step(kind, FIRST + timedelta(days=day), amount_fen)


REPORTED = on_day(0, "reported", 500)
STORIES = {
    "open": ([REPORTED], "reported", 500),
    "all in one day": ([REPORTED, on_day(0, "settled", 400), on_day(0, "paid", 400)], "paid", 0),
    "settled, not yet paid": ([REPORTED, on_day(3, "settled", 400)], "settled", 400),
    "paid in part": ([REPORTED, on_day(3, "settled", 400), on_day(3, "paid", 100)], "paid", 300),
    "paid too much": ([REPORTED, on_day(3, "settled", 400), on_day(4, "paid", 450)], "paid", 0),
    "rejected": ([REPORTED, on_day(3, "rejected")], "rejected", 0),
    "settled, then rejected": ([REPORTED, on_day(3, "settled", 400), on_day(3, "rejected")], "rejected", 0),
    "reopened": ([REPORTED, on_day(3, "settled", 400), on_day(9, "reopened", 70)], "reopened", 70),
    "decided and reopened on one day": (
        [REPORTED, on_day(3, "settled", 400), on_day(3, "reopened", 70)],
        "reopened",
        70,
    ),
    "reopened and decided on one day": (
        [REPORTED, on_day(3, "settled", 400), on_day(3, "paid", 400), on_day(9, "reopened", 70),
         on_day(9, "settled", 50), on_day(9, "paid", 20)],
        "paid",
        30,
    ),
    "rejected, reopened and settled on one day": (
        [REPORTED, on_day(3, "rejected"), on_day(3, "reopened", 70), on_day(3, "settled", 50)],
        "settled",
        50,
    ),
    "paid, then reopened on one day": (
        [REPORTED, on_day(3, "settled", 400), on_day(9, "paid", 400), on_day(9, "reopened", 70)],
        "reopened",
        70,
    ),
    "twice settled around a reopening on one day": (
        [REPORTED, on_day(3, "settled", 40), on_day(3, "reopened", 70), on_day(3, "settled", 50), on_day(3, "paid", 5)],
        "paid",
        45,
    ),
    "recovered and answered change nothing": (
        [REPORTED, on_day(3, "settled", 400), on_day(4, "paid", 300), on_day(5, "recovered", 90),
         on_day(5, "answered")],
        "paid",
        100,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "status", "fen"), STORIES.values(), ids=STORIES)
def test_steps_count_in_the_order_of_the_story_however_they_arrived(steps: list[Step], status: str, fen: int) -> None:
    for arrival in permutations(steps):
        assert in_order(arrival) == steps
    assert (deciding(steps).kind, outstanding_fen(steps)) == (status, fen)


def test_a_claim_is_open_from_its_report_until_a_decision_and_again_from_a_reopening() -> None:
    settled, reopened = on_day(3, "settled", 400), on_day(9, "reopened", 70)
    story = [REPORTED, settled, reopened, on_day(10, "answered")]
    assert [open_since(story[:length]) for length in (1, 2, 3, 4)] == [FIRST, None, reopened.on, reopened.on]


def test_what_a_step_waits_for_is_judged_before_it() -> None:
    assert all(JUDGED[earlier] < JUDGED[kind] for kind, waits_for in WAITS_FOR.items() for earlier in waits_for)


@pytest.mark.parametrize(
    ("fast_track", "days", "overdue"), [(False, 30, False), (False, 31, True), (True, 10, False), (True, 11, True)]
)
def test_the_clock_runs_out_after_its_last_day(fast_track: bool, days: int, overdue: bool) -> None:
    assert is_overdue(FIRST, fast_track, FIRST + timedelta(days=days)) is overdue


def test_a_decided_claim_is_never_overdue() -> None:
    assert not is_overdue(None, True, TODAY)
    assert due_on(FIRST, fast_track=True) == date(2021, 3, 11)


def report(incident_on: date, reported_on: date) -> SubmittedClaimReported:
    dates = {"incident_on": incident_on, "reported_on": reported_on}
    rest = {"claim_no": "C1", "policy_no": "P1", "kind": "illness", "reserve": "1.00", "fast_track": False}
    return SubmittedClaimReported.model_validate({**dates, **rest})


@pytest.mark.parametrize(
    ("incident_on", "reported_on", "codes"),
    [
        (FIRST, FIRST, []),
        (FIRST + timedelta(days=1), FIRST, ["date_order"]),
        (FIRST, TODAY + timedelta(days=400), []),
        (FIRST, TODAY + timedelta(days=401), ["date_in_future"]),
    ],
)
def test_a_report_follows_its_incident_and_lies_not_far_ahead(
    incident_on: date, reported_on: date, codes: list[str]
) -> None:
    assert [p.code for p in reasons_against_report(report(incident_on, reported_on), TODAY)] == codes


@pytest.mark.parametrize(
    ("on", "reported_on", "codes"),
    [
        (FIRST, FIRST, []),
        (FIRST - timedelta(days=1), FIRST, ["date_order"]),
        (FIRST, None, []),
        (TODAY + timedelta(days=401), None, ["date_in_future"]),
    ],
)
def test_a_step_follows_its_report_and_lies_not_far_ahead(on: date, reported_on: date | None, codes: list[str]) -> None:
    problems = reasons_against_step("paid_on", on, reported_on, TODAY)
    assert [(p.field, p.code) for p in problems] == [("paid_on", code) for code in codes]


def revision(number: int, booked_on: date, in_force: bool = True) -> Revision:
    return Revision(number, booked_on, "family_care", "45", date(2021, 1, 1), date(2021, 12, 31), in_force)


@pytest.mark.parametrize(("reported_on", "expected"), [((2021, 2, 28), 1), ((2021, 3, 1), 2), ((2021, 12, 1), 3)])
def test_a_claim_belongs_to_the_last_revision_dated_on_or_before_its_report(
    reported_on: tuple[int, int, int], expected: int
) -> None:
    revisions = [revision(3, date(2021, 4, 1)), revision(1, date(2021, 1, 1)), revision(2, date(2021, 3, 1))]
    assert revision_for(revisions, date(*reported_on)).revision == expected


def test_a_claim_reported_before_any_revision_belongs_to_the_first() -> None:
    assert revision_for([revision(2, FIRST), revision(1, FIRST)], date(2020, 1, 1)).revision == 1


def test_a_backdated_revision_is_still_the_last_word() -> None:
    assert revision_for([revision(2, date(2021, 6, 1)), revision(3, FIRST)], TODAY).revision == 3


@pytest.mark.parametrize(
    ("incident_on", "policy", "warned"),
    [
        (date(2021, 1, 1), revision(1, FIRST), False),
        (date(2021, 12, 31), revision(1, FIRST), False),
        (date(2020, 12, 31), revision(1, FIRST), True),
        (date(2022, 1, 1), revision(1, FIRST), True),
        (FIRST - timedelta(days=1), revision(2, FIRST, in_force=False), False),
        (FIRST, revision(2, FIRST, in_force=False), True),
    ],
)
def test_an_incident_without_cover_is_warned_about(incident_on: date, policy: Revision, warned: bool) -> None:
    warnings = warnings_about(report(incident_on, date(2022, 1, 2)), policy)
    assert [p.code for p in warnings] == (["outside_cover"] if warned else [])
