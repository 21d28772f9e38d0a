"""What the platform tells itself: facts with the state before and after, without personal data."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from shared.contracts.values import Money, Premium, RegionCode, Value

StepKind = Literal["reported", "settled", "paid", "rejected", "reopened", "recovered", "answered"]


class PolicyState(Value):
    """A policy on the books. `household` is a pseudonym that stays the same within an insurer."""

    product: str
    region: RegionCode
    in_force: bool = True
    units: int
    persons: int
    premium: Premium
    household: str
    effective_from: date
    effective_to: date
    renewed: bool = False


class PolicyChange(Value):
    """A revision of a policy, booked on its own day: `before` is None for an issue."""

    insurer: str
    policy_no: str
    revision: int
    sold_on: date
    booked_on: date
    before: PolicyState | None
    after: PolicyState


class PolicyIssued(PolicyChange):
    """`guanai.policy.issued.v1`"""


class PolicyEndorsed(PolicyChange):
    """`guanai.policy.endorsed.v1`"""


class PolicyCancelled(PolicyChange):
    """`guanai.policy.cancelled.v1`: `after` is out of force and keeps the premium that was not refunded."""


class ClaimStep(Value):
    """One step of a claim on its own day. `amount`: reserve, settled, paid or recovered money."""

    step: StepKind
    on: date
    amount: Money = 0
    satisfied: bool | None = None


class ClaimState(Value):
    """A claim with all its steps sorted by (date, step), on the region and product of its policy.

    `clock_days`: an open claim is overdue once more days than these have passed since its report or reopening.
    """

    product: str
    region: RegionCode
    kind: str
    reported_on: date
    fast_track: bool = False
    clock_days: int = 30
    steps: tuple[ClaimStep, ...]


class ClaimChange(Value):
    """One more step of a claim, or its move to another region or product."""

    insurer: str
    claim_no: str
    policy_no: str
    before: ClaimState | None
    after: ClaimState


class ClaimReported(ClaimChange):
    """`guanai.claim.reported.v1`"""


class ClaimSettled(ClaimChange):
    """`guanai.claim.settled.v1`"""


class ClaimPaid(ClaimChange):
    """`guanai.claim.paid.v1`"""


class ClaimRejected(ClaimChange):
    """`guanai.claim.rejected.v1`"""


class ClaimReopened(ClaimChange):
    """`guanai.claim.reopened.v1`"""


class ClaimRecovered(ClaimChange):
    """`guanai.claim.recovered.v1`"""


class ClaimAnswered(ClaimChange):
    """`guanai.claim.answered.v1`"""


class ClaimCorrected(ClaimChange):
    """`guanai.claim.corrected.v1`: a late revision of the policy moves the claim's bookings."""


class AgentState(Value):
    """Where an enrolment agent works; no name, no phone."""

    villages: tuple[RegionCode, ...]
    active: bool


class AgentChanged(Value):
    """`guanai.agent.changed.v1`"""

    agent_no: str
    region: RegionCode
    before: AgentState | None
    after: AgentState


class Totals(Value):
    """One of the `told_together` county-days that a service began to tell at `told_at`, by its clock."""

    told_at: AwareDatetime | None = None
    told_together: int = 1


class EnrollmentTotals(Totals):
    """`guanai.enrollment.totals.v1`: what enrollment's own tables hold of one county and day."""

    region: RegionCode
    programme_year: int
    booked_on: date
    policies: int
    units: int
    persons: int
    premium: Premium


class ClaimsTotals(Totals):
    """`guanai.claims.totals.v1`: what the claims tables hold of one county and day."""

    region: RegionCode
    programme_year: int
    booked_on: date
    claims_reported: int
    claims_settled: int
    claims_paid: int
    claims_rejected: int
    settled_amount: Money
    paid_amount: Money
