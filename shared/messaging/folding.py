"""What was heard in whole long ago: a range of numbers says it, where a row a message said it before."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Table, delete, func, select, tuple_

from shared.messaging.message_ids import Place
from shared.messaging.tables import heard, heard_ranges
from shared.messaging.transaction import AnyRow, Transaction

_OLD = timedelta(days=90)
_SURELY_IN_ROWS = timedelta(days=45)
"""A writer no older has no ranges, even where the clocks of two hosts differ by weeks: nobody need ask."""


class Run(NamedTuple):
    """Messages of one writer whose numbers follow one another, and how many events they had."""

    first: int
    last: int
    events: int


async def fold(tx: Transaction, most: int) -> int:
    """Fold old messages of one writer, at most so many; how many. One replica at a time."""
    old = (heard.c.which.is_(None), heard.c.heard_at < tx.now - _OLD, heard.c.writer < _as_writer(tx, _OLD))
    for source, writer in await tx.rows(select(heard.c.source, heard.c.writer).where(*old).limit(1)):
        mine = (heard.c.source == source, heard.c.writer == writer)
        numbers = select(heard.c.number, heard.c.events).where(*mine, *old).order_by(heard.c.number).limit(most)
        found = [Run(number, number, events) for number, events in await tx.rows(tx.locked(numbers))]
        await _add(tx, source, writer, found)
        gone = tx.any_of(heard.c.number, [run.first for run in found])
        await tx.connection.execute(delete(heard).where(*mine, gone))
        return len(found)
    return 0


def _as_writer(tx: Transaction, age: timedelta) -> str:
    """Names of writers begin with the second of their birth; digits and small letters sort alike everywhere."""
    return f"{int((tx.now - age).timestamp()):08x}"


async def _add(tx: Transaction, source: str, writer: str, runs: Sequence[Run]) -> None:
    known = heard_ranges.c
    beside = (known.last >= runs[0].first - 1, known.first <= runs[-1].last + 1)
    touched = (known.source == source, known.writer == writer, *beside)
    before = [Run(*row) for row in await tx.rows(select(known.first, known.last, known.events).where(*touched))]
    await tx.connection.execute(delete(heard_ranges).where(*touched))
    after = [{"source": source, "writer": writer, **run._asdict()} for run in joined([*before, *runs])]
    await tx.insert(heard_ranges, after)


def joined(runs: Iterable[Run]) -> list[Run]:
    """The same numbers in as few runs as can be: a number that nobody heard stays out."""
    made: list[Run] = []
    for run in sorted(runs):
        if made and run.first == made[-1].last + 1:
            made[-1] = Run(made[-1].first, run.last, made[-1].events + run.events)
        else:
            made.append(run)
    return made


async def folded(tx: Transaction, places: Iterable[Place]) -> set[Place]:
    """Which of these messages, just recorded as if they were new, had been folded; their records go.

    To be asked AFTER they were recorded: whoever folds deletes their rows, so the recording has waited for that.
    """
    old = {place for place in places if place.writer < _as_writer(tx, _SURELY_IN_ROWS)}
    if not old:
        return set()
    known, numbers = heard_ranges.c, [place.number for place in old]
    writers = (tx.any_of(known.source, {p.source for p in old}), tx.any_of(known.writer, {p.writer for p in old}))
    near = select(heard_ranges).where(*writers, known.last >= min(numbers), known.first <= max(numbers))
    ranges = await tx.rows(near)
    found = {p for p in old if any(_covers(row, p) for row in ranges)}
    if found:
        ours = tuple_(heard.c.source, heard.c.writer, heard.c.number).in_([place[:3] for place in found])
        await tx.connection.execute(delete(heard).where(ours))
    return found


def _covers(row: AnyRow, place: Place) -> bool:
    return (row.source, row.writer) == (place.source, place.writer) and row.first <= place.number <= row.last


async def folded_missing_from(tx: Transaction, other: Table) -> int:
    """How many events of folded messages another book of messages lacks."""
    known = heard_ranges.c
    inside = (other.c.source == known.source, other.c.writer == known.writer)
    there = select(func.coalesce(func.sum(other.c.events), 0)).where(
        *inside, other.c.number.between(known.first, known.last)
    )
    everything = select(func.coalesce(func.sum(known.events), 0))
    ((wanted, found),) = await tx.rows(select(everything.scalar_subquery(), there.scalar_subquery()))
    return int(wanted) - int(found)
