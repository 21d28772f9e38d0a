"""What all services let people look at and set right: receipts, parked events, queues, dead letters, replays, keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field, model_validator

from shared.contracts.values import INSURER_NAME
from shared.messaging import inbox, parking, replay
from shared.messaging.apply import judge_again
from shared.messaging.replay import NotReplayed
from shared.messaging.transport import BrokerAway
from shared.runtime import principals
from shared.runtime.principals import Principal, Role
from shared.runtime.queues import advised
from shared.runtime.security import Admin, Caller, Keeper
from shared.runtime.web import Reading, Writing

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str, Query()]


class NewPrincipal(BaseModel):
    """A key to be made; with `id` and `secret_hash` one that was made elsewhere (the same key for all services)."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Role
    region: Annotated[str, Field(pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})?$")] = ""
    insurer: Annotated[str, Field(pattern=INSURER_NAME)] | None = None
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")] | None = None
    secret_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _insurer_is_named(self) -> Self:
        if self.role == "insurer" and self.insurer is None:
            raise ValueError("A key of the role insurer names its insurer")
        return self


class NewReplay(BaseModel):
    """Which queue the log of facts is told to again."""

    queue: Annotated[str, Field(min_length=1, max_length=100)]


def page(items: list[dict[str, Any]], key: str, limit: int) -> dict[str, Any]:
    """A list answer; `next` is the cursor of the following page, null on the last."""
    return {"items": items, "next": items[-1][key] if len(items) == limit else None}


def operations(service: str) -> APIRouter:
    """The routes under `/<service>/v1` that all services share."""
    router = APIRouter(prefix=f"/{service}/v1", tags=["operations"])
    _messages(router)
    _queues(router)
    _dead(router)
    _replays(router)
    _principals(router)
    return router


def _messages(router: APIRouter) -> None:
    @router.get("/receipts")
    async def receipts(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Caller,
        insurer: str | None = None,
        event_id: str | None = None,
        since: datetime | None = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Receipts again, for the insurer itself or an operator."""
        whose = insurer or caller.insurer
        keeps_all = caller.may("operator") and not caller.region
        if whose is None or not (keeps_all or caller.insurer == whose):
            raise HTTPException(404, "Name an insurer whose receipts you may see: ?insurer=")
        return page(await inbox.receipts(tx, inbox.Wanted(whose, event_id, since, cursor), limit), "event_id", limit)

    @router.get("/parked")
    async def parked(tx: Reading, _: Keeper, cursor: Cursor = "", limit: Limit = 100) -> dict[str, Any]:
        """Events that wait for what they build on, and conflicts for a person to look at."""
        return page(await parking.listed(tx, cursor, limit), "id", limit)

    @router.post("/parked/{parked_id}/requeue")
    async def judge(tx: Writing, request: Request, _: Keeper, parked_id: str) -> dict[str, str]:
        """Judge a parked event again now; if what it waits for is still missing it stays."""
        desk = request.app.state.running.desk
        waiting = await parking.by_id(tx, desk.seal, parked_id)
        if not waiting:
            raise HTTPException(404, "Nothing is parked under this id")
        await judge_again(desk, tx, waiting)
        return {"id": parked_id, "status": "judged again"}


def _queues(router: APIRouter) -> None:
    @router.get("/queues")
    async def queues(request: Request, _: Keeper) -> dict[str, Any]:
        """The queues that this service listens to, with what to do about those that are not as they should be."""
        running = request.app.state.running
        with _broker_or_problem():
            found = await running.queues()
        return {"items": advised(running.settings.topology, running.listens_to, found), "next": None}


def _dead(router: APIRouter) -> None:
    @router.get("/dead")
    async def dead(request: Request, _: Keeper, limit: Limit = 100) -> dict[str, Any]:
        """Messages that were given up, with the reason; never their content."""
        running = request.app.state.running
        with _broker_or_problem():
            names = [depth.queue for depth in await running.queues()]
            found = [letter for name in names for letter in await running.transport.dead_letters(name, limit)]
        return {"items": [asdict(letter) for letter in found[:limit]], "next": None}

    @router.post("/dead/{dead_id}/requeue")
    async def requeue(request: Request, _: Keeper, dead_id: str) -> dict[str, str]:
        """Send a dead letter to its queue again."""
        running = request.app.state.running
        with _broker_or_problem():
            for depth in await running.queues():
                if await running.transport.requeue(depth.queue, dead_id):
                    return {"id": dead_id, "queue": depth.queue, "status": "requeued"}
        raise HTTPException(404, "No dead letter has this id")


@contextmanager
def _broker_or_problem() -> Iterator[None]:
    try:
        yield
    except BrokerAway as error:
        raise HTTPException(503, str(error)) from None


def _replays(router: APIRouter) -> None:
    @router.post("/replays", status_code=202)
    async def tell_again(request: Request, _: Keeper, wanted: NewReplay) -> dict[str, Any]:
        """Send every fact that a queue has heard from the log to the queue that replays it."""
        try:
            started: dict[str, Any] = await request.app.state.running.replays.start(wanted.queue)
        except NotReplayed as error:
            raise HTTPException(422, str(error)) from None
        return started

    @router.get("/replays/{replay_id}")
    async def progress(tx: Reading, _: Keeper, replay_id: str) -> dict[str, Any]:
        """How many messages and events of a replay are confirmed, of how many messages."""
        found = await replay.progress_of(tx, replay_id)
        if found is None:
            raise HTTPException(404, "There is no such replay")
        return found


def _principals(router: APIRouter) -> None:
    @router.get("/principals")
    async def listed(tx: Reading, _: Admin) -> dict[str, Any]:
        """Keys and their scopes, never the keys themselves."""
        return {"items": await principals.listed(tx), "next": None}

    @router.post("/principals", status_code=201)
    async def add(tx: Writing, _: Admin, wanted: NewPrincipal) -> dict[str, Any]:
        """Make a key (shown once), or store one that was made for all services."""
        key_id, key = principals.new_key()
        stored = wanted.secret_hash or principals.hash_of(key)
        made = Principal(wanted.name, frozenset({wanted.role}), wanted.region, wanted.insurer, wanted.id or key_id)
        await principals.add(tx, made, stored)
        return {"id": made.id, "key": None if wanted.secret_hash else key}

    @router.delete("/principals/{principal_id}", status_code=204)
    async def remove(tx: Writing, _: Admin, principal_id: str) -> None:
        """Take a key away at once."""
        if not await principals.remove(tx, principal_id):
            raise HTTPException(404, "There is no such principal")
