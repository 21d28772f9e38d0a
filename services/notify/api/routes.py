"""Further destinations for notices, made by operators; a webhook's secret is shown once."""

import asyncio
import base64
import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from services.notify.gateways.destinations import Border, DestinationError, resolve_by_dns
from services.notify.gateways.letter_mail import is_mailbox
from services.notify.gateways.signatures import PREFIX
from services.notify.gateways.wecom import key_in
from services.notify.queries import destinations as queries
from services.notify.settings import NotifySettings
from services.notify.tables import routes as table
from shared.messaging.happenings import new_id
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.security import Operator, in_scope
from shared.runtime.web import Reading, Writing

Item = dict[str, Any]
_SECRET_BYTES = 32
_LOOKUP_SECONDS = 5.0


class NewRoute(BaseModel):
    """`region` with everything below it (empty: everywhere); `secret` only for webhooks, made here if absent."""

    region: Annotated[str, Field(pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})?$")] = ""
    channel: Literal["webhook", "wecom", "mail"]
    address: Annotated[str, Field(pattern=r"^[!-~]{1,2000}$")]
    secret: Annotated[str, Field(pattern=r"^whsec_[A-Za-z0-9+/]{31,86}={0,2}$")] | None = None


def routes(settings: NotifySettings) -> APIRouter:
    """`/notify/v1/routes`."""
    router = APIRouter(prefix="/notify/v1", tags=["destinations"])

    async def checked(given: NewRoute) -> NewRoute:
        """Before a transaction begins: names are looked up here."""
        if problem := await _problem_with(given, settings):
            raise HTTPException(422, problem)
        return given

    @router.get("/routes")
    async def listed(tx: Reading, caller: Operator, cursor: Cursor = "", limit: Limit = 100) -> Item:
        """Where notices go besides the contacts; never a secret."""
        return page(await queries.routes_in(tx, caller.region, cursor, limit), "id", limit)

    @router.post("/routes", status_code=201)
    async def add(caller: Operator, given: Annotated[NewRoute, Depends(checked)], tx: Writing) -> Item:
        """Add a destination; the answer holds the secret that signs its webhooks, this once."""
        in_scope(caller, given.region)
        row = {"id": new_id(), **given.model_dump(), "secret": _secret(given), "created_at": tx.now}
        await tx.insert(table, [row])
        return row

    @router.delete("/routes/{route_id}", status_code=204)
    async def remove(tx: Writing, caller: Operator, route_id: str) -> None:
        """Nothing more goes there."""
        region = await queries.region_of(tx, table, route_id)
        if region is None or not caller.sees(region):
            raise HTTPException(404, "There is no such route, or it lies outside your scope")
        await queries.remove_route(tx, route_id)

    return router


def _secret(given: NewRoute) -> str | None:
    if given.channel != "webhook":
        return None
    return given.secret or PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


async def _problem_with(given: NewRoute, settings: NotifySettings) -> str | None:
    """What the gateway would refuse for ever is refused here already."""
    if given.channel == "mail":
        return None if is_mailbox(given.address) else "The address is not a mailbox"
    if given.channel == "wecom":
        known = key_in(given.address, settings.wecom_base_url) is not None
        return None if known else f"The address is no robot under {settings.wecom_base_url}"
    return await _problem_with_url(given.address, settings.webhook_allow_private)


async def _problem_with_url(address: str, allow_private: bool) -> str | None:
    try:
        async with asyncio.timeout(_LOOKUP_SECONDS):
            await Border(resolve_by_dns, allow_private).find(address)
    except DestinationError as refusal:
        return f"No webhook may lead there: {refusal}"
    except OSError:
        return "The host of this URL cannot be found"
    return None
