"""Publish a draft, and correct what was published."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, Field

from services.reporting.api.bulletins import Analyst, Item, erratum, shown, visible
from services.reporting.handlers.correct_bulletins import changes_now, issue_errata
from services.reporting.handlers.draft_bulletins import composed_now
from services.reporting.handlers.publish_bulletins import Print, printed, publish
from services.reporting.queries.bulletins import Bulletin
from services.reporting.queries.reconciliation import Difference, standing_differences
from services.reporting.queries.yardsticks import Region, regions_of
from services.reporting.rules.bulletins.differences import WIDER, difference_said
from services.reporting.rules.bulletins.document import Text
from services.reporting.rules.bulletins.figures import Change
from services.reporting.rules.bulletins.life import final
from shared.messaging import outbox
from shared.messaging.transaction import Transaction
from shared.runtime.web import Writing

Words = Annotated[Text, Field(min_length=1, max_length=500, pattern=r"\S")]


class Publication(BaseModel):
    """Why it is published although the books differ from their sources."""

    reason: Words | None = None


class Errata(BaseModel):
    """The figure to correct (all that differ, when left out) and what caused the difference."""

    figure: Annotated[str, Field(max_length=100)] | None = None
    cause: Words


def publication(start_month: int) -> APIRouter:
    """`/bulletins/{id}/publish` and `/errata`."""
    router = APIRouter(prefix="/reporting/v1", tags=["bulletins"])

    async def ready(
        request: Request, caller: Analyst, bulletin_id: str, given: Publication | None = None
    ) -> Print | None:
        """The final document in every format, written before the transaction begins; None if it is published."""
        running, reason = request.app.state.running, given.reason if given else None
        async with running.database.read() as tx:
            found = await visible(tx, caller, bulletin_id)
            if found.is_published:
                return None
            differences = await _differences(tx, found, reason)
            composed, today = await composed_now(tx, found, start_month), tx.today
        document = final(composed.document, today, reason, differences)
        files = await asyncio.to_thread(printed, document)
        return Print(found, replace(composed, document=document), files, reason)

    @router.post("/bulletins/{bulletin_id}/publish")
    async def publish_it(
        ready: Annotated[Print | None, Depends(ready)], tx: Writing, caller: Analyst, bulletin_id: str
    ) -> Item:
        """Freeze its figures and files; the same answer when it is published already."""
        found = await visible(tx, caller, bulletin_id, to_change=True)
        if not found.is_published and ready is not None:
            await _refuse_changed(tx, found, ready)
            await outbox.put(tx, "reporting", [await publish(tx, ready, caller.name)])
        return await shown(tx, await visible(tx, caller, bulletin_id), start_month)

    @router.post("/bulletins/{bulletin_id}/errata", status_code=201)
    async def correct(tx: Writing, caller: Analyst, bulletin_id: str, given: Errata) -> dict[str, Any]:
        """A numbered erratum for every figure that the books state differently today, as of the same day."""
        found = await visible(tx, caller, bulletin_id, to_change=True)
        if not found.is_published:
            raise HTTPException(409, f"It is still a draft: PATCH …/bulletins/{found.id} changes its text")
        changes = _asked_for(await changes_now(tx, found, start_month), found, given)
        rows = await issue_errata(tx, found, changes, given.cause, caller.name)
        return {"items": [erratum(row) for row in rows], "next": None}

    return router


async def _differences(tx: Transaction, found: Bulletin, reason: str | None) -> list[str]:
    standing = await standing_differences(tx, found.region, found.as_of)
    names = await regions_of(tx, [difference.region for difference in standing])
    differences = list(dict.fromkeys(_said(difference, names, found.region) for difference in standing))
    if differences and reason is None:
        told = "; ".join(differences[:20])
        raise HTTPException(409, f"Not published: the books differ. Clear it, or give a `reason` to publish: {told}")
    return differences


def _said(difference: Difference, names: Mapping[str, Region], about: str) -> str:
    """Of a county around the bulletin's own region no figures: they are not its readers' to see."""
    region = names.get(difference.region)
    if not difference.region.startswith(about):
        return WIDER
    return difference_said(region.name if region else difference.region, difference.shown())


async def _refuse_changed(tx: Transaction, found: Bulletin, ready: Print) -> None:
    if found.edited_at != ready.of.edited_at:
        raise HTTPException(409, "Somebody has changed the draft in the meantime: look at it and publish again")
    await _differences(tx, found, ready.reason)


def _asked_for(changes: list[Change], found: Bulletin, given: Errata) -> list[Change]:
    if given.figure is not None and given.figure not in (found.figures or {}):
        raise HTTPException(422, "The bulletin states no such figure: GET it and take an `id` from `figures`")
    wanted = [change for change in changes if given.figure in (None, change.old.id)]
    if not wanted:
        raise HTTPException(409, "Nothing to correct: today's books state the same as of that day")
    return wanted
