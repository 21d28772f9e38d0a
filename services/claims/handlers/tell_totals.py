"""What the books hold of every county and day is told, so that reporting can be checked against it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from services.claims.queries.totals import totals_to_tell
from shared.contracts.facts import ClaimsTotals
from shared.contracts.values import trusted
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction

_TURN = 1_000
"""So many facts are made before others get their turn: the first time there are tens of thousands."""


async def tell_totals(start_month: int, tx: Transaction) -> Sequence[Fact]:
    """Each county-day whose totals differ from what was told last; zeros where nothing is left."""
    facts: list[Fact] = []
    for row in await totals_to_tell(tx, start_month):
        facts.append(_fact(row))
        if len(facts) % _TURN == 0:
            await asyncio.sleep(0)
    return facts


def _fact(row: Any) -> Fact:
    totals = trusted(
        ClaimsTotals,
        region=row.region,
        programme_year=row.programme_year,
        booked_on=row.booked_on,
        claims_reported=row.claims_reported,
        claims_settled=row.claims_settled,
        claims_paid=row.claims_paid,
        claims_rejected=row.claims_rejected,
        settled_amount=row.settled_fen,
        paid_amount=row.paid_fen,
    )
    return Fact(totals, row.region, f"{row.region}/{row.booked_on}")
