"""Which rules are firing, with their evidence; what is acknowledged; and good news."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from services.reporting.api.asking import Asking, region_asked
from services.reporting.api.lag_rules import RULE_NAME
from services.reporting.handlers.set_rules import acknowledge
from services.reporting.queries.lag_rules import current_rules
from services.reporting.queries.milestones import milestones_inside
from services.reporting.queries.standing_lags import firing
from services.reporting.rules.lag_rules import DATA_STALE
from shared.contracts.values import RegionCode
from shared.messaging import outbox
from shared.messaging.transaction import Transaction
from shared.runtime.security import Operator, Reader
from shared.runtime.web import Reading, Writing


class Acknowledgement(BaseModel):
    """Which standing episode has been looked into, and why nothing more is asked of the region."""

    rule: Annotated[str, Field(pattern=RULE_NAME)]
    region: RegionCode
    year: Annotated[int, Field(ge=2000, le=2100)]
    reason: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


def lags() -> APIRouter:
    """`/lagging` and `/milestones`."""
    router = APIRouter(prefix="/reporting/v1", tags=["lagging"])

    @router.get("/lagging")
    async def lagging(tx: Reading, caller: Reader, about: Asking, parent: str | None = None) -> dict[str, Any]:
        """Every rule that was firing inside a region on the as-of day (default: today)."""
        wanted = parent or caller.region
        if wanted:
            await region_asked(tx, caller, wanted)
        rows = await firing(tx, wanted, about.year, about.day)
        return {"items": [_shown(row) for row in rows], "next": None}

    @router.post("/lagging/acknowledgements", status_code=201)
    async def acknowledged(tx: Writing, caller: Operator, given: Acknowledgement) -> dict[str, Any]:
        """End what never clears by itself, such as `one_step`; it fires again only when more of it happens."""
        region = await region_asked(tx, caller, given.region)
        await _refuse_unfit(tx, given.rule)
        done = await acknowledge(tx, given.rule, region, given.year, (given.reason, caller.name))
        if done is None:
            raise HTTPException(409, "This rule is not firing for the region in this year: there is nothing to end")
        episode, fact = done
        await outbox.put(tx, "reporting", [fact])
        return {
            "rule": episode.rule,
            "region": region.shown(),
            "year": episode.year,
            "episode": episode.episode,
            "cleared_on": episode.cleared_on,
            "reason": given.reason,
            "acknowledged_by": caller.name,
        }

    @router.get("/milestones")
    async def milestones(tx: Reading, caller: Reader, about: Asking, region: str | None = None) -> dict[str, Any]:
        """Goals that regions inside a region had reached by the as-of day (default: today), the newest first."""
        wanted = region or caller.region
        if wanted:
            await region_asked(tx, caller, wanted)
        return {"items": await milestones_inside(tx, wanted, about.year, about.day), "next": None}

    return router


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    region = {"code": row.pop("region"), "name": row.pop("name"), "level": row.pop("level")}
    return {"region": region, **row}


async def _refuse_unfit(tx: Transaction, name: str) -> None:
    known = {rule.name: rule for rule, _ in await current_rules(tx)}
    if name == DATA_STALE or (name in known and known[name].clears):
        raise HTTPException(422, "This rule clears by itself as soon as its numbers have recovered")
    if name not in known:
        raise HTTPException(404, "There is no such rule; /reporting/v1/rules lists them all")
