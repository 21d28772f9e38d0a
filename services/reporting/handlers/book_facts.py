"""Book every fact into the books of its region and all regions above it, many facts in a few statements."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, case

from services.reporting.handlers.book_households import book_households
from services.reporting.handlers.note_touches import Fed, note_touches
from services.reporting.handlers.remember_rebuilt import new_to_rebuild
from services.reporting.queries.rebuilds import running_rebuild, share_books
from services.reporting.rules.booking import KINDS, Change, Kind, changes_by_place
from services.reporting.rules.claim_entries import payment_waits
from services.reporting.rules.policy_entries import unusual_covers
from services.reporting.rules.sums import Key, Sums, rolled_up
from services.reporting.rules.touches import Booked
from services.reporting.tables import LIVE, NEXT, Books
from shared.contracts.envelope import Event
from shared.contracts.facts import PolicyChange
from shared.contracts.values import programme_year_of
from shared.messaging.happenings import Happening
from shared.messaging.transaction import OnConflict, Transaction

Told = Mapping[Kind, Sequence[Event[Any]]]
"""Facts by their kind."""


async def book_facts(start_month: int, facts: Sequence[Event[Change]], tx: Transaction) -> Sequence[Happening]:
    """Add the signed differences of all facts; while the books are rebuilt, to the next set as well."""
    await share_books(tx)
    await note_touches(tx, *await book_into(LIVE, start_month, facts, tx))
    if await running_rebuild(tx):
        await book_into(NEXT, start_month, await new_to_rebuild(facts, tx), tx)
    return ()


async def book_again(start_month: int, facts: Sequence[Event[Change]], tx: Transaction) -> Sequence[Happening]:
    """The same with facts of a replay, which LIVE holds already; nothing once their rebuild has ended."""
    await share_books(tx)
    if await running_rebuild(tx):
        await book_into(NEXT, start_month, await new_to_rebuild(facts, tx, replayed=True), tx)
    return ()


async def book_into(
    books: Books, start_month: int, facts: Sequence[Event[Change]], tx: Transaction
) -> tuple[Booked, Fed]:
    """Into one set of books; rows are touched once, in sorted key order. Tells which, and what feeds have grown to."""
    if not facts:
        return Booked(), ()
    told: Told = {kind: [fact for fact in facts if isinstance(fact.data, kind.of)] for kind in KINDS}
    cells = await _book_cells(books, start_month, told, tx)
    policies, claims = ([fact.data for fact in told[kind]] for kind in KINDS)
    covers = await _add(books.covers, {("premium_fen",): rolled_up([unusual_covers(policies)])}, tx)
    payments = await _add(books.payment_days, {("claims",): rolled_up([payment_waits(claims, start_month)])}, tx)
    steps = await book_households(books, policies, start_month, tx)
    homes = [place for place, more in steps.items() if more]
    return Booked(cells, homes, covers, payments), await _freshen(books, facts, start_month, tx)


async def _book_cells(books: Books, start_month: int, told: Told, tx: Transaction) -> Sequence[Key]:
    cells = {kind: [kind.cells(fact.data, start_month) for fact in facts] for kind, facts in told.items()}
    await asyncio.sleep(0)
    traces = [
        trace for kind in KINDS for pair in zip(told[kind], cells[kind], strict=True) for trace in _traces(kind, *pair)
    ]
    if traces:
        await tx.insert(books.traces, dict(zip(_TRACE, zip(*traces, strict=True), strict=True)))
    return await _add(books.cells, {kind.measures: rolled_up(cells[kind]) for kind in KINDS}, tx)


_TRACE = ("region", "year", "booked_on", "product", "event_id", "type", "insurer", "number", "changes")


def _traces(kind: Kind, fact: Event[Any], cells: Sums) -> Iterator[tuple[Any, ...]]:
    for place, amounts in changes_by_place(cells):
        yield (*place, fact.id, fact.type, fact.data.insurer, fact.number, kind.written(amounts))


async def _add(table: Table, sums: Mapping[tuple[str, ...], Sums], tx: Transaction) -> Sequence[Key]:
    """Vectors of some measures to the rows of their keys, which it tells."""
    keys = sorted({key for vectors in sums.values() for key in vectors})
    if not keys:
        return keys
    names = [column.name for column in table.primary_key]
    columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*keys, strict=True), strict=True))
    for measures, vectors in sums.items():
        if vectors:
            nothing = (0,) * len(measures)
            amounts = zip(*(vectors.get(key, nothing) for key in keys), strict=True)
            columns |= zip(measures, amounts, strict=True)
    await tx.insert(table, columns, _adding(tuple(columns)[len(names) :]))
    return keys


@cache
def _adding(measures: Sequence[str]) -> OnConflict:
    def add(insert: Any) -> Any:
        table, given = insert.table, insert.excluded
        sums = {name: table.c[name] + given[name] for name in measures}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)

    return add


async def _freshen(books: Books, facts: Sequence[Event[Change]], start_month: int, tx: Transaction) -> Fed:
    """Note per city and year how far its numbers go, and that it has a feed; a move concerns both cities."""
    found: defaultdict[tuple[str, int], list[Event[Change]]] = defaultdict(list)
    for fact in facts:
        year, before, city = (
            programme_year_of(_day_of(fact.data), start_month),
            fact.data.before,
            fact.data.after.region[:4],
        )
        found[city, year].append(fact)
        if before is not None and before.region[:4] != city:
            found[before.region[:4], year].append(fact)
    rows = [_feed(city, year, news, tx.moment) for (city, year), news in sorted(found.items())]
    told = books.feeds.c
    grown = (told.city, told.year, told.facts)
    fed = await tx.insert(books.feeds, rows, _freshen_rows, returning=grown)
    return [(city, year, facts, facts - len(found[city, year])) for city, year, facts in fed]


def _day_of(change: Change) -> Any:
    return change.sold_on if isinstance(change, PolicyChange) else change.after.steps[-1].on


def _feed(city: str, year: int, news: Sequence[Event[Change]], now: datetime) -> dict[str, Any]:
    return {
        "city": city,
        "year": year,
        "policy_facts": sum(isinstance(fact.data, PolicyChange) for fact in news),
        "facts": len(news),
        "fresh_to": max(fact.time or now for fact in news),
    }


def _freshen_rows(insert: Any) -> Any:
    known, told = insert.table.c, insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["city", "year"],
        set_={
            "policy_facts": known.policy_facts + told.policy_facts,
            "facts": known.facts + told.facts,
            "fresh_to": case((told.fresh_to > known.fresh_to, told.fresh_to), else_=known.fresh_to),
        },
    )
