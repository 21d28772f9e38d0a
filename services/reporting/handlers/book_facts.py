"""Book every fact into the books of its region and all regions above it, many facts in a few statements."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, case

from services.reporting.handlers.book_households import book_households
from services.reporting.handlers.remember_rebuilt import new_to_rebuild
from services.reporting.queries.rebuilds import running_rebuild, share_books
from services.reporting.rules.booking import Entries, Sums, changes_by_place, entries_of, everywhere
from services.reporting.rules.measures import SUMS
from services.reporting.tables import LIVE, NEXT, Books
from shared.contracts.envelope import Event
from shared.contracts.facts import ClaimChange, PolicyChange
from shared.contracts.values import programme_year_of
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction

Change = PolicyChange | ClaimChange
_as_json = json.JSONEncoder(separators=(",", ":")).encode


async def book_facts(start_month: int, facts: Sequence[Event[Change]], tx: Transaction) -> Sequence[Happening]:
    """Add the signed differences of all facts; while the books are rebuilt, to the next set as well."""
    await share_books(tx)
    await book_into(LIVE, start_month, facts, tx)
    if await running_rebuild(tx):
        await book_into(NEXT, start_month, await new_to_rebuild(facts, tx), tx)
    return ()


async def book_again(start_month: int, facts: Sequence[Event[Change]], tx: Transaction) -> Sequence[Happening]:
    """The same with facts of a replay, which LIVE holds already; nothing once their rebuild has ended."""
    await share_books(tx)
    if await running_rebuild(tx):
        await book_into(NEXT, start_month, await new_to_rebuild(facts, tx, replayed=True), tx)
    return ()


async def book_into(books: Books, start_month: int, facts: Sequence[Event[Change]], tx: Transaction) -> None:
    """Into one set of books; rows are touched once, in sorted key order."""
    if not facts:
        return
    changes = [fact.data for fact in facts]
    single = [entries_of(change, start_month) for change in changes]
    entries = everywhere(single)
    await _leave_traces(books.traces, facts, single, tx)
    await _add(books.cells, entries.cells, SUMS, tx)
    await _add(books.covers, entries.covers, ("premium_fen",), tx)
    await _add(books.payment_days, entries.payment_days, ("claims",), tx)
    await book_households(books, [c for c in changes if isinstance(c, PolicyChange)], start_month, tx)
    await _freshen(books, facts, start_month, tx)


async def _leave_traces(
    traces: Table, facts: Sequence[Event[Change]], single: Sequence[Entries], tx: Transaction
) -> None:
    rows = [
        {
            "region": region,
            "booked_on": day,
            "event_id": fact.id,
            "product": product,
            "year": year,
            "type": fact.type,
            "insurer": fact.data.insurer,
            "number": fact.number,
            "changes": _as_json(amounts),
        }
        for fact, entries in zip(facts, single, strict=True)
        for (region, year, day, product), amounts in changes_by_place(entries).items()
    ]
    await tx.insert(traces, rows)


async def _add(table: Table, sums: Sums, measures: Sequence[str], tx: Transaction) -> None:
    names = [column.name for column in table.primary_key]
    columns = (*names, *measures)
    rows = [dict(zip(columns, (*key, *sums[key]), strict=True)) for key in sorted(sums)]
    added = {name: table.c[name] for name in measures}
    await tx.insert(
        table,
        rows,
        lambda insert: insert.on_conflict_do_update(
            index_elements=names, set_={name: column + insert.excluded[name] for name, column in added.items()}
        ),
    )


async def _freshen(books: Books, facts: Sequence[Event[Change]], start_month: int, tx: Transaction) -> None:
    """Note per city and year how far its numbers go, and that it has a feed; a move concerns both cities."""
    found: defaultdict[tuple[str, int], list[Event[Change]]] = defaultdict(list)
    for fact in facts:
        for city in {state.region[:4] for state in (fact.data.before, fact.data.after) if state}:
            found[city, programme_year_of(_day_of(fact.data), start_month)].append(fact)
    rows = [_feed(city, year, news, tx.moment) for (city, year), news in sorted(found.items())]
    await tx.insert(books.feeds, rows, lambda insert: _freshened(books.feeds, insert))


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


def _freshened(feeds: Table, insert: Any) -> Any:
    known, told = feeds.c, insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["city", "year"],
        set_={
            "policy_facts": known.policy_facts + told.policy_facts,
            "facts": known.facts + told.facts,
            "fresh_to": case((told.fresh_to > known.fresh_to, told.fresh_to), else_=known.fresh_to),
        },
    )
