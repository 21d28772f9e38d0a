"""The tree, the targets and the populations: read them, and set new versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query

from services.reporting.api.asking import region_asked
from services.reporting.handlers import take_reference
from services.reporting.queries import yardsticks
from shared.contracts.reference import PopulationRow, TargetRow
from shared.runtime.principals import Principal
from shared.runtime.security import Operator, Reader, only
from shared.runtime.web import Reading, Writing

Planner = Annotated[Principal, Depends(only("operator", "analyst"))]


def tree() -> APIRouter:
    """`/regions`."""
    router = APIRouter(prefix="/reporting/v1", tags=["regions"])

    @router.get("/regions/{code}")
    async def region(tx: Reading, caller: Reader, code: str) -> dict[str, Any]:
        """A region of the tree."""
        return (await region_asked(tx, caller, code)).shown()

    @router.get("/regions/{code}/children")
    async def children(tx: Reading, caller: Reader, code: str) -> dict[str, Any]:
        """The regions of the next level inside it."""
        await region_asked(tx, caller, code)
        return {"items": [child.shown() for child in await yardsticks.children_of(tx, code)], "next": None}

    return router


def targets_and_populations() -> APIRouter:
    """`/targets` and `/populations`."""
    router = APIRouter(prefix="/reporting/v1", tags=["yardsticks"])

    @router.get("/targets")
    async def targets(
        tx: Reading, caller: Reader, region: str, year: Annotated[int, Query(ge=2000, le=2100)]
    ) -> dict[str, Any]:
        """Every version of a region's targets of a year, the newest first."""
        await region_asked(tx, caller, region)
        return {"items": await yardsticks.target_versions(tx, region, year), "next": None}

    @router.put("/targets")
    async def set_targets(tx: Writing, caller: Planner, rows: list[TargetRow]) -> dict[str, int]:
        """Set targets: a changed one becomes a new version, none is overwritten."""
        await _all_known(tx, caller, [row.region for row in rows])
        await take_reference.store_targets(tx, rows)
        return {"rows": len(rows)}

    @router.get("/populations")
    async def populations(tx: Reading, caller: Reader, region: str) -> dict[str, Any]:
        """The population that penetration is computed with."""
        await region_asked(tx, caller, region)
        found = (await yardsticks.populations_of(tx, [region])).get(region)
        items = [{"region": region, "value": found.value, "vintage": found.vintage}] if found else []
        return {"items": items, "next": None}

    @router.put("/populations")
    async def set_populations(tx: Writing, caller: Operator, rows: list[PopulationRow]) -> dict[str, int]:
        """Set populations of a vintage."""
        await _all_known(tx, caller, [row.code for row in rows])
        await take_reference.store_populations(tx, rows)
        return {"rows": len(rows)}

    return router


async def _all_known(tx: Reading, caller: Principal, codes: list[str]) -> None:
    known = await yardsticks.regions_of(tx, codes)
    strange = sorted({code for code in codes if code not in known or not caller.sees(code)})
    if strange:
        raise HTTPException(422, f"Nothing was changed: no region that you may set: {', '.join(strange[:10])}")
