"""What the live stream asks, once for all that listen: has anything changed, what was said, how do regions stand."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select

from services.reporting.queries import yardsticks
from services.reporting.queries.sums import scope_of, sums_as_of, units_as_of
from services.reporting.queries.yardsticks import Region
from services.reporting.rules.marks import LOOK_BACK, Mark, mark_of, name_of
from services.reporting.rules.ranking import in_order, ranks_of
from services.reporting.tables import LIVE, targets
from shared.contracts.values import programme_year_of
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS
from shared.messaging.transaction import Transaction


@dataclass(frozen=True)
class Pulse:
    """As long as it is the same nothing has changed."""

    facts: int
    target: int
    message: int
    today: date


async def pulse_now(tx: Transaction) -> Pulse:
    """One question, by indexes and a table of a few dozen rows."""
    facts = select(func.sum(LIVE.feeds.c.facts)).scalar_subquery()
    target = select(func.max(targets.c.version)).scalar_subquery()
    message = select(func.max(outbox.c.position)).scalar_subquery()
    ((f, t, m),) = await tx.rows(select(facts, target, message))
    return Pulse(int(f or 0), t or 0, m or 0, tx.today)


async def facts_by_city(tx: Transaction) -> dict[str, int]:
    """How many facts have concerned each city, of all years."""
    feeds = LIVE.feeds.c
    rows = await tx.rows(select(feeds.city, func.sum(feeds.facts)).group_by(feeds.city))
    return {city: int(facts) for city, facts in rows}


async def end_of_log(tx: Transaction) -> Mark:
    """The mark of somebody who has heard everything."""
    newest = select(outbox.c.position).order_by(outbox.c.position.desc()).limit(LOOK_BACK)
    return mark_of([row.position for row in await tx.rows(newest)])


@dataclass(frozen=True)
class Said:
    """A message of the log: its position and its facts as (name, region, data)."""

    position: int
    facts: Sequence[tuple[str, str, Any]]


async def said_after(tx: Transaction, mark: Mark, most: int) -> list[Said]:
    """The newest messages (at most so many) that somebody has not heard in full, in the log's order."""
    places = outbox.c.position
    unheard = or_(places > mark.position, tx.any_of(places, mark.open)) if mark.open else places > mark.position
    question = select(places, outbox.c.exchange, outbox.c.body).where(unheard).order_by(places.desc()).limit(most)
    rows = await tx.rows(question)
    return [Said(row.position, list(_facts(row)) if row.exchange == FACTS else []) for row in reversed(rows)]


def _facts(row: Any) -> Iterator[tuple[str, str, Any]]:
    told = json.loads(row.body)
    for fact in told if isinstance(told, list) else [told]:
        yield name_of(fact["type"]), fact["data"]["region"], fact["data"]


@dataclass(frozen=True)
class Standing:
    """How the children of a region stand; `own` are sums that change with anything inside a region below a city."""

    year: int
    as_of: date
    rows: list[dict[str, Any]]
    own: Sequence[Any]
    fresh_to: datetime | None

    def says_the_same(self, other: "Standing") -> bool:
        return (self.as_of, self.rows, self.own) == (other.as_of, other.rows, other.own)


async def touched_by(tx: Transaction, scopes: Collection[str], cities: Collection[str]) -> set[str]:
    """The scopes whose numbers lie in one of the cities; a region may consist of codes of another city's past."""
    moves = await yardsticks.moves_now(tx)
    booked = {scope: [code for code, _ in moves.booked_under(scope)] for scope in scopes if scope}
    touched = {
        s for s, codes in booked.items() for c in cities if any(b.startswith(c) or c.startswith(b) for b in codes)
    }
    return touched | ({""} & set(scopes))


async def standings_now(tx: Transaction, scopes: Collection[str], start_month: int) -> dict[str, Standing]:
    """How the children of each region stand today, with a fixed number of questions; empty is the whole tree."""
    year = programme_year_of(tx.today, start_month)
    children = await _children_of(tx, scopes)
    codes = sorted({child.code for found in children.values() for child in found})
    units = await units_as_of(tx, await scope_of(tx, codes), year, [tx.today])
    in_force = await yardsticks.targets_in_force(tx, codes, year, tx.today)
    feeds = await yardsticks.feeds_of(tx, [*scopes, *codes], year)
    own = await _own_sums(tx, children, year)
    known = {
        code: _Place(
            units[code][tx.today][0],
            in_force.get(code, {}).get(("guideline", "")),
            has_feed=feeds[code].policy_facts > 0,
        )
        for code in codes
    }
    return {
        scope: Standing(year, tx.today, _rows(found, known), own.get(scope, ()), feeds[scope].fresh_to)
        for scope, found in children.items()
    }


async def _children_of(tx: Transaction, scopes: Collection[str]) -> dict[str, list[Region]]:
    children = await yardsticks.children_of_many(tx, [scope for scope in scopes if scope])
    return children | ({"": await yardsticks.regions_below(tx, "", "city")} if "" in scopes else {})


async def _own_sums(tx: Transaction, children: dict[str, list[Region]], year: int) -> dict[str, Sequence[Any]]:
    """All measures of the regions below a city and of their children: there no feed tells whether they changed."""
    small = {scope: [scope, *(c.code for c in found)] for scope, found in children.items() if len(scope) > 4}
    if not small:
        return {}
    scope_ = await scope_of(tx, {code for codes in small.values() for code in codes}, "all")
    sums = await sums_as_of(tx, scope_, year, [tx.today])
    return {scope: [sums[code][tx.today] for code in codes] for scope, codes in small.items()}


@dataclass(frozen=True)
class _Place:
    """What is known of one child region; where nobody reports from there is no place and no completion."""

    units: int
    target: yardsticks.Target | None
    has_feed: bool

    def completion(self) -> float | None:
        return self.units / self.target.units if self.has_feed and self.target and self.target.units else None


def _rows(children: Sequence[Region], known: dict[str, _Place]) -> list[dict[str, Any]]:
    names = {child.code: child.name for child in children}
    ranked = {code: known[code].units if known[code].has_feed else None for code in names}
    ranks = ranks_of(ranked)
    return [
        {
            "code": code,
            "name": names[code],
            "rank": ranks.get(code),
            "units": known[code].units,
            "completion_guideline": known[code].completion(),
            "no_feed": not known[code].has_feed,
        }
        for code in in_order(ranked)
    ]
