"""The tables of the peer, as an ORM user would declare them: personal data plain, totals by region only."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.contracts.submissions import SubmittedPolicyIssued


class PeerTables(DeclarativeBase):
    """Both tables of the peer."""


class PeerPolicy(PeerTables):
    """A policy."""

    __tablename__ = "policies"

    policy_no: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str]
    region: Mapped[str] = mapped_column(index=True)
    units: Mapped[int]
    self_paid_fen: Mapped[int] = mapped_column(BigInteger)
    fiscal_fen: Mapped[int] = mapped_column(BigInteger)
    donated_fen: Mapped[int] = mapped_column(BigInteger)
    household_no: Mapped[str]
    holder_id_number: Mapped[str] = mapped_column(index=True)
    persons: Mapped[list[Any]] = mapped_column(JSON)
    sold_on: Mapped[date]
    effective_from: Mapped[date]
    effective_to: Mapped[date]

    @classmethod
    def of(cls, source: str, policy: SubmittedPolicyIssued) -> "PeerPolicy":
        """The row of a submitted policy."""
        same = ("policy_no", "product", "region", "units", "household_no", "sold_on", "effective_from", "effective_to")
        return cls(
            source=source,
            **{name: getattr(policy, name) for name in same},
            self_paid_fen=policy.premium.self_paid,
            fiscal_fen=policy.premium.fiscal,
            donated_fen=policy.premium.donated,
            holder_id_number=policy.policyholder.id_number,
            persons=[asdict(person) for person in policy.insured],
        )


class RegionTotal(PeerTables):
    """The sums of a region."""

    __tablename__ = "region_totals"

    region: Mapped[str] = mapped_column(primary_key=True)
    policies: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int] = mapped_column(BigInteger)
    persons: Mapped[int] = mapped_column(BigInteger)
    premium_fen: Mapped[int] = mapped_column(BigInteger)

    @staticmethod
    def values_of(region: str, policy: SubmittedPolicyIssued) -> dict[str, Any]:
        """What one policy adds to a region."""
        premium = policy.premium
        return {
            "region": region,
            "policies": 1,
            "units": policy.units,
            "persons": len(policy.insured),
            "premium_fen": premium.self_paid + premium.fiscal + premium.donated,
        }
