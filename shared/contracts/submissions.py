"""What insurers send: policies and claims, strictly typed, exactly as they stand in the contract."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from shared.contracts.values import MoneyFromOutside, PositiveMoney

Number = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$")]
Units = Annotated[int, Field(ge=1, le=10**12)]
Revision = Annotated[int, Field(ge=2, le=10**6)]
ClaimKind = Literal["accident", "illness", "hospital_allowance", "disability", "death"]


_FROM_OUTSIDE = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)
"""What stands inside a submission has slots: half of all memory would be the persons' otherwise."""


class Submission(BaseModel):
    """Data from outside: strict types, unknown fields ignored, never echoed in an error."""

    model_config = ConfigDict(**_FROM_OUTSIDE, frozen=True)


@dataclass(config=_FROM_OUTSIDE, frozen=True, slots=True)
class SubmittedPremium:
    """Premium by payer; none may be negative, the total may be 0."""

    self_paid: MoneyFromOutside
    fiscal: MoneyFromOutside
    donated: MoneyFromOutside


@dataclass(config=_FROM_OUTSIDE, frozen=True, slots=True)
class Policyholder:
    """Who holds the policy (personal data)."""

    name: Text
    id_number: Number
    phone: Number | None = None


@dataclass(config=_FROM_OUTSIDE, frozen=True, slots=True)
class Insured:
    """A person the policy covers (personal data)."""

    name: Text
    id_number: Number
    relation: Number


@dataclass(config=_FROM_OUTSIDE, frozen=True, slots=True)
class Consent:
    """How and when the policyholder agreed to the use of the data."""

    method: Number
    given_on: date


class PolicyContent(Submission):
    """A whole policy as it is after issue or after a change."""

    policy_no: Number
    product: Number
    region: Number
    units: Units
    premium: SubmittedPremium
    household_no: Number
    policyholder: Policyholder
    insured: Annotated[list[Insured], Field(min_length=1, max_length=1000)]
    sold_on: date
    effective_from: date
    effective_to: date
    agent_no: Number | None = None
    consent: Consent | None = None
    renews: Number | None = None


class SubmittedPolicyIssued(PolicyContent):
    """`guanai.insurer.policy.issued.v1`: revision 1 of a policy."""


class SubmittedPolicyEndorsed(PolicyContent):
    """`guanai.insurer.policy.endorsed.v1`: the whole policy after revision n >= 2."""

    revision: Revision
    endorsed_on: date
    reason: Text


class SubmittedPolicyCancelled(Submission):
    """`guanai.insurer.policy.cancelled.v1`: the policy ends with revision n >= 2."""

    policy_no: Number
    revision: Revision
    cancelled_on: date
    refund: SubmittedPremium
    reason: Text


class ClaimSubmission(Submission):
    """What every message about a claim names."""

    claim_no: Number


class SubmittedClaimReported(ClaimSubmission):
    """`guanai.insurer.claim.reported.v1`"""

    policy_no: Number
    kind: ClaimKind
    incident_on: date
    reported_on: date
    reserve: MoneyFromOutside
    fast_track: bool
    description: Text | None = None


class SubmittedClaimSettled(ClaimSubmission):
    """`guanai.insurer.claim.settled.v1`"""

    settled_on: date
    amount: MoneyFromOutside


class SubmittedClaimPaid(ClaimSubmission):
    """`guanai.insurer.claim.paid.v1`; `payment_no` tells two equal payments of a day apart."""

    paid_on: date
    amount: PositiveMoney
    payment_no: Number | None = None


class SubmittedClaimRejected(ClaimSubmission):
    """`guanai.insurer.claim.rejected.v1`"""

    rejected_on: date
    reason: Text


class SubmittedClaimReopened(ClaimSubmission):
    """`guanai.insurer.claim.reopened.v1`"""

    reopened_on: date
    reason: Text
    reserve: MoneyFromOutside


class SubmittedClaimRecovered(ClaimSubmission):
    """`guanai.insurer.claim.recovered.v1`: money taken back."""

    recovered_on: date
    amount: PositiveMoney
    reason: Text
    payment_no: Number | None = None


class SubmittedClaimAnswered(ClaimSubmission):
    """`guanai.insurer.claim.answered.v1`: what the family says of the handling."""

    answered_on: date
    satisfied: bool
    comment: Text | None = None
