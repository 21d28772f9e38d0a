"""What people may ask claims: submit events, look at claims with their timeline and clock, have totals told."""

from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends, HTTPException

from services.claims.handlers.tell_totals import tell_totals
from services.claims.queries import claims as queries
from services.claims.queries.claims import Wanted
from shared.contracts.registry import CLAIM_SUBMISSIONS
from shared.messaging import outbox
from shared.runtime.intake import intake
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.principals import Principal
from shared.runtime.security import Keeper, in_scope, only
from shared.runtime.settings import Settings
from shared.runtime.web import Reading, Writing

log = structlog.get_logger(__name__)
Looker = Annotated[Principal, Depends(only("operator", "analyst", "county", "auditor", "insurer"))]
Status = Literal["reported", "settled", "paid", "rejected", "reopened"]


def routers(settings: Settings) -> list[APIRouter]:
    """Everything under `/claims/v1`."""
    return [intake("claims", frozenset(CLAIM_SUBMISSIONS)), _claims(), _totals(settings.programme_start_month)]


def _claims() -> APIRouter:
    router = APIRouter(prefix="/claims/v1", tags=["claims"])

    @router.get("/claims")
    async def claims(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Looker,
        region: str = "",
        insurer: str | None = None,
        status: Status | None = None,
        overdue: bool | None = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Claims of a region; `overdue`: undecided for more than 30 days, 10 on the fast track. No free text."""
        whose = insurer if _looks_at_all(caller) else caller.insurer or ""
        wanted = Wanted(in_scope(caller, region or caller.region), whose, status, overdue)
        return page(await queries.claims_in_region(tx, wanted, cursor, limit), "id", limit)

    @router.get("/claims/{insurer}/{claim_no:path}")
    async def claim(tx: Reading, caller: Looker, insurer: str, claim_no: str, reveal: bool = False) -> dict[str, Any]:
        """A claim with its timeline and clock; free text for its insurer, or an auditor who asks to reveal it."""
        found = await queries.claim_with_timeline(tx, insurer, claim_no)
        if found is None or not _may_see(caller, insurer, found["region"]):
            raise HTTPException(404, "There is no such claim, or it lies outside your scope")
        if reveal:
            _audited(caller, insurer, claim_no)
        return found if reveal or caller.insurer == insurer else _without_words(found)

    return router


def _totals(start_month: int) -> APIRouter:
    router = APIRouter(prefix="/claims/v1", tags=["totals"])

    @router.post("/totals")
    async def tell(tx: Writing, _: Keeper) -> dict[str, Any]:
        """Tell each county-day whose totals differ from what was told last (one again where none does)."""
        facts = await tell_totals(start_month, tx)
        await outbox.put(tx, "claims", facts)
        return {"told": len(facts), "told_at": tx.now}

    return router


def _looks_at_all(caller: Principal) -> bool:
    return caller.may("operator", "analyst", "county", "auditor")


def _may_see(caller: Principal, insurer: str, region: str) -> bool:
    return (caller.insurer == insurer or _looks_at_all(caller)) and caller.sees(region)


def _audited(caller: Principal, insurer: str, claim_no: str) -> None:
    """Free text may name people and illnesses: only an auditor may see it, and it is written down who did."""
    if not caller.may("auditor"):
        raise HTTPException(403, "Descriptions and remarks are shown to the role auditor only")
    log.warning("free_text_revealed", principal=caller.name, insurer=insurer, claim_no=claim_no)


def _without_words(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "description": None, "steps": [{**step, "remark": None} for step in found["steps"]]}
