"""Ways to divide a target among the child regions: a table to edit and to load again."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from services.reporting.api.asking import region_asked
from services.reporting.api.targets import Planner
from services.reporting.queries.targets import active_agents_by_region, units_of_year
from services.reporting.queries.yardsticks import Region, children_of, populations_of, targets_in_force
from services.reporting.rules.pace import last_day_of
from services.reporting.rules.targets import MOST_UNITS, day_of_effect, day_of_planning, divided
from shared.contracts.values import RegionCode
from shared.messaging.transaction import Transaction
from shared.runtime.web import Reading

Weight = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=4)]


class Wanted(BaseModel):
    """A target to divide; without `units` the one in force. `weights` multiply what some children are measured by."""

    region: RegionCode
    year: Annotated[int, Field(ge=2000, le=2100)]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")] = "guideline"
    line: Annotated[str, Field(pattern=r"^[a-z]{0,20}$")] = ""
    method: Literal["population", "last_year", "capacity"]
    units: Annotated[int | None, Field(ge=0, le=MOST_UNITS)] = None
    weights: Annotated[dict[RegionCode, Weight], Field(max_length=1000)] = {}


def proposals(start_month: int) -> APIRouter:
    """`/targets/proposals`."""
    router = APIRouter(prefix="/reporting/v1/targets", tags=["targets"])

    @router.post(
        "/proposals",
        response_model=None,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def propose(tx: Reading, caller: Planner, request: Request, wanted: Wanted) -> dict[str, Any] | Response:
        """A region's target divided among its children by population, last year's units or agents.

        The rows add up to the units exactly. With `Accept: text/csv` it is a file for a spreadsheet that `PUT /targets`
        and `guanai load targets` take in again.
        """
        await region_asked(tx, caller, wanted.region)
        proposal = await _proposal(tx, wanted, start_month)
        as_file = request.headers.get("accept", "").startswith("text/csv")
        return _file(wanted, proposal) if as_file else {**wanted.model_dump(exclude={"weights"}), **proposal}

    return router


async def _proposal(tx: Transaction, wanted: Wanted, start_month: int) -> dict[str, Any]:
    children = await _children(tx, wanted)
    codes = [child.code for child in children]
    day = day_of_planning(tx.today, wanted.year, start_month)
    found = await targets_in_force(tx, [wanted.region, *codes], wanted.year, day)
    kind = (wanted.kind, wanted.line)
    targets = {code: found[code][kind] for code in found if kind in found[code]}
    current = {code: target.units for code, target in targets.items()}
    units = current.get(wanted.region) if wanted.units is None else wanted.units
    if units is None:
        raise HTTPException(422, "The region has no such target yet: say how many `units` are to be divided")
    basis = await _BASES[wanted.method](tx, wanted, children, last_day_of(wanted.year - 1, start_month))
    parts = divided(units, basis, wanted.weights)
    if parts is None:
        raise HTTPException(422, "The weights leave nothing to divide by: give one child region more than 0")
    rows = [
        {
            "region": child.code,
            "name": child.name,
            "basis": basis[child.code],
            "share": parts[child.code].share,
            "units": parts[child.code].units,
            "current": current.get(child.code),
        }
        for child in children
    ]
    revised = [target.effective_on for target in targets.values()]
    begins = day_of_effect(tx.today, wanted.year, start_month, revised)
    return {"units": units, "effective_on": begins, "rows": rows}


async def _children(tx: Transaction, wanted: Wanted) -> list[Region]:
    children = await children_of(tx, wanted.region)
    if not children:
        raise HTTPException(422, "The region has no child regions to divide a target among")
    if strange := sorted(set(wanted.weights) - {child.code for child in children}):
        raise HTTPException(422, f"No child regions, so they have no weight: {', '.join(strange[:10])}")
    return children


async def _by_population(tx: Transaction, _: Wanted, children: list[Region], __: date) -> dict[str, int]:
    known = await populations_of(tx, [child.code for child in children])
    if missing := [f"{child.code} {child.name}" for child in children if child.code not in known]:
        raise HTTPException(
            422, f"No population is known of: {', '.join(missing)}. Load them, or divide by `last_year` instead"
        )
    return {code: population.value for code, population in known.items()}


async def _by_last_year(tx: Transaction, wanted: Wanted, children: list[Region], last_day: date) -> dict[str, int]:
    sold = await units_of_year(tx, [child.code for child in children], wanted.year - 1, last_day, wanted.line)
    if not any(sold.values()):
        raise HTTPException(422, f"No units of {wanted.year - 1} are known here: divide by `population` instead")
    return sold


async def _by_capacity(tx: Transaction, _: Wanted, children: list[Region], __: date) -> dict[str, int]:
    active = await active_agents_by_region(tx, [child.code for child in children])
    if not any(active.values()):
        raise HTTPException(422, "No active agents are known here: tell enrollment of them, or divide by `last_year`")
    return active


_BASES = {"population": _by_population, "last_year": _by_last_year, "capacity": _by_capacity}
_COLUMNS = ("region", "name", "year", "kind", "line", "units", "effective_on", "document", "basis", "share", "current")

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _no_formula(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _file(wanted: Wanted, proposal: dict[str, Any]) -> Response:
    """With a byte order mark, by which spreadsheets know that it is UTF-8."""
    written = io.StringIO()
    table = csv.DictWriter(written, _COLUMNS)
    table.writeheader()
    given = {"year": wanted.year, "kind": wanted.kind, "line": wanted.line, "document": ""}
    for row in proposal["rows"]:
        table.writerow({**given, "effective_on": proposal["effective_on"], **row, "name": _no_formula(row["name"])})
    name = f"targets-{wanted.region}-{wanted.year}-{wanted.kind}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)
