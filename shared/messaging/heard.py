"""Which messages of our own services have been heard, whole or in part: one row a message, one bit an event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, and_, bindparam, exists, func, select, tuple_, update

from shared.messaging.message_ids import Place, Spot
from shared.messaging.transaction import Columns, Transaction

_KEY = ("source", "writer", "number")
Key = tuple[str, str, int]


@dataclass(slots=True)
class _Heard:
    """What this transaction hears of a message, as bits, and what of that nobody had heard before."""

    place: Place
    now: int
    first: int = 0
    ever: int = 0

    @property
    def key(self) -> Key:
        return self.place[:3]


async def first_heard(tx: Transaction, book: Table, spots: Sequence[Spot]) -> list[bool]:
    """Record events in a book: which of them it did not know. Whoever brings the same at this moment waits here."""
    messages = _by_message(spots)
    await _record(tx, book, messages)
    firsts = []
    for place, bit in spots:
        message = messages[place]
        firsts.append(bool(message.first & bit))
        message.first &= ~bit
    return firsts


def _by_message(spots: Iterable[Spot]) -> dict[Place, _Heard]:
    bits: dict[Place, int] = {}
    for place, bit in spots:
        bits[place] = bits.get(place, 0) | bit
    return {place: _Heard(place, bits[place]) for place in sorted(bits)}


async def _record(tx: Transaction, book: Table, messages: dict[Place, _Heard]) -> None:
    for message in messages.values():
        message.first = message.ever = message.now
    rows = _columns(tx, list(messages.values()))
    written = await tx.insert(book, rows, _once, returning=[book.c[name] for name in _KEY])
    if len(written) < len(messages):
        new = {tuple(row) for row in written}
        await _add(tx, book, [message for message in messages.values() if message.key not in new])


def _once(insert: Any) -> Any:
    return insert.on_conflict_do_nothing(index_elements=_KEY)


def _columns(tx: Transaction, heard: Sequence[_Heard]) -> Columns:
    sources, writers, numbers, _ = zip(*(h.place for h in heard), strict=True) if heard else ((), (), (), ())
    return {
        "source": sources,
        "writer": writers,
        "number": numbers,
        "events": [h.ever.bit_count() for h in heard],
        "which": [_which(h) for h in heard],
        "heard_at": [tx.now] * len(heard),
    }


def _which(heard: _Heard) -> bytes | None:
    events = heard.place.events
    return None if heard.ever == (1 << events) - 1 else heard.ever.to_bytes((events + 7) // 8, "little")


async def _add(tx: Transaction, book: Table, messages: Sequence[_Heard]) -> None:
    """To what is known of these messages; a row that is gone by now was that of a message heard in whole."""
    known = await _known(tx, book, [message.key for message in messages])
    for message in messages:
        before = known.get(message.key, message.ever)
        message.first, message.ever = message.now & ~before, message.now | before
    await tx.write(_changed(book), [_row(message) for message in messages if message.first])


async def _known(tx: Transaction, book: Table, keys: Sequence[Key]) -> dict[Key, int]:
    columns = [book.c[name] for name in _KEY]
    question = select(*columns, book.c.which).where(tuple_(*columns).in_(keys)).order_by(*columns)
    found = await tx.rows(tx.locked(question))
    return {(source, writer, number): _bits(which) for source, writer, number, which in found}


def _bits(which: bytes | None) -> int:
    return -1 if which is None else int.from_bytes(which, "little")


def _changed(book: Table) -> Any:
    same = [book.c[name] == bindparam(f"b_{name}") for name in _KEY]
    return update(book).where(*same).values(events=bindparam("b_events"), which=bindparam("b_which"))


def _row(heard: _Heard) -> dict[str, Any]:
    key = {f"b_{name}": value for name, value in zip(_KEY, heard.key, strict=True)}
    return {**key, "b_events": heard.ever.bit_count(), "b_which": _which(heard)}


async def missing_from(tx: Transaction, other: Table, book: Table) -> int:
    """How many of the events in a book another one lacks."""
    same = and_(*(book.c[name] == other.c[name] for name in _KEY))
    absent = select(func.coalesce(func.sum(book.c.events), 0)).where(~exists().where(same))
    ((number,),) = await tx.rows(absent)
    in_part = select(book.c.events, book.c.which, other.c.which).where(same, other.c.which.is_not(None))
    return int(number) + sum(_lacking(*row) for row in await tx.rows(in_part))


def _lacking(events: int, wanted: bytes | None, found: bytes) -> int:
    bits = (1 << events) - 1 if wanted is None else _bits(wanted)
    return (bits & ~_bits(found)).bit_count()
