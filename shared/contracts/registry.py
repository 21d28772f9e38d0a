"""The closed table of event types: which name on the wire carries which data, and the two parsers."""

from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, TypeAdapter, create_model

from shared.contracts import facts as f
from shared.contracts import judgements as j
from shared.contracts import receipts as r
from shared.contracts import submissions as s
from shared.contracts.envelope import Event

POLICY_SUBMISSIONS: dict[str, type[BaseModel]] = {
    "guanai.insurer.policy.issued.v1": s.SubmittedPolicyIssued,
    "guanai.insurer.policy.endorsed.v1": s.SubmittedPolicyEndorsed,
    "guanai.insurer.policy.cancelled.v1": s.SubmittedPolicyCancelled,
}
CLAIM_SUBMISSIONS: dict[str, type[BaseModel]] = {
    "guanai.insurer.claim.reported.v1": s.SubmittedClaimReported,
    "guanai.insurer.claim.settled.v1": s.SubmittedClaimSettled,
    "guanai.insurer.claim.paid.v1": s.SubmittedClaimPaid,
    "guanai.insurer.claim.rejected.v1": s.SubmittedClaimRejected,
    "guanai.insurer.claim.reopened.v1": s.SubmittedClaimReopened,
    "guanai.insurer.claim.recovered.v1": s.SubmittedClaimRecovered,
    "guanai.insurer.claim.answered.v1": s.SubmittedClaimAnswered,
}
FACTS: dict[str, type[BaseModel]] = {
    "guanai.policy.issued.v1": f.PolicyIssued,
    "guanai.policy.endorsed.v1": f.PolicyEndorsed,
    "guanai.policy.cancelled.v1": f.PolicyCancelled,
    "guanai.claim.reported.v1": f.ClaimReported,
    "guanai.claim.settled.v1": f.ClaimSettled,
    "guanai.claim.paid.v1": f.ClaimPaid,
    "guanai.claim.rejected.v1": f.ClaimRejected,
    "guanai.claim.reopened.v1": f.ClaimReopened,
    "guanai.claim.recovered.v1": f.ClaimRecovered,
    "guanai.claim.corrected.v1": f.ClaimCorrected,
    "guanai.claim.answered.v1": f.ClaimAnswered,
    "guanai.agent.changed.v1": f.AgentChanged,
    "guanai.enrollment.totals.v1": f.EnrollmentTotals,
    "guanai.claims.totals.v1": f.ClaimsTotals,
    "guanai.region.lagging.v1": j.RegionLagging,
    "guanai.region.recovered.v1": j.RegionRecovered,
    "guanai.region.milestone.v1": j.RegionMilestone,
    "guanai.bulletin.published.v1": j.BulletinPublished,
    "guanai.notice.delivered.v1": j.NoticeDelivered,
    "guanai.notice.failed.v1": j.NoticeFailed,
    "guanai.pledge.made.v1": j.PledgeMade,
    "guanai.receipt.v1": r.Receipt,
}
SUBMISSIONS = POLICY_SUBMISSIONS | CLAIM_SUBMISSIONS
EVENT_TYPES: dict[str, type[BaseModel]] = SUBMISSIONS | FACTS
_TYPE_OF = {data: name for name, data in EVENT_TYPES.items()}


def type_of(data: type[BaseModel]) -> str:
    """`PolicyIssued` -> `guanai.policy.issued.v1`."""
    return _TYPE_OF[data]


@cache
def event_of(name: str) -> type[Event[Any]]:
    """The envelope model of one type, with `type` fixed. Raises KeyError for an unknown type."""
    data = EVENT_TYPES[name]
    fixed: Any = (Literal[name], name)
    return create_model(f"{data.__name__}Event", __base__=Event[data], type=fixed)  # type: ignore[valid-type]


@cache
def one_of(names: frozenset[str]) -> TypeAdapter[Event[Any]]:
    """A parser of single events of these types."""
    return TypeAdapter(_any_of(names))


@cache
def batch_of(names: frozenset[str]) -> TypeAdapter[list[Event[Any]]]:
    """A parser of arrays of events of these types; one bad event fails the whole array."""
    form: Any = list.__class_getitem__(_any_of(names))
    return TypeAdapter(form)


def _any_of(names: frozenset[str]) -> Any:
    models = [event_of(name) for name in sorted(names)]
    return models[0] if len(models) == 1 else Annotated[reduce(or_, models), Discriminator("type")]
