"""Every event this service has ever taken in, and the answer an insurer got: no fact's id is ever forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from shared.contracts.envelope import INSURER_SOURCE
from shared.contracts.receipts import Receipt, ReceiptStatus
from shared.messaging.door import Arrival
from shared.messaging.folding import folded
from shared.messaging.happenings import Answer
from shared.messaging.heard import first_heard
from shared.messaging.message_ids import Spot, spot_of
from shared.messaging.tables import heard, inbox
from shared.messaging.transaction import Columns, Transaction

Key = tuple[str, str]


async def keep_new(tx: Transaction, arrivals: Sequence[Arrival]) -> tuple[list[Arrival], list[Arrival]]:
    """Record the arrivals FIRST in the transaction; returns (new, known). A rejected id may be sent again."""
    told = [(arrival, spot) for arrival in arrivals if (spot := _spot_of(arrival)) is not None]
    if not told:
        return await _keep_named(tx, arrivals)
    new, known = await _keep_named(tx, [arrival for arrival in arrivals if _spot_of(arrival) is None])
    firsts = await first_heard(tx, heard, [spot for _, spot in told])
    long_ago = await folded(tx, {place for (_, (place, _)), first in zip(told, firsts, strict=True) if first})
    for (arrival, (place, _)), first in zip(told, firsts, strict=True):
        (new if first and place not in long_ago else known).append(arrival)
    return new, known


def _spot_of(arrival: Arrival) -> Spot | None:
    """The message of ours that a fact came in; the ids of insurers are their own affair, whatever they look like."""
    if arrival.event_id is None or arrival.source.startswith(INSURER_SOURCE):
        return None
    return spot_of(arrival.source, arrival.event_id)


async def _keep_named(tx: Transaction, arrivals: Sequence[Arrival]) -> tuple[list[Arrival], list[Arrival]]:
    """The same for events that have a row each."""
    first: dict[Key, Arrival] = {}
    again = [a for a in arrivals if a.event_id is not None and first.setdefault((a.source, a.event_id), a) is not a]
    rows = _columns(tx, [first[key] for key in sorted(first)])
    written = await tx.insert(inbox, rows, _unless_answered, returning=(inbox.c.source, inbox.c.event_id))
    nameless = [a for a in arrivals if a.event_id is None]
    if len(written) == len(first):
        return [*first.values(), *nameless], again
    fresh = {(source, event_id) for source, event_id in written}
    known = [a for key, a in first.items() if key not in fresh]
    return [a for key, a in first.items() if key in fresh] + nameless, known + again


def _columns(tx: Transaction, arrivals: Sequence[Arrival]) -> Columns:
    submitted = [a.source.startswith(INSURER_SOURCE) for a in arrivals]
    return {
        "source": [a.source for a in arrivals],
        "event_id": [a.event_id for a in arrivals],
        "digest": [a.digest for a in arrivals],
        "status": ["accepted" if insurers else None for insurers in submitted],
        "subject": [a.subject if insurers else None for a, insurers in zip(arrivals, submitted, strict=True)],
        "answered_at": [tx.now] * len(arrivals),
    }


def _unless_answered(insert: Any) -> Any:
    taken = {name: insert.excluded[name] for name in ("digest", "status", "subject", "answered_at")}
    return insert.on_conflict_do_update(
        index_elements=["source", "event_id"], set_=taken, where=inbox.c.status == "rejected"
    )


async def refused_before(tx: Transaction, arrivals: Sequence[Arrival]) -> set[Key]:
    """What has been refused with the same content: to refuse it again, redelivered, is no news."""
    submitted = [a for a in arrivals if a.source.startswith(INSURER_SOURCE) and a.event_id is not None]
    if not submitted:
        return set()
    question = select(inbox.c.source, inbox.c.event_id, inbox.c.digest).where(
        tx.any_of(inbox.c.event_id, [a.event_id for a in submitted]), inbox.c.status == "rejected"
    )
    refused = {(row.source, row.event_id, row.digest) for row in await tx.rows(question)}
    return {(a.source, a.event_id or "") for a in submitted if (a.source, a.event_id, a.digest) in refused}


async def answers_to_known(tx: Transaction, known: Sequence[Arrival]) -> list[tuple[Arrival, Answer]]:
    """`duplicate` for the same content under a known id, `conflict` for another; facts get no answer."""
    submitted = [a for a in known if a.source.startswith(INSURER_SOURCE) and a.event_id is not None]
    if not submitted:
        return []
    ids = tx.any_of(inbox.c.event_id, [a.event_id for a in submitted])
    found = await tx.rows(select(inbox.c.source, inbox.c.event_id, inbox.c.digest).where(ids))
    digests = {(row.source, row.event_id): row.digest for row in found}
    return [(a, _known(a, digests.get((a.source, a.event_id or "")))) for a in submitted]


def _known(arrival: Arrival, digest: bytes | None) -> Answer:
    status: ReceiptStatus = "duplicate" if arrival.digest == digest else "conflict"
    return Answer(arrival.source, Receipt(event_id=arrival.event_id, subject=arrival.subject, status=status))


async def note(tx: Transaction, answers: Sequence[Answer]) -> None:
    """Write down every answer that is not the plain `accepted` of the first insert."""
    statement = (
        update(inbox)
        .where(inbox.c.source == bindparam("b_source"), inbox.c.event_id == bindparam("b_event_id"))
        .values(status=bindparam("b_status"), details=bindparam("b_details"), answered_at=bindparam("b_at"))
    )
    rows = [_noted(tx, a) for a in answers if a.receipt.event_id is not None]
    await tx.write(statement, sorted(rows, key=lambda row: (row["b_source"], row["b_event_id"])))


def _noted(tx: Transaction, given: Answer) -> dict[str, Any]:
    details = given.receipt.model_dump(mode="json", include={"errors", "warnings"})
    return {
        "b_source": given.source,
        "b_event_id": given.receipt.event_id,
        "b_status": given.receipt.status,
        "b_details": details,
        "b_at": tx.now,
    }


@dataclass(frozen=True)
class Wanted:
    """Which receipts: of one insurer, of one event, changed since; `after` is the cursor of the page before."""

    insurer: str
    event_id: str | None = None
    since: datetime | None = None
    after: str = ""


async def receipts(tx: Transaction, wanted: Wanted, most: int) -> list[dict[str, Any]]:
    """Receipts again, by event id."""
    source = f"{INSURER_SOURCE}{wanted.insurer}"
    question = select(inbox).where(
        inbox.c.source == source, inbox.c.status.is_not(None), inbox.c.event_id > wanted.after
    )
    if wanted.event_id is not None:
        question = question.where(inbox.c.event_id == wanted.event_id)
    if wanted.since is not None:
        question = question.where(inbox.c.answered_at >= wanted.since)
    rows = await tx.rows(question.order_by(inbox.c.event_id).limit(most))
    return [{**_shown(row), **(row.details or {"errors": [], "warnings": []})} for row in rows]


def _shown(row: Any) -> dict[str, Any]:
    return {"event_id": row.event_id, "subject": row.subject, "status": row.status, "at": row.answered_at}
