"""Whether a step can be true, which revision of the policy a claim belongs to, and when its clock has run out."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from shared.contracts.receipts import Problem
from shared.contracts.submissions import SubmittedClaimReported

FARTHEST_AHEAD = timedelta(days=400)
CLOCK = timedelta(days=30)
FAST_TRACK_CLOCK = timedelta(days=10)


class Revision(NamedTuple):
    """What a claim needs to know of one revision of its policy."""

    revision: int
    booked_on: date
    product: str
    region: str
    effective_from: date
    effective_to: date
    in_force: bool


def reasons_against_report(report: SubmittedClaimReported, today: date) -> list[Problem]:
    """Why a report cannot be true; empty when it can."""
    problems = _too_far_ahead("reported_on", report.reported_on, today)
    if report.incident_on > report.reported_on:
        problems.append(_problem("incident_on", "date_order", "The claim is reported before the incident"))
    return problems


def reasons_against_step(field: str, on: date, reported_on: date | None, today: date) -> list[Problem]:
    """Why a later step cannot be true; `reported_on` is None as long as the report has not come."""
    problems = _too_far_ahead(field, on, today)
    if reported_on is not None and on < reported_on:
        problems.append(_problem(field, "date_order", "The step is dated before the report of the claim"))
    return problems


def revision_for(revisions: Sequence[Revision], reported_on: date) -> Revision:
    """The last revision dated on or before the report; the first one if none is dated so early."""
    early = [revision for revision in revisions if revision.booked_on <= reported_on]
    return max(early) if early else min(revisions)


def warnings_about(report: SubmittedClaimReported, policy: Revision) -> list[Problem]:
    """What does not refuse a claim: whether it is covered is for the insurer to decide."""
    covered = policy.effective_from <= report.incident_on <= policy.effective_to
    cancelled = not policy.in_force and policy.booked_on <= report.incident_on
    if covered and not cancelled:
        return []
    return [_problem("incident_on", "outside_cover", "The policy gave no cover on the day of the incident")]


def clock_of(fast_track: bool) -> timedelta:
    """How long a claim may wait for its decision."""
    return FAST_TRACK_CLOCK if fast_track else CLOCK


def due_on(open_since: date, fast_track: bool) -> date:
    """The last day on which a decision is in time."""
    return open_since + clock_of(fast_track)


def is_overdue(open_since: date | None, fast_track: bool, today: date) -> bool:
    """Whether a claim has waited longer for its decision than its clock allows."""
    return open_since is not None and today > due_on(open_since, fast_track)


def _too_far_ahead(field: str, day: date, today: date) -> list[Problem]:
    if day - today > FARTHEST_AHEAD:
        return [_problem(field, "date_in_future", "The day lies more than 400 days ahead")]
    return []


def _problem(field: str, code: str, message: str) -> Problem:
    return Problem(field=field, code=code, message=message)
