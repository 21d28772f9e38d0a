"""The tree and the populations: read them, and set new vintages."""

from typing import Any

from fastapi import APIRouter, HTTPException

from services.reporting.api.asking import region_asked
from services.reporting.handlers import take_reference
from services.reporting.queries import yardsticks
from shared.contracts.reference import PopulationRow
from shared.runtime.principals import Principal
from shared.runtime.security import Operator, Reader
from shared.runtime.web import Reading, Writing


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


def populations() -> APIRouter:
    """`/populations`."""
    router = APIRouter(prefix="/reporting/v1", tags=["yardsticks"])

    @router.get("/populations")
    async def known(tx: Reading, caller: Reader, region: str) -> dict[str, Any]:
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
