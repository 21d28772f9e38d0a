"""The targets: every version of them, new ones from a table, and how they are handed down the tree."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import TypeAdapter, ValidationError

from services.reporting.api.asking import Day, region_asked
from services.reporting.handlers.take_reference import store_targets
from services.reporting.queries.targets import reasons_against, tree_below, units_in_force_below
from services.reporting.queries.yardsticks import target_versions
from services.reporting.rules.targets import cascade, day_of_planning, versions_in_force
from shared.contracts.reference import BadFile, TargetRow, rows_in
from shared.runtime.principals import Principal
from shared.runtime.reference import text_sent
from shared.runtime.security import Reader, only
from shared.runtime.web import Reading, Writing

Planner = Annotated[Principal, Depends(only("operator", "analyst"))]
ProgrammeYear = Annotated[int, Query(ge=2000, le=2100)]
Kind = Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{0,30}$", description="guideline, stretch, or one of your own")]
Line = Annotated[str, Query(pattern=r"^[a-z]{0,20}$", description="a product line; empty for all that count")]
Depth = Annotated[int, Query(ge=1, le=4, description="levels below the region")]

_ROWS = TypeAdapter(list[TargetRow])
_MOST_NAMED = 100
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "array", "items": TargetRow.model_json_schema()}},
            "text/csv": {"schema": {"type": "string", "description": "the columns of targets.csv"}},
        },
    }
}


def targets(start_month: int) -> APIRouter:
    """`/targets` and `/targets/cascade`."""
    router = APIRouter(prefix="/reporting/v1/targets", tags=["targets"])

    @router.get("")
    async def versions(
        tx: Reading, caller: Reader, region: str, year: ProgrammeYear, as_of: Day | None = None
    ) -> dict[str, Any]:
        """Every version of a region's targets of a year, the newest first; `in_force` on the as-of day."""
        await region_asked(tx, caller, region)
        day = as_of or tx.today
        found = await target_versions(tx, region, year)
        in_force = versions_in_force(found, day)
        items = [{**version, "in_force": version["version"] in in_force} for version in found]
        return {"as_of": day, "items": items, "next": None}

    @router.put("", openapi_extra=_BODY)
    async def set_targets(tx: Writing, caller: Planner, request: Request) -> dict[str, int]:
        """Set targets, from JSON rows or a CSV file: all of them, or none where one cannot be meant.

        A target that differs from its newest version becomes a new one; none is ever overwritten.
        """
        rows, first_line = await _rows_sent(request)
        if reasons := await reasons_against(tx, rows, caller.region):
            raise _refused([f"line {place + first_line}: {reason}" for place, reason in reasons])
        new = await store_targets(tx, rows)
        return {"rows": len(rows), "new_versions": new, "unchanged": len(rows) - new}

    _cascade(router, start_month)
    return router


def _cascade(router: APIRouter, start_month: int) -> None:
    @router.get("/cascade")
    async def handed_down(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        region: str,
        year: ProgrammeYear,
        kind: Kind = "guideline",
        line: Line = "",
        depth: Depth = 1,
        as_of: Day | None = None,
    ) -> dict[str, Any]:
        """A target, what its children were given, and the unassigned rest, down to the village.

        `unassigned` is negative where more was handed down than there is; a child without a target has null. Of a year
        that lies ahead everything counts that will be in force on its last day.
        """
        asked = await region_asked(tx, caller, region)
        day = as_of or day_of_planning(tx.today, year, start_month)
        units = await units_in_force_below(tx, region, year, (kind, line), day)
        tree = cascade(await tree_below(tx, asked, depth), units, region, depth)
        return {"year": year, "kind": kind, "line": line, "as_of": day, **tree.shown()}


async def _rows_sent(request: Request) -> tuple[list[TargetRow], int]:
    """The rows of the body, and the number by which people call the first of them: a CSV file has a heading."""
    text = await text_sent(request)
    if request.headers.get("content-type", "").startswith("text/csv"):
        try:
            return rows_in("targets", text), 2
        except BadFile as error:
            raise _refused(error.problems) from None
    try:
        return _ROWS.validate_json(text), 1
    except ValidationError as error:
        raise _refused([_said(e["loc"], e["msg"]) for e in error.errors(include_url=False)]) from None


def _said(loc: Sequence[int | str], message: str) -> str:
    where = f"line {int(loc[0]) + 1}: {'.'.join(map(str, loc[1:]))}: " if loc and isinstance(loc[0], int) else ""
    return where + message


def _refused(problems: Sequence[str]) -> HTTPException:
    more = f"\nand {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
    return HTTPException(422, "Nothing was changed:\n" + "\n".join(problems[:_MOST_NAMED]) + more)
