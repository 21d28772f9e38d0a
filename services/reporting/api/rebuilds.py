"""Rebuild the books: begin, tell of the replays, compare, switch or give up: the way of `guanai rebuild`."""

from collections.abc import Awaitable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from services.reporting.handlers import rebuild_books
from services.reporting.handlers.rebuild_books import NoSuchRebuild, NotYet
from services.reporting.queries import rebuilds as told
from shared.messaging.transaction import Transaction
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.security import Keeper
from shared.runtime.web import Reading, Writing

Source = Literal["enrollment", "claims"]
Done = TypeVar("Done")


class Replayed(BaseModel):
    """A replay of a source's facts into `reporting.rebuild`; `events` once it is done."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    events: Annotated[int, Field(ge=0)] | None = None


class Consent(BaseModel):
    """Whether the rebuilt books may take the place of others that differ from them."""

    accept_differences: bool = False


def rebuilds() -> APIRouter:
    """`/rebuilds`."""
    router = APIRouter(prefix="/reporting/v1/rebuilds", tags=["trust"])
    _looks(router)
    _steps(router)
    return router


def _looks(router: APIRouter) -> None:
    @router.get("")
    async def listed(tx: Reading, _: Keeper, cursor: Cursor = "", limit: Limit = 100) -> dict[str, Any]:
        """All rebuilds, the newest first."""
        return page(await told.latest_rebuilds(tx, cursor, limit), "id", limit)

    @router.get("/{rebuild_id}")
    async def progress(tx: Reading, _: Keeper, rebuild_id: str) -> dict[str, Any]:
        """How many replayed facts are booked, and what the comparison found."""
        return await _shown(tx, rebuild_id)


def _steps(router: APIRouter) -> None:
    @router.post("", status_code=201)
    async def begin(tx: Writing, _: Keeper) -> dict[str, Any]:
        """Begin to fill a second set of books; the first stays readable and is booked on."""
        return await _shown(tx, await _or_problem(rebuild_books.begin_rebuild(tx)))

    @router.put("/{rebuild_id}/replays/{source}")
    async def replay(tx: Writing, _: Keeper, rebuild_id: str, source: Source, replay: Replayed) -> dict[str, Any]:
        """Tell which replay of a source fills it, and how many events it counted."""
        await _or_problem(rebuild_books.note_replay(tx, rebuild_id, source, replay.model_dump()))
        return await _shown(tx, rebuild_id)

    @router.post("/{rebuild_id}/comparison")
    async def compare(tx: Writing, _: Keeper, rebuild_id: str) -> dict[str, Any]:
        """Compare both sets row by row; 409 while replayed facts are still on their way."""
        await _or_problem(rebuild_books.compare(tx, rebuild_id))
        return await _shown(tx, rebuild_id)

    @router.post("/{rebuild_id}/switch")
    async def switch(tx: Writing, _: Keeper, rebuild_id: str, consent: Consent) -> dict[str, Any]:
        """Put the rebuilt books in the place of the others; 503 while a reader is in the way: try again."""
        await _or_problem(rebuild_books.switch(tx, rebuild_id, consent.accept_differences))
        return await _shown(tx, rebuild_id)

    @router.delete("/{rebuild_id}", status_code=204)
    async def give_up(tx: Writing, _: Keeper, rebuild_id: str) -> None:
        """Throw the second set away."""
        await _or_problem(rebuild_books.give_up(tx, rebuild_id))


async def _or_problem(step: Awaitable[Done]) -> Done:
    try:
        return await step
    except NotYet as error:
        raise HTTPException(409, str(error)) from None
    except NoSuchRebuild:
        raise HTTPException(404, "No rebuild of this id is running") from None


async def _shown(tx: Transaction, rebuild_id: str) -> dict[str, Any]:
    row = await told.rebuild_by_id(tx, rebuild_id)
    if row is None:
        raise HTTPException(404, "There is no rebuild of this id")
    running = row.state == "running"
    return {**told.shown(row), "replayed": await told.replayed(tx) if running else None}
