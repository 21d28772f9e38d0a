"""A step between its three forms: what was submitted, the row that is kept, the state that a fact tells."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from services.claims.rules.judgement import Revision, clock_of
from services.claims.rules.sequence import Step
from shared.contracts import facts as f
from shared.contracts import submissions as s
from shared.contracts.envelope import Event, insurer_of
from shared.contracts.values import trusted
from shared.messaging.happenings import Fact

Row = dict[str, Any]
Key = tuple[str, str]
"""(number, insurer) of a claim or a policy."""


class Form(NamedTuple):
    """How one kind of step is spelled in a submission and which fact it becomes."""

    kind: f.StepKind
    date_field: str
    amount_field: Literal["reserve", "amount"] | None
    fact: type[f.ClaimChange]


FORMS: dict[type[BaseModel], Form] = {
    s.SubmittedClaimReported: Form("reported", "reported_on", "reserve", f.ClaimReported),
    s.SubmittedClaimSettled: Form("settled", "settled_on", "amount", f.ClaimSettled),
    s.SubmittedClaimPaid: Form("paid", "paid_on", "amount", f.ClaimPaid),
    s.SubmittedClaimRejected: Form("rejected", "rejected_on", None, f.ClaimRejected),
    s.SubmittedClaimReopened: Form("reopened", "reopened_on", "reserve", f.ClaimReopened),
    s.SubmittedClaimRecovered: Form("recovered", "recovered_on", "amount", f.ClaimRecovered),
    s.SubmittedClaimAnswered: Form("answered", "answered_on", None, f.ClaimAnswered),
}


def insurer_in(event: Event[Any]) -> str:
    """The insurer that the door has already vouched for."""
    return insurer_of(event.source) or ""


def step_in(data: Any, form: Form) -> Step:
    """The step that a submission reports."""
    return Step(
        form.kind,
        getattr(data, form.date_field),
        getattr(data, form.amount_field) if form.amount_field else 0,
        getattr(data, "payment_no", None) or "",
        getattr(data, "satisfied", None),
    )


def claim_row(event: Event[s.SubmittedClaimReported], policy: Revision) -> Row:
    """The row of a new claim, on the region and product of its policy."""
    report = event.data
    return {
        "claim_no": report.claim_no,
        "insurer": insurer_in(event),
        "policy_no": report.policy_no,
        "kind": report.kind,
        "incident_on": report.incident_on,
        "reported_on": report.reported_on,
        "reserve_fen": report.reserve,
        "fast_track": report.fast_track,
        "region": policy.region,
        "product": policy.product,
        "status": "reported",
        "open_since": report.reported_on,
        "description": report.description,
        "digest": event.digest,
    }


def step_row(event: Event[Any], step: Step) -> Row:
    """The row of a later step, with the words that never leave it."""
    return {
        "claim_no": event.data.claim_no,
        "insurer": insurer_in(event),
        "step": step.kind,
        "on": step.on,
        "amount_fen": step.amount_fen,
        "payment_no": step.payment_no,
        "satisfied": step.satisfied,
        "remark": getattr(event.data, "reason", None) or getattr(event.data, "comment", None),
        "digest": event.digest,
    }


def state_of(row: Row, ordered: Sequence[Step]) -> f.ClaimState:
    """What everyone may know of a claim."""
    return trusted(
        f.ClaimState,
        product=row["product"],
        region=row["region"],
        kind=row["kind"],
        reported_on=row["reported_on"],
        fast_track=row["fast_track"],
        clock_days=clock_of(row["fast_track"]).days,
        steps=tuple(_told(step) for step in ordered),
    )


@lru_cache(maxsize=8192)
def _told(step: Step) -> f.ClaimStep:
    """Built once: a step is told again in every later state of its claim."""
    return trusted(f.ClaimStep, step=step.kind, on=step.on, amount=step.amount_fen, satisfied=step.satisfied)


def fact_of(
    kind: type[f.ClaimChange], row: Row, before: f.ClaimState | None, after: f.ClaimState, caused_by: str
) -> Fact:
    """The fact that a claim has changed."""
    change = trusted(
        kind, insurer=row["insurer"], claim_no=row["claim_no"], policy_no=row["policy_no"], before=before, after=after
    )
    return Fact(change, row["region"], row["claim_no"], caused_by)


def policy_key(policy_no: str, insurer: str) -> str:
    """What a report waits for as long as its policy has not come."""
    return f"policy/{insurer}/{policy_no}"


def claim_key(key: Key) -> str:
    """What a step waits for as long as its predecessor has not come."""
    claim_no, insurer = key
    return f"claim/{insurer}/{claim_no}"
