"""Which rules are firing, with their evidence."""

from typing import Any

from fastapi import APIRouter

from services.reporting.api.asking import Asking, region_asked
from services.reporting.queries.standing_lags import firing
from shared.runtime.security import Reader
from shared.runtime.web import Reading


def lags() -> APIRouter:
    """`/lagging`."""
    router = APIRouter(prefix="/reporting/v1", tags=["lagging"])

    @router.get("/lagging")
    async def lagging(tx: Reading, caller: Reader, about: Asking, parent: str | None = None) -> dict[str, Any]:
        """Every firing rule inside a region."""
        wanted = parent or caller.region
        if wanted:
            await region_asked(tx, caller, wanted)
        rows = await firing(tx, wanted, about.year)
        return {"items": [_shown(row) for row in rows], "next": None}

    return router


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    region = {"code": row.pop("region"), "name": row.pop("name"), "level": row.pop("level")}
    return {"region": region, **row}
