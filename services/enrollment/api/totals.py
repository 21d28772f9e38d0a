"""`/totals`: have the control totals told now, not only every quarter of an hour."""

from typing import Any

from fastapi import APIRouter

from services.enrollment.handlers.tell_totals import tell_totals
from shared.messaging import outbox
from shared.runtime.security import Keeper
from shared.runtime.web import Writing


def totals(start_month: int) -> APIRouter:
    """What the books hold, for reporting to be checked against."""
    router = APIRouter(prefix="/enrollment/v1", tags=["totals"])

    @router.post("/totals")
    async def tell(tx: Writing, _: Keeper) -> dict[str, Any]:
        """Tell each county-day whose totals differ from what was told last (one again where none does)."""
        facts = await tell_totals(start_month, tx)
        await outbox.put(tx, "enrollment", facts)
        return {"told": len(facts), "told_at": tx.now}

    return router
