"""`/policies` and `/products`: look at policies, read the catalogue."""

from datetime import date
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, HTTPException

from services.enrollment.handlers.revisions import place_of
from services.enrollment.queries import policies as queries
from services.enrollment.queries.reference import catalogue_now
from services.enrollment.rules.personal_data import Vault
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.principals import Principal
from shared.runtime.security import in_scope, only
from shared.runtime.web import Reading

log = structlog.get_logger(__name__)
Looker = Annotated[Principal, Depends(only("operator", "analyst", "county", "auditor", "insurer"))]


def policies_and_products(vault: Vault) -> APIRouter:
    """Policies, without personal data unless revealed, and the catalogue."""
    router = APIRouter(prefix="/enrollment/v1", tags=["policies"])

    @router.get("/policies")
    async def policies(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Looker,
        region: str = "",
        insurer: str | None = None,
        product: str | None = None,
        sold_from: date | None = None,
        sold_to: date | None = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Policies of a region, without personal data."""
        wanted = in_scope(caller, region or caller.region)
        whose = insurer if _looks_at_all(caller) else caller.insurer or ""
        filters = {"insurer": whose, "product": product, "sold_from": sold_from, "sold_to": sold_to}
        return page(await queries.policies_in_region(tx, wanted, filters, cursor, limit), "policy_no", limit)

    @router.get("/policies/{insurer}/{policy_no:path}")
    async def policy(tx: Reading, caller: Looker, insurer: str, policy_no: str, reveal: bool = False) -> dict[str, Any]:
        """A policy with its revisions; personal data masked unless an auditor asks to reveal it."""
        revisions = await queries.revisions_of_policy(tx, insurer, policy_no)
        if not revisions or not _may_see(caller, insurer, revisions[0]["region"]):
            raise HTTPException(404, "There is no such policy, or it lies outside your scope")
        if reveal:
            _audited(caller, insurer, policy_no)
        return {"insurer": insurer, "policy_no": policy_no, "revisions": [_shown(vault, r, reveal) for r in revisions]}

    @router.get("/products")
    async def catalogue(tx: Reading, _: Looker) -> dict[str, Any]:
        """The catalogue with every version."""
        versions = await catalogue_now(tx)
        items = [{name: getattr(v, name) for name in v.__slots__} for vs in versions.values() for v in vs]
        return {"items": items, "next": None}

    return router


def _may_see(caller: Principal, insurer: str, region: str) -> bool:
    return (caller.insurer == insurer or _looks_at_all(caller)) and caller.sees(region)


def _looks_at_all(caller: Principal) -> bool:
    return caller.may("operator", "analyst", "county", "auditor")


def _audited(caller: Principal, insurer: str, policy_no: str) -> None:
    """Only an auditor may see personal data, and it is written down who did."""
    if not caller.may("auditor"):
        raise HTTPException(403, "Personal data is shown to the role auditor only")
    log.warning("personal_data_revealed", principal=caller.name, insurer=insurer, policy_no=policy_no)


def _shown(vault: Vault, row: dict[str, Any], reveal: bool) -> dict[str, Any]:
    place = place_of(row["policy_no"], row["insurer"], row["revision"])
    return {**queries.shown(row), **queries.persons_in(vault, row, place, reveal)}
