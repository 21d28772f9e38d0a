"""Make drafts of bulletins: for a person who asks, and on schedule; keep what a person writes into one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from services.reporting.queries import bulletins as queries
from services.reporting.queries.bulletin_material import Wanted, a_week_before, material_for
from services.reporting.queries.bulletins import Bulletin
from services.reporting.queries.yardsticks import Region, region_named, regions_fed
from services.reporting.rules.bulletins.compose import Composed, compose
from services.reporting.rules.bulletins.frame import Heading, title_of
from services.reporting.rules.bulletins.life import edited
from services.reporting.rules.bulletins.material import Kind, Material
from services.reporting.rules.bulletins.periods import Due, counted_from, due_on
from shared.messaging.happenings import Happening, new_id
from shared.messaging.transaction import Transaction

LONGEST_BETWEEN = timedelta(days=28)
"""A bulletin older than this is no longer what movement is counted from."""


async def draft_bulletin(tx: Transaction, wanted: Wanted, by: str) -> str:
    """Compose a draft from the books as of the day and keep it; its id."""
    composed = compose(await material_for(tx, wanted), tx.today)
    (made,) = await queries.keep_drafts(tx, [{**_row(tx, wanted, by), **kept(composed)}])
    return made


async def since_for(tx: Transaction, kind: Kind, region: str, year: int, as_of: date, start_month: int) -> date | None:  # noqa: PLR0913, PLR0917
    """The day that movement is counted from: of a week the last bulletin's, or seven days before."""
    if kind != "weekly":
        return counted_from(kind, year, as_of, start_month)
    last = await queries.last_published_before(tx, kind, region, as_of)
    return last if last and as_of - last <= LONGEST_BETWEEN else a_week_before(as_of)


async def composed_now(tx: Transaction, bulletin: Bulletin, start_month: int) -> Composed:
    """Its text and figures as they are kept; a scheduled draft that nobody has touched follows the books."""
    if bulletin.document is not None and bulletin.figures is not None:
        return Composed(bulletin.document, dict(bulletin.figures))
    return compose(await material_of(tx, bulletin, start_month), tx.today)


async def material_of(tx: Transaction, bulletin: Bulletin, start_month: int) -> Material:
    """Today's books as of the bulletin's day."""
    region = await region_named(tx, bulletin.region)
    assert region is not None
    wanted = Wanted(bulletin.kind, region, bulletin.year, bulletin.as_of, bulletin.since, start_month)
    return await material_for(tx, wanted)


async def edit_draft(
    tx: Transaction, bulletin: Bulletin, changes: Mapping[str, Any], by: str, start_month: int
) -> None:
    """Keep a person's words with the figures that they were written about."""
    composed = await composed_now(tx, bulletin, start_month)
    document = edited(composed.document, changes)
    content = kept(replace(composed, document=document))
    await queries.change_bulletin(tx, bulletin.id, **content, edited_at=tx.now, edited_by=by)


def kept(composed: Composed) -> dict[str, Any]:
    """Text and figures as columns of the table."""
    figures = {name: figure.model_dump(mode="json") for name, figure in composed.figures.items()}
    return {"document": composed.document.model_dump(mode="json"), "figures": figures}


def _row(tx: Transaction, wanted: Wanted, by: str, scheduled_as: str | None = None) -> dict[str, Any]:
    heading = Heading(wanted.kind, wanted.region.name, wanted.year, wanted.as_of, wanted.since, wanted.start_month)
    return {
        "id": new_id(),
        "kind": wanted.kind,
        "region": wanted.region.code,
        "year": wanted.year,
        "as_of": wanted.as_of,
        "since": wanted.since,
        "title": title_of(heading),
        "scheduled_as": scheduled_as,
        "created_at": tx.now,
        "created_by": by,
    }


async def draft_due_bulletins(start_month: int, weekday: int, tx: Transaction) -> Sequence[Happening]:
    """Of each kind the latest that is due, for provinces and cities with a feed: once, whoever runs, however late.

    Nothing is composed here: a draft follows the books until somebody looks at it.
    """
    rows = []
    for due in due_on(tx.today, start_month, weekday):
        rows += [_scheduled(tx, due, region, start_month) for region in await regions_fed(tx, due.year)]
    await queries.keep_drafts(tx, rows)
    return ()


def _scheduled(tx: Transaction, due: Due, region: Region, start_month: int) -> dict[str, Any]:
    since = counted_from(due.kind, due.year, due.as_of, start_month)
    wanted = Wanted(due.kind, region, due.year, due.as_of, since, start_month)
    return _row(tx, wanted, "schedule", f"{due.kind}|{region.code}|{due.year}|{due.as_of.isoformat()}")
