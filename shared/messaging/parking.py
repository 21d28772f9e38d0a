"""What came too early: kept sealed until what it waits for arrives, judged again in that transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from shared.contracts.envelope import Event
from shared.contracts.receipts import Problem
from shared.contracts.registry import event_of
from shared.messaging.door import Arrival
from shared.messaging.happenings import Answer, Arrived, Happening, answer, new_id
from shared.messaging.tables import parked
from shared.messaging.transaction import Transaction


@dataclass(frozen=True)
class Seal:
    """How a service keeps a body it may not leave readable; (bytes, context) both ways."""

    close: Callable[[bytes, str], bytes]
    open: Callable[[bytes, str], bytes]


PLAIN = Seal(lambda body, _: body, lambda body, _: body)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parked event, open again."""

    id: str
    event: Event[Any]
    parked_at: datetime


Answered = tuple[Event[Any] | None, Answer]
_FEW = 100


async def keep(tx: Transaction, seal: Seal, answered: Iterable[Answered]) -> None:
    """Store the events whose answer is `parked`, and those of a `conflict` for a person to look at."""
    kept = [(event, given) for event, given in answered if event is not None and _is_kept(given)]
    await tx.insert(parked, [_row(tx, seal, event, given) for event, given in kept])


def paired(events: Sequence[Event[Any]], answers: Iterable[Answer]) -> list[Answered]:
    """Each answer that is to be kept, with its event."""
    if not (kept := [a for a in answers if _is_kept(a)]):
        return []
    by_key = {(e.source, e.id): e for e in events}
    return [(by_key.get((a.source, a.receipt.event_id or "")), a) for a in kept]


async def unkept_conflicts(tx: Transaction, repeats: Sequence[tuple[Arrival, Answer]]) -> list[tuple[Arrival, Answer]]:
    """Of what a redelivery repeats, the conflicts that its first delivery did not live to keep."""
    conflicts = [(a, given) for a, given in repeats if a.event is not None and given.receipt.status == "conflict"]
    if not conflicts:
        return []
    ids = tx.any_of(parked.c.event_id, [arrival.event_id for arrival, _ in conflicts])
    rows = await tx.rows(select(parked.c.source, parked.c.event_id).where(ids, parked.c.waits_for.is_(None)))
    kept = {(row.source, row.event_id) for row in rows}
    return [(a, given) for a, given in conflicts if (a.source, a.event_id) not in kept]


def _is_kept(given: Answer) -> bool:
    return given.receipt.status in ("parked", "conflict")


def _row(tx: Transaction, seal: Seal, event: Event[Any], given: Answer) -> dict[str, Any]:
    place = new_id()
    return {
        "id": place,
        "source": event.source,
        "event_id": event.id,
        "type": event.type,
        "subject": event.number,
        "waits_for": given.waits_for,
        "reason": _reason(given),
        "body": seal.close(event.model_dump_json().encode(), place),
        "parked_at": tx.now,
        "checked_at": tx.now,
    }


def _reason(given: Answer) -> str:
    return given.receipt.status if given.waits_for is None else f"waits for {given.waits_for}"


async def waiting_for(tx: Transaction, seal: Seal, happened: Iterable[Happening]) -> list[Waiting]:
    """The parked events that wait for something of what has just arrived."""
    keys = {thing.key for thing in happened if isinstance(thing, Arrived)}
    if len(keys) > _FEW and (waited_for := await _all_waited_for(tx)) is not None:
        keys &= waited_for
    if not keys:
        return []
    waiting = select(parked).where(tx.any_of(parked.c.waits_for, keys)).order_by(parked.c.id)
    return await _opened(tx, seal, waiting)


async def _all_waited_for(tx: Transaction) -> set[str] | None:
    """Every key that anything waits for, None if there are many: few are sooner read than asked about one by one."""
    rows = await tx.rows(select(parked.c.waits_for).where(parked.c.waits_for.is_not(None)).limit(_FEW))
    return {row.waits_for for row in rows} if len(rows) < _FEW else None


async def longest_unchecked(tx: Transaction, seal: Seal, before: datetime, most: int) -> list[Waiting]:
    """Parked events that nobody has judged since `before`, the longest unchecked first."""
    question = select(parked).where(parked.c.waits_for.is_not(None), parked.c.checked_at < before)
    return await _opened(tx, seal, question.order_by(parked.c.checked_at).limit(most))


async def by_id(tx: Transaction, seal: Seal, place: str) -> list[Waiting]:
    """The parked event of this id, if it is still there."""
    return await _opened(tx, seal, select(parked).where(parked.c.id == place))


async def _opened(tx: Transaction, seal: Seal, question: Any) -> list[Waiting]:
    rows = await tx.rows(tx.unclaimed(question))
    return [Waiting(row.id, _event(seal, row), row.parked_at) for row in rows]


def _event(seal: Seal, row: Any) -> Event[Any]:
    return event_of(row.type).model_validate_json(seal.open(row.body, row.id))


async def settle(tx: Transaction, judged: Sequence[Waiting], happened: Sequence[Happening]) -> list[Happening]:
    """Free what no longer waits; what still waits keeps its place and gets no second receipt."""
    parked_again = [a for a in happened if isinstance(a, Answer) and a.receipt.status == "parked"]
    still = {(a.source, a.receipt.event_id): a for a in parked_again}
    free = [w.id for w in judged if (w.event.source, w.event.id) not in still]
    if free:
        await tx.connection.execute(delete(parked).where(tx.any_of(parked.c.id, free)))
    stay = [(w.id, given) for w in judged if (given := still.get((w.event.source, w.event.id))) is not None]
    await tx.write(_WAIT_ON, [_waiting_on(tx, place, given) for place, given in sorted(stay, key=lambda s: s[0])])
    return [a for a in happened if not (isinstance(a, Answer) and a.receipt.status == "parked")]


_WAIT_ON = (
    update(parked)
    .where(parked.c.id == bindparam("b_id"))
    .values(waits_for=bindparam("b_waits_for"), reason=bindparam("b_reason"), checked_at=bindparam("b_at"))
)


def _waiting_on(tx: Transaction, place: str, given: Answer) -> dict[str, Any]:
    """What it waits for may be another thing now."""
    return {"b_id": place, "b_waits_for": given.waits_for, "b_reason": _reason(given), "b_at": tx.now}


def expired(judged: Sequence[Waiting], now: datetime, patience: timedelta) -> list[Answer]:
    """`rejected / too_late` for what has waited longer than `patience`."""
    late = [w for w in judged if now - w.parked_at > patience]
    problem = Problem(field="", code="too_late", message=f"What it waits for did not come within {patience.days} days")
    return [answer(w.event, "rejected", errors=[problem]) for w in late]


async def listed(tx: Transaction, after: str, most: int) -> list[dict[str, Any]]:
    """What waits, oldest first, without the content."""
    columns = [c for c in parked.c if c.name != "body"]
    rows = await tx.rows(select(*columns).where(parked.c.id > after).order_by(parked.c.id).limit(most))
    return [dict(row._mapping) for row in rows]
