"""Bulletins as they are kept: one, a list, the files and the corrections of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update

from services.reporting.rules.bulletins.document import Document
from services.reporting.rules.bulletins.figures import Figure
from services.reporting.rules.bulletins.material import Kind
from services.reporting.tables import bulletin_files, bulletins, errata
from shared.contracts.values import last_inside
from shared.messaging.transaction import Transaction
from shared.runtime.clock import ZONE


@dataclass(frozen=True)
class Bulletin:
    """A draft or what was published; without `document` it is composed from the books when it is looked at."""

    id: str
    kind: Kind
    region: str
    year: int
    as_of: date
    since: date | None
    title: str
    created_at: datetime
    created_by: str
    document: Document | None
    figures: Mapping[str, Figure] | None
    edited_at: datetime | None
    edited_by: str | None
    published_at: datetime | None
    published_by: str | None
    publish_reason: str | None

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    def listed(self) -> dict[str, Any]:
        """What a list says of it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "region": self.region,
            "year": self.year,
            "as_of": self.as_of,
            "title": self.document.title if self.document else self.title,
            "state": "published" if self.is_published else "draft",
            "created_at": _shown(self.created_at),
            "created_by": self.created_by,
            "edited_at": _shown(self.edited_at),
            "edited_by": self.edited_by,
            "published_at": _shown(self.published_at),
            "published_by": self.published_by,
            "publish_reason": self.publish_reason,
        }


@dataclass(frozen=True)
class Search:
    """Which bulletins: of a region and everything below it, the newest first."""

    region: str
    year: int | None = None
    kind: Kind | None = None
    before: str = ""
    most: int = 100


def _shown(moment: datetime | None) -> datetime | None:
    return moment.astimezone(ZONE) if moment else None


async def bulletin_by_id(tx: Transaction, bulletin_id: str, to_change: bool = False) -> Bulletin | None:
    """One bulletin, locked when it is to be changed."""
    question = select(bulletins).where(bulletins.c.id == bulletin_id)
    rows = await tx.rows(tx.locked(question) if to_change else question)
    return _bulletin(rows[0]) if rows else None


async def bulletins_in(tx: Transaction, wanted: Search) -> list[Bulletin]:
    """The newest first."""
    table = bulletins.c
    question = select(bulletins).order_by(table.id.desc()).limit(wanted.most)
    if wanted.region:
        question = question.where(table.region.between(wanted.region, last_inside(wanted.region)))
    for column, value in ((table.year, wanted.year), (table.kind, wanted.kind)):
        question = question.where(column == value) if value is not None else question
    return [
        _bulletin(row) for row in await tx.rows(question.where(table.id < wanted.before) if wanted.before else question)
    ]


def _bulletin(row: Any) -> Bulletin:
    known = dict(row._mapping)
    known.pop("scheduled_as")
    document, figures = known.pop("document"), known.pop("figures")
    return Bulletin(
        **known,
        document=Document.model_validate(document) if document else None,
        figures={name: Figure.model_validate(f) for name, f in figures.items()} if figures is not None else None,
    )


async def last_published_before(tx: Transaction, kind: Kind | None, region: str, as_of: date) -> date | None:
    """The day of the last published bulletin of a region before a day, of one kind or of any."""
    table = bulletins.c
    question = select(func.max(table.as_of)).where(
        table.region == region, table.as_of < as_of, table.published_at.is_not(None)
    )
    if kind is not None:
        question = question.where(table.kind == kind)
    day: date | None = (await tx.rows(question))[0][0]
    return day


async def keep_drafts(tx: Transaction, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Store drafts; a scheduled one that exists already is left alone. The ids that were stored."""
    kept = await tx.insert(
        bulletins,
        rows,
        lambda insert: insert.on_conflict_do_nothing(index_elements=["scheduled_as"]),
        returning=(bulletins.c.id,),
    )
    return [row.id for row in kept]


async def change_bulletin(tx: Transaction, bulletin_id: str, **values: Any) -> None:
    """Set columns of one that is not published."""
    question = update(bulletins).where(bulletins.c.id == bulletin_id, bulletins.c.published_at.is_(None))
    await tx.connection.execute(question.values(**values))


async def keep_files(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """The bytes of a publication."""
    await tx.insert(bulletin_files, rows)


async def files_of(tx: Transaction, bulletin_id: str) -> dict[str, dict[str, Any]]:
    """Per format the media type, digest and size."""
    files = bulletin_files.c
    question = select(files.format, files.media_type, files.sha256, func.length(files.bytes).label("bytes"))
    rows = await tx.rows(question.where(files.bulletin == bulletin_id).order_by(files.format))
    return {row.format: {"media_type": row.media_type, "sha256": row.sha256, "bytes": row.bytes} for row in rows}


async def file_of(tx: Transaction, bulletin_id: str, form: str) -> bytes | None:
    """The bytes that were published."""
    files = bulletin_files.c
    rows = await tx.rows(select(files.bytes).where(files.bulletin == bulletin_id, files.format == form))
    return bytes(rows[0].bytes) if rows else None


async def errata_of(tx: Transaction, bulletin_id: str) -> list[dict[str, Any]]:
    """All corrections by number."""
    rows = await tx.rows(select(errata).where(errata.c.bulletin == bulletin_id).order_by(errata.c.number))
    return [dict(row._mapping) for row in rows]


async def keep_errata(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Further corrections."""
    await tx.write(errata.insert(), rows)
