"""Book every fact into the cells of its region and all regions above it, many facts in a few statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from services.reporting.rules import households
from services.reporting.rules.booking import Cells, cells_of, net_by_region, rolled_up
from services.reporting.rules.measures import MEASURES
from services.reporting.tables import cells, feeds, household_timelines
from shared.contracts.envelope import Event
from shared.contracts.facts import ClaimChange, PolicyChange
from shared.contracts.values import programme_year_of
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction

Change = PolicyChange | ClaimChange
HouseholdKey = tuple[int, str]


async def book_facts(start_month: int, facts: Sequence[Event[Change]], tx: Transaction) -> Sequence[Happening]:
    """Add the signed differences of all facts; rows are touched once, in sorted key order."""
    changes = [fact.data for fact in facts]
    sums = rolled_up(cells_of(changes, start_month))
    await _book_households([c for c in changes if isinstance(c, PolicyChange)], start_month, sums, tx)
    await _add_to_cells(sums, tx)
    await _freshen(changes, start_month, tx)
    return ()


async def _add_to_cells(sums: Cells, tx: Transaction) -> None:
    names = ("region", "year", "booked_on", "product")
    rows = [dict(zip((*names, *MEASURES), (*key, *sums[key]), strict=True)) for key in sorted(sums) if any(sums[key])]
    added = {name: cells.c[name] for name in MEASURES}
    await tx.insert(
        cells,
        rows,
        lambda insert: insert.on_conflict_do_update(
            index_elements=names, set_={name: column + insert.excluded[name] for name, column in added.items()}
        ),
    )


async def _book_households(changes: Sequence[PolicyChange], start_month: int, sums: Cells, tx: Transaction) -> None:
    """Append to each household's timeline (which locks it) and book what its presence changes."""
    appended = _entries(changes, start_month)
    rows = [
        {"year": year, "household": household, "timeline": households.written(entries)}
        for (year, household), entries in sorted(appended.items())
    ]
    columns = household_timelines.c
    stored = await tx.insert(
        household_timelines,
        rows,
        lambda insert: insert.on_conflict_do_update(
            index_elements=["year", "household"], set_={"timeline": columns.timeline + insert.excluded.timeline}
        ),
        returning=(columns.year, columns.household, columns.timeline),
    )
    for year, household, timeline in stored:
        before = timeline[: len(timeline) - len(households.written(appended[year, household]))]
        households.book_changes(sums, year, before, timeline)
    await _shorten([(y, h, t) for y, h, t in stored if len(t) > households.LONG], tx)


def _entries(changes: Sequence[PolicyChange], start_month: int) -> Mapping[HouseholdKey, list[households.Entry]]:
    appended: defaultdict[HouseholdKey, list[households.Entry]] = defaultdict(list)
    for change in changes:
        year = programme_year_of(change.sold_on, start_month)
        for (household, region), difference in net_by_region(change).items():
            appended[year, household].append((change.booked_on.toordinal(), region, difference))
    return appended


async def _shorten(long: Sequence[tuple[int, str, str]], tx: Transaction) -> None:
    columns = household_timelines.c
    statement = update(household_timelines).where(
        columns.year == bindparam("b_year"), columns.household == bindparam("b_household")
    )
    rows = [{"b_year": y, "b_household": h, "b_timeline": households.shortened(t)} for y, h, t in long]
    await tx.write(statement.values(timeline=bindparam("b_timeline")), rows)


async def _freshen(changes: Sequence[Change], start_month: int, tx: Transaction) -> None:
    """Note per city and year how far its numbers go, and that it has a feed at all."""
    facts: defaultdict[tuple[str, int], int] = defaultdict(int)
    for change in changes:
        policy = isinstance(change, PolicyChange)
        day = change.sold_on if isinstance(change, PolicyChange) else change.after.steps[-1].on
        facts[change.after.region[:4], programme_year_of(day, start_month)] += policy
    fresh_to = datetime.combine(tx.today, tx.now.timetz())
    rows: list[dict[str, Any]] = [
        {"city": city, "year": year, "policy_facts": count, "fresh_to": fresh_to}
        for (city, year), count in sorted(facts.items())
    ]
    await tx.insert(feeds, rows, _freshened)


def _freshened(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=["city", "year"],
        set_={
            "policy_facts": feeds.c.policy_facts + insert.excluded.policy_facts,
            "fresh_to": insert.excluded.fresh_to,
        },
    )
