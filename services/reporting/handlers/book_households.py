"""Book where households count otherwise than their policies: append to a timeline, recompute that household alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from services.reporting.queries.yardsticks import moves_now
from services.reporting.rules import households
from services.reporting.rules.households import Steps
from services.reporting.rules.moves import Moves, outermost
from services.reporting.rules.policy_entries import homes_changed
from services.reporting.tables import Books
from shared.contracts.facts import PolicyChange
from shared.contracts.values import programme_year_of, with_ancestors
from shared.messaging.transaction import AnyRow, Transaction

HouseholdKey = tuple[int, str]


async def book_households(books: Books, changes: Sequence[PolicyChange], start_month: int, tx: Transaction) -> Steps:
    """Append to each household's timeline (which locks it) and book by how much it differs from its policies."""
    appended, steps = _entries(changes, start_month), Steps()
    if not appended:
        return steps
    stored = await _appended(books, appended, tx)
    unlike = [(*key, timeline) for *key, timeline in stored if not households.counts_as_its_policy(timeline)]
    if unlike:
        moves = await moves_now(tx)
        for year, household, timeline in unlike:
            before = timeline.removesuffix(appended[year, household])
            households.book_changes(steps, year, (before, timeline), moves)
        await _add(books, steps, tx)
        await _shorten(books, [(y, h, t) for y, h, t in unlike if len(t) > households.LONG], tx)
    return steps


def _entries(changes: Iterable[PolicyChange], start_month: int) -> Mapping[HouseholdKey, str]:
    appended: defaultdict[HouseholdKey, str] = defaultdict(str)
    for change in changes:
        year, day = programme_year_of(change.sold_on, start_month), change.booked_on.toordinal()
        for (household, region), difference in homes_changed(change):
            appended[year, household] += households.written(day, region, difference)
    return appended


async def _appended(books: Books, appended: Mapping[HouseholdKey, str], tx: Transaction) -> Sequence[AnyRow]:
    keys, columns = sorted(appended), books.timelines.c
    years, names = zip(*keys, strict=True)
    return await tx.insert(
        books.timelines,
        {"year": years, "household": names, "timeline": [appended[key] for key in keys]},
        _append,
        returning=(columns.year, columns.household, columns.timeline),
    )


def _append(insert: Any) -> Any:
    timeline = insert.table.c.timeline + insert.excluded.timeline
    return insert.on_conflict_do_update(index_elements=["year", "household"], set_={"timeline": timeline})


async def _add(books: Books, steps: Steps, tx: Transaction) -> None:
    names = ("region", "today", "year", "booked_on")
    rows = [dict(zip((*names, "households"), (*key, steps[key]), strict=True)) for key in sorted(steps) if steps[key]]
    added = books.households.c.households
    await tx.insert(
        books.households,
        rows,
        lambda insert: insert.on_conflict_do_update(
            index_elements=names, set_={"households": added + insert.excluded.households}
        ),
    )


async def _shorten(books: Books, long: Sequence[tuple[int, str, str]], tx: Transaction) -> None:
    columns = books.timelines.c
    statement = update(books.timelines).where(
        columns.year == bindparam("b_year"), columns.household == bindparam("b_household")
    )
    rows = [{"b_year": y, "b_household": h, "b_timeline": households.shortened(t)} for y, h, t in long]
    await tx.write(statement.values(timeline=bindparam("b_timeline")), rows)


async def book_todays_view_again(books: Books, moves: Moves, tx: Transaction) -> None:
    """After codes have changed: the households of the regions concerned, by today's codes, from their timelines."""
    await tx.connection.execute(delete(books.households).where(books.households.c.today))
    changed = {*moves.successors, *moves.successors.values()}
    codes = outermost(above for code in changed for above in with_ancestors(code) if moves.is_affected(above))
    columns = books.timelines.c
    if not codes:
        return
    concerned = or_(*(columns.timeline.contains(f":{code}") for code in sorted(codes)))
    steps = Steps()
    for year, household_timeline in await tx.rows(select(columns.year, columns.timeline).where(concerned)):
        households.book_today(steps, year, household_timeline, moves)
    await _add(books, steps, tx)
