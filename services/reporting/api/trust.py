"""Whether the books can be trusted: against the sources' control totals, and within themselves."""

from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException

from services.reporting.handlers.reconcile import reconcile
from services.reporting.queries import invariants, reconciliation
from shared.messaging.transaction import AnyRow, Transaction
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.principals import Principal
from shared.runtime.security import Keeper, Operator
from shared.runtime.web import LongReading, Reading, Writing


def trust() -> APIRouter:
    """`/reconciliations`, `/differences`, `/tellings` and `/invariants`."""
    router = APIRouter(prefix="/reporting/v1", tags=["trust"])
    _looks(router)
    _details(router)
    return router


def _looks(router: APIRouter) -> None:
    @router.post("/reconciliations", status_code=201)
    async def look(tx: Writing, caller: Keeper) -> dict[str, Any]:
        """Compare every county and day with the control totals, now."""
        return await _shown(tx, caller, await reconcile(tx))

    @router.get("/reconciliations")
    async def listed(tx: Reading, caller: Operator, cursor: Cursor = "", limit: Limit = 100) -> dict[str, Any]:
        """Past looks, the newest first, without their differences."""
        looks = [_summary(row, caller) for row in await reconciliation.latest_looks(tx, cursor, limit)]
        return page(looks, "id", limit)

    @router.get("/reconciliations/{look_id}")
    async def one(tx: Reading, caller: Operator, look_id: str) -> dict[str, Any]:
        """A look with its first 500 differences, the standing ones first; those of the last go on in /differences."""
        return await _shown(tx, caller, look_id)


def _details(router: APIRouter) -> None:
    @router.get("/differences")
    async def differences(tx: Reading, caller: Operator, cursor: Cursor = "", limit: Limit = 500) -> dict[str, Any]:
        """All differences of the last look, by source, county and day."""
        rows = await reconciliation.differences_after(tx, caller.region, _place(cursor), limit)
        items = [difference.shown() for difference in rows]
        return {"items": items, "next": rows[-1].cursor if len(rows) == limit else None}

    @router.get("/tellings")
    async def tellings(tx: Reading, _: Operator) -> dict[str, Any]:
        """By source when the newest telling of control totals began of which everything has been heard."""
        heard = await reconciliation.heard_until(tx)
        return {"items": [{"source": s, "told_at": told_at} for s, told_at in sorted(heard.items())], "next": None}

    @router.get("/invariants")
    async def unbalanced(tx: LongReading, caller: Operator, limit: Limit = 100) -> dict[str, Any]:
        """Where a cell is not the sum of its children and its own facts; empty when the books are sound."""
        return {"items": await invariants.unbalanced(tx, limit, caller.region), "next": None}


async def _shown(tx: Transaction, caller: Principal, look_id: str) -> dict[str, Any]:
    row = await reconciliation.look_by_id(tx, look_id)
    if row is None:
        raise HTTPException(404, "There is no reconciliation of this id")
    return {**_summary(row, caller), "items": _seen(row, caller)}


def _summary(row: AnyRow, caller: Principal) -> dict[str, Any]:
    """Whoever sees a part of the tree is told the counts of that part, as far as they are kept."""
    told = {name: value for name, value in row._mapping.items() if name != "items"}
    if not caller.region:
        return told
    stands = [item["stands"] for item in _seen(row, caller)]
    return {**told, "compared": None, "differences": stands.count(True), "unsettled": stands.count(False)}


def _seen(row: AnyRow, caller: Principal) -> list[dict[str, Any]]:
    return [item for item in row.items if caller.sees(item["region"])]


def _place(cursor: str) -> list[Any]:
    if not cursor:
        return []
    try:
        source, region, year, booked_on, measure = cursor.split("/")
        return [source, region, int(year), date.fromisoformat(booked_on), measure]
    except ValueError:
        raise HTTPException(422, "The cursor is the `next` of the page before") from None
