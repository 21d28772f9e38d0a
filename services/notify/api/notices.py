"""Notices of the caller's regions, their deliveries attempt by attempt, and the pledges made in answer."""

from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from services.notify.queries import notices as queries
from services.notify.queries.notices import Pledge, Wanted
from services.notify.rules.masks import masked_address
from shared.contracts.judgements import PledgeMade
from shared.messaging import outbox
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction
from shared.runtime.operations import Limit, page
from shared.runtime.principals import Principal
from shared.runtime.security import Reader, in_scope, only
from shared.runtime.web import Reading, Writing

Before = Annotated[str, Query(pattern=r"^\d{0,18}$", alias="cursor")]
State = Literal["open", "delivered", "given_up", "switched_off"]
County = Annotated[Principal, Depends(only("county"))]
Item = dict[str, Any]
_NOTHING_TO_PLEDGE = {
    "recovered": "The region has recovered: pledge in answer to a notice that it lags, not to this one",
    "milestone": "This is good news and asks for nothing: pledge in answer to a notice that a region lags",
    "bulletin": "A bulletin is to be read, not answered: pledge in answer to a notice that a region lags",
}


class NewPledge(BaseModel):
    """What a lagging region promises, by when."""

    due_on: date
    text: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


def notices() -> APIRouter:
    """`/notify/v1/notices` and `/notify/v1/deliveries`."""
    router = APIRouter(prefix="/notify/v1", tags=["notices"])
    _lists(router)
    _one(router)
    return router


def _lists(router: APIRouter) -> None:
    @router.get("/notices")
    async def listed(  # noqa: PLR0913, PLR0917
        tx: Reading, caller: Reader, region: str = "", rule: str | None = None, cursor: Before = "", limit: Limit = 100
    ) -> Item:
        """Notices of a region and everything below it, the newest first."""
        wanted = Wanted(_scope(caller, region), rule=rule, before=_position(cursor), most=limit)
        return _page(await queries.notices_in(tx, wanted), limit)

    @router.get("/deliveries")
    async def deliveries(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        region: str = "",
        notice: str | None = None,
        state: State | None = None,
        cursor: Before = "",
        limit: Limit = 100,
    ) -> Item:
        """Every notice to every address, the newest first."""
        wanted = Wanted(_scope(caller, region), None, notice, state, _position(cursor), limit)
        return _page([_shown(caller, item) for item in await queries.deliveries_in(tx, wanted)], limit)


def _one(router: APIRouter) -> None:
    @router.get("/notices/{notice_id}")
    async def notice(tx: Reading, caller: Reader, notice_id: str) -> Item:
        """The whole notice, with its deliveries, every attempt and the pledges."""
        found = await _visible(tx, caller, notice_id)
        sent = [_shown(caller, item) for item in await queries.deliveries_of(tx, notice_id)]
        return {**found, "deliveries": sent, "pledges": await queries.pledges_to(tx, notice_id)}

    @router.post("/notices/{notice_id}/pledge", status_code=201)
    async def pledge(tx: Writing, caller: County, notice_id: str, given: NewPledge) -> Item:
        """Promise what will be done by when; the same promise twice counts once."""
        found = await _visible(tx, caller, notice_id)
        _refuse_unfit(found, given, tx.today)
        made = _pledge(found, given, caller)
        if await queries.keep_pledge(tx, made):
            fact = PledgeMade(notice_id=notice_id, region=made.region, due_on=made.due_on)
            await outbox.put(tx, "notify", [Fact(fact, made.region, notice_id)])
        return {"id": made.id, "notice_id": notice_id, "region": made.region, "due_on": made.due_on, "text": made.text}


def _refuse_unfit(notice: Item, given: NewPledge, today: date) -> None:
    if notice["kind"] != "lagging":
        raise HTTPException(409, _NOTHING_TO_PLEDGE[notice["kind"]])
    if given.due_on < today:
        raise HTTPException(422, f"due_on lies before today ({today.isoformat()})")
    if not given.text.strip():
        raise HTTPException(422, "Say in `text` what will be done")


def _pledge(notice: Item, given: NewPledge, caller: Principal) -> Pledge:
    said = "\n".join([notice["id"], caller.id, caller.name, given.due_on.isoformat(), given.text])
    return Pledge(
        id=sha256(said.encode()).hexdigest()[:24],
        notice_id=notice["id"],
        region=notice["region"],
        due_on=given.due_on,
        text=given.text,
        made_by=caller.name,
    )


async def _visible(tx: Transaction, caller: Principal, notice_id: str) -> Item:
    found = await queries.notice_by_id(tx, notice_id)
    if found is None or not caller.sees(found["region"]):
        raise HTTPException(404, "There is no such notice, or it lies outside your scope")
    return found


def _scope(caller: Principal, region: str) -> str:
    return in_scope(caller, region or caller.region)


def _position(cursor: str) -> int | None:
    return int(cursor) if cursor else None


def _shown(caller: Principal, item: Item) -> Item:
    if caller.may("operator"):
        return item
    return {**item, "address": masked_address(item["channel"], item["address"])}


def _page(items: list[Item], limit: int) -> Item:
    answer = page(items, "cursor", limit)
    return {**answer, "items": [{k: v for k, v in item.items() if k != "cursor"} for item in items]}
