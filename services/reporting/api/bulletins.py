"""Bulletins: make a draft, look at it, put a person's words into it."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.api.asking import region_asked
from services.reporting.handlers.correct_bulletins import changes_now
from services.reporting.handlers.draft_bulletins import composed_now, draft_bulletin, edit_draft, since_for
from services.reporting.queries import bulletins as queries
from services.reporting.queries.bulletin_material import Wanted
from services.reporting.queries.bulletins import Bulletin, Search
from services.reporting.rules.bulletins.document import Section
from services.reporting.rules.bulletins.figures import Change
from services.reporting.rules.bulletins.material import Kind
from services.reporting.rules.bulletins.periods import last_day_for
from shared.contracts.values import first_day_of
from shared.messaging.transaction import Transaction
from shared.runtime.clock import ZONE
from shared.runtime.operations import Limit, page
from shared.runtime.principals import Principal
from shared.runtime.security import Reader, in_scope, only
from shared.runtime.web import Reading, Writing

Analyst = Annotated[Principal, Depends(only("analyst"))]
Item = dict[str, Any]
Line = Annotated[str, Field(max_length=200)]
Paragraph = Annotated[str, Field(max_length=5_000)]
Before = Annotated[str, Query(pattern=r"^[0-9a-f]{0,32}$", alias="cursor")]
NEWEST_YEAR, OLDEST_YEAR = 2100, 2000


class NewBulletin(BaseModel):
    """Which bulletin; without `as_of` its period's last day, or today while the period runs."""

    kind: Kind
    region: Annotated[str, Field(pattern=r"^\d{2,12}$")]
    year: Annotated[int, Field(ge=OLDEST_YEAR, le=NEWEST_YEAR)]
    as_of: date | None = None


class WrittenSection(BaseModel):
    """A chapter as a person writes it."""

    model_config = ConfigDict(extra="forbid")

    heading: Line
    paragraphs: Annotated[list[Paragraph], Field(max_length=100)]


class DraftText(BaseModel):
    """What a person may write; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Line, Field(min_length=1)] | None = None
    addressee: Line | None = None
    reference: Line | None = None
    opening: Annotated[list[Paragraph], Field(max_length=20)] | None = None
    sections: Annotated[list[WrittenSection], Field(max_length=20)] | None = None
    notes: Annotated[list[Paragraph], Field(max_length=50)] | None = None

    def changes(self) -> Item:
        """The parts that were given, as the document has them."""
        given = self.model_dump(exclude_none=True)
        if "sections" in given:
            given["sections"] = [Section.model_validate(section) for section in given["sections"]]
        return given


def bulletins(start_month: int) -> APIRouter:
    """`/bulletins` and `/bulletins/{id}`."""
    router = APIRouter(prefix="/reporting/v1", tags=["bulletins"])
    _drafting(router, start_month)
    _looking(router, start_month)
    return router


def _drafting(router: APIRouter, start_month: int) -> None:
    @router.post("/bulletins", status_code=201)
    async def draft(tx: Writing, caller: Analyst, given: NewBulletin) -> Item:
        """A new draft, composed from the books as of the day."""
        region = await region_asked(tx, caller, given.region)
        as_of = given.as_of or last_day_for(given.kind, given.year, tx.today, start_month)
        _refuse_odd_day(as_of, given.year, tx.today, start_month)
        since = await since_for(tx, given.kind, region.code, given.year, as_of, start_month)
        wanted = Wanted(given.kind, region, given.year, as_of, since, start_month)
        made = await draft_bulletin(tx, wanted, caller.name)
        return (await visible(tx, caller, made)).listed()

    @router.patch("/bulletins/{bulletin_id}")
    async def edit(tx: Writing, caller: Analyst, bulletin_id: str, text: DraftText) -> Item:
        """Put a person's words into a draft."""
        found = await visible(tx, caller, bulletin_id, to_change=True)
        if found.is_published:
            raise HTTPException(
                409, f"It is published and stays as it is: POST …/bulletins/{found.id}/errata corrects it"
            )
        await edit_draft(tx, found, text.changes(), caller.name, start_month)
        return await shown(tx, await visible(tx, caller, bulletin_id), start_month)


def _looking(router: APIRouter, start_month: int) -> None:
    @router.get("/bulletins")
    async def listed(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        region: str = "",
        year: Annotated[int | None, Query(ge=OLDEST_YEAR, le=NEWEST_YEAR)] = None,
        kind: Kind | None = None,
        cursor: Before = "",
        limit: Limit = 100,
    ) -> Item:
        """Bulletins of a region and everything below it, the newest first."""
        wanted = Search(in_scope(caller, region or caller.region), year, kind, cursor, limit)
        return page([found.listed() for found in await queries.bulletins_in(tx, wanted)], "id", limit)

    @router.get("/bulletins/{bulletin_id}")
    async def one(tx: Reading, caller: Reader, bulletin_id: str) -> Item:
        """Its text, its figures, its files, what late events have changed since, its errata."""
        found = await visible(tx, caller, bulletin_id)
        return await shown(tx, found, start_month)


def _refuse_odd_day(as_of: date, year: int, today: date, start_month: int) -> None:
    """A bulletin tells what was: of no day before its programme year, and of none to come."""
    first = first_day_of(year, start_month)
    if as_of < first:
        raise HTTPException(422, f"The programme year {year} begins on {first}: there is nothing to tell as of {as_of}")
    if as_of > today:
        raise HTTPException(422, f"{as_of} is still to come: take {today} or an earlier day")


async def visible(tx: Transaction, caller: Principal, bulletin_id: str, to_change: bool = False) -> Bulletin:
    """A bulletin of the caller's scope, else 404."""
    found = await queries.bulletin_by_id(tx, bulletin_id, to_change)
    if found is None or not caller.sees(found.region):
        raise HTTPException(404, "There is no such bulletin, or it lies outside your scope")
    return found


async def shown(tx: Transaction, found: Bulletin, start_month: int) -> Item:
    """Everything about a bulletin."""
    composed = await composed_now(tx, found, start_month)
    changes = [_change(change) for change in await changes_now(tx, found, start_month)]
    return {
        **found.listed(),
        "document": composed.document.model_dump(mode="json"),
        "figures": [figure.model_dump(mode="json") for figure in composed.figures.values()],
        "files": await queries.files_of(tx, found.id),
        "since_publication": changes if found.is_published else [],
        "since_drafted": [] if found.is_published else changes,
        "errata": [erratum(row) for row in await queries.errata_of(tx, found.id)],
    }


def _change(change: Change) -> Item:
    return {
        "figure": change.old.id,
        "title": change.figure,
        "old": change.old.shown,
        "new": change.new.shown,
        "old_value": change.old.value,
        "new_value": change.new.value,
    }


def erratum(row: Item) -> Item:
    """A correction as the API tells it."""
    return {
        "number": row["number"],
        "issued_at": row["issued_at"].astimezone(ZONE),
        "issued_by": row["issued_by"],
        "figure": row["figure"],
        "title": f"{row['old']['name']}{row['old']['title']}",
        "old": row["old"]["shown"],
        "new": row["new"]["shown"],
        "cause": row["cause"],
        "ranks": row["ranks"],
    }
