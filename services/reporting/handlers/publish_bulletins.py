"""Publish a draft: its figures are frozen, its files written once and for all, and everybody told."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from services.reporting.gateways.documents import FORMATS, write
from services.reporting.handlers.draft_bulletins import kept
from services.reporting.queries import bulletins as queries
from services.reporting.queries.bulletins import Bulletin
from services.reporting.rules.bulletins.compose import Composed
from services.reporting.rules.bulletins.document import Document
from shared.contracts.judgements import BulletinPublished
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction


@dataclass(frozen=True)
class Print:
    """A final document in every format, ready to be kept; `of` is the draft that it was made of."""

    of: Bulletin
    composed: Composed
    files: dict[str, bytes]
    reason: str | None = None


def printed(document: Document) -> dict[str, bytes]:
    """The bytes of every format. Takes seconds of processor time: run it in a thread, outside of a transaction."""
    return {name: write(document, name) for name in FORMATS}


async def publish(tx: Transaction, ready: Print, by: str) -> Fact:
    """Freeze it; the caller has locked the draft and seen that it is still the one that was printed."""
    draft, document = ready.of, ready.composed.document
    await queries.change_bulletin(
        tx,
        draft.id,
        **kept(ready.composed),
        published_at=tx.now,
        published_by=by,
        publish_reason=ready.reason,
    )
    await queries.keep_files(tx, [_file(draft.id, name, content) for name, content in sorted(ready.files.items())])
    told = BulletinPublished(
        bulletin_id=draft.id,
        kind=draft.kind,
        region=draft.region,
        programme_year=draft.year,
        as_of=draft.as_of,
        title=document.title,
    )
    return Fact(told, draft.region, draft.id)


def _file(bulletin: str, name: str, content: bytes) -> dict[str, Any]:
    return {
        "bulletin": bulletin,
        "format": name,
        "media_type": FORMATS[name].media_type,
        "sha256": sha256(content).hexdigest(),
        "bytes": content,
    }
