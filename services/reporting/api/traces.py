"""The facts behind a figure: which policy or claim changed it, by how much, on which day."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from services.reporting.api.asking import Asking, Day, region_asked
from services.reporting.queries.sums import scope_of
from services.reporting.queries.traces import Wanted, booked_between, facts_behind
from services.reporting.rules.amounts import MONEY
from services.reporting.rules.measures import SUMS
from shared.contracts.values import yuan_from_fen
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.security import Reader
from shared.runtime.web import Reading

_EARLIEST = date(2000, 1, 1)


def traces() -> APIRouter:
    """`/facts`."""
    router = APIRouter(prefix="/reporting/v1", tags=["trust"])

    @router.get("/facts")
    async def facts(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        about: Asking,
        region: str,
        measure: str = "units",
        since: Annotated[Day | None, Query(alias="from")] = None,
        until: Annotated[Day | None, Query(alias="to")] = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Every fact that changed a measure of the programme year; `booked` is what they all come to together."""
        found = await region_asked(tx, caller, region, about.view)
        scope = await scope_of(tx, [found.code], about.products, about.view)
        wanted = Wanted(scope, about.year, since or _EARLIEST, until or about.day, measure)
        try:
            booked = await booked_between(tx, wanted)
        except KeyError:
            raise HTTPException(422, f"`measure` is one of: {', '.join((*SUMS, *MONEY))}") from None
        try:
            items = await facts_behind(tx, wanted, cursor, limit)
        except ValueError:
            raise HTTPException(422, "`cursor` is the `next` of the page before") from None
        head = {"region": found.shown(), "measure": measure, "year": about.year}
        spoken = yuan_from_fen if measure in MONEY else int
        shown = [{**item, "amount": spoken(item["amount"])} for item in items]
        return {**head, "from": wanted.since, "to": wanted.until, "booked": spoken(booked), **page(shown, "id", limit)}

    return router
