"""What the books hold of every county and day is told, so that reporting can be checked against it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.enrollment.queries.totals import told_before, totals_to_tell
from shared.contracts.facts import EnrollmentTotals
from shared.contracts.values import Premium, trusted
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction

_TURN = 1_000
"""So many facts are made before others get their turn: the first time there are tens of thousands."""


async def tell_totals(start_month: int, tx: Transaction) -> Sequence[Fact]:
    """Each county-day whose totals differ from what was told last; zeros where nothing is left.

    Where nothing differs one is told again: who hears it knows that all the others still are as they were told.
    """
    facts: list[Fact] = []
    rows = await totals_to_tell(tx, start_month) or await told_before(tx)
    for row in rows:
        facts.append(_fact(row, tx.now, len(rows)))
        if len(facts) % _TURN == 0:
            await asyncio.sleep(0)
    return facts


def _fact(row: Any, told_at: datetime, told_together: int) -> Fact:
    premium = trusted(Premium, self_paid=row.self_paid_fen, fiscal=row.fiscal_fen, donated=row.donated_fen)
    totals = trusted(
        EnrollmentTotals,
        told_at=told_at,
        told_together=told_together,
        region=row.region,
        programme_year=row.programme_year,
        booked_on=row.booked_on,
        policies=row.policies,
        units=row.units,
        persons=row.persons,
        premium=premium,
    )
    return Fact(totals, row.region, f"{row.region}/{row.booked_on}")
