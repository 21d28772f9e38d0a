"""The address book, and silences: nothing is sent about a region or rule until a day has passed."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from services.notify.queries import destinations as queries
from services.notify.rules.masks import masked_address
from services.notify.tables import silences
from shared.messaging.happenings import new_id
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.principals import Principal
from shared.runtime.security import Operator, Reader, in_scope
from shared.runtime.web import Reading, Writing

Item = dict[str, Any]
Scope = Annotated[str, Field(pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})?$")]


class NewSilence(BaseModel):
    """`region` with everything below it (empty: everywhere), `rule` or milestone (*: any news), `until` inclusive."""

    region: Scope = ""
    rule: Annotated[str, Field(pattern=r"^(\*|[a-z][a-z0-9_]{0,99})$")] = "*"
    until: date
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


def destinations() -> APIRouter:
    """`/notify/v1/contacts` and `/notify/v1/silences`."""
    router = APIRouter(prefix="/notify/v1", tags=["destinations"])
    _contacts(router)
    _silences(router)
    return router


def _contacts(router: APIRouter) -> None:
    @router.get("/contacts")
    async def contacts(tx: Reading, caller: Reader, region: str = "", cursor: Cursor = "", limit: Limit = 100) -> Item:
        """Who is told about a region."""
        wanted = in_scope(caller, region or caller.region)
        found = await queries.contacts_in(tx, wanted, cursor, limit)
        return page([_shown(caller, item) for item in found], "id", limit)


def _silences(router: APIRouter) -> None:
    @router.get("/silences")
    async def listed(tx: Reading, caller: Reader, cursor: Cursor = "", limit: Limit = 100) -> Item:
        """What is silenced, until when and why."""
        return page(await queries.silences_in(tx, caller.region, cursor, limit), "id", limit)

    @router.post("/silences", status_code=201)
    async def add(tx: Writing, caller: Operator, given: NewSilence) -> Item:
        """From now on, notices it covers are written but not sent."""
        in_scope(caller, given.region)
        row = {"id": new_id(), **given.model_dump(), "by": caller.name, "created_at": tx.now}
        await tx.insert(silences, [row])
        return row

    @router.delete("/silences/{silence_id}", status_code=204)
    async def remove(tx: Writing, caller: Operator, silence_id: str) -> None:
        """End a silence; what it kept back is not sent afterwards."""
        region = await queries.region_of(tx, silences, silence_id)
        if region is None or not caller.sees(region):
            raise HTTPException(404, "There is no such silence, or it lies outside your scope")
        await queries.remove_silence(tx, silence_id)


def _shown(caller: Principal, item: Item) -> Item:
    if caller.may("operator"):
        return item
    return {
        **item,
        "email": masked_address("mail", item["email"]),
        "robot_url": masked_address("wecom", item["robot_url"]),
    }
