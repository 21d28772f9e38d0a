"""What the platform tells of regions: who lags and why, good news, bulletins, and what became of notices."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.values import RegionCode, Value

Severity = Literal["warning", "severe"]


class Contribution(Value):
    """A child region's part of a gap, in units (or the rule's own measure)."""

    region: RegionCode
    name: str
    gap: float


class Evidence(Value):
    """Why a rule fires: its fraction, threshold, what is missing, and who contributes most."""

    numerator: float
    denominator: float | None = None
    value: float | None = None
    threshold: float
    gap_units: int | None = None
    needed_per_day: float | None = None
    children: tuple[Contribution, ...] = ()


class RegionStatus(Value):
    """What both lag facts name: one rule, one region, one episode."""

    region: RegionCode
    name: str
    level: str
    rule: str
    programme_year: int
    episode: Annotated[int, Field(ge=1)]
    as_of: date
    severity: Severity
    evidence: Evidence


class RegionLagging(RegionStatus):
    """`guanai.region.lagging.v1`: the rule started to fire, or became severe."""


class RegionRecovered(RegionStatus):
    """`guanai.region.recovered.v1`: the rule's own clearing threshold is met."""

    since: date


class RegionMilestone(Value):
    """`guanai.region.milestone.v1`: good news, such as the guideline reached."""

    region: RegionCode
    name: str
    level: str
    programme_year: int
    milestone: str
    reached_on: date
    value: float


class BulletinPublished(Value):
    """`guanai.bulletin.published.v1`"""

    bulletin_id: str
    kind: Literal["weekly", "quarterly", "annual"]
    region: RegionCode
    programme_year: int
    as_of: date
    title: str


class NoticeOutcome(Value):
    """What became of one notice on one channel."""

    notice_id: str
    region: RegionCode
    channel: str
    attempts: int


class NoticeDelivered(NoticeOutcome):
    """`guanai.notice.delivered.v1`"""


class NoticeFailed(NoticeOutcome):
    """`guanai.notice.failed.v1`: given up, with a reason that names no address."""

    reason: str


class PledgeMade(Value):
    """`guanai.pledge.made.v1`: a lagging region says by when it will have caught up."""

    notice_id: str
    region: RegionCode
    due_on: date
