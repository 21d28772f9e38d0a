"""The additive measures of a cell."""

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Measures:
    """Signed sums; money in fen. `units_fiscal` and `units_donated` split the units by payer.

    `households` are distinct, not a sum. `outstanding_fen`, `claims_open` and `claims_overdue` are stocks: they are
    summed over all years.
    """

    policies: int = 0
    units: int = 0
    persons: int = 0
    self_paid_fen: int = 0
    fiscal_fen: int = 0
    donated_fen: int = 0
    units_fiscal: int = 0
    units_donated: int = 0
    claims_reported: int = 0
    claims_settled: int = 0
    claims_paid: int = 0
    claims_rejected: int = 0
    settled_fen: int = 0
    paid_fen: int = 0
    outstanding_fen: int = 0
    feedback_answers: int = 0
    feedback_satisfied: int = 0
    claims_open: int = 0
    claims_overdue: int = 0
    households: int = 0

    @property
    def premium_fen(self) -> int:
        return self.self_paid_fen + self.fiscal_fen + self.donated_fen

    @property
    def units_self_paid(self) -> int:
        return self.units - self.units_fiscal - self.units_donated


MEASURES: tuple[str, ...] = tuple(field.name for field in fields(Measures))
SUMS = MEASURES[:-1]
"""The additive measures, which cells hold."""
STOCKS = ("outstanding_fen", "claims_open", "claims_overdue")
OF_POLICIES = SUMS[: SUMS.index("claims_reported")]
OF_CLAIMS = SUMS[len(OF_POLICIES) :]
"""A fact is about a policy or a claim: it changes only the measures of its kind."""
CONTROLLED = {
    "enrollment": ("policies", "units", "persons", "self_paid_fen", "fiscal_fen", "donated_fen"),
    "claims": ("claims_reported", "claims_settled", "claims_paid", "claims_rejected", "settled_fen", "paid_fen"),
}
"""By source the measures whose totals it tells per county and day."""
