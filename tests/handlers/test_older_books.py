"""Books of an older form are carried over: they become what this version makes of the same facts."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Date, column, insert, select, table

from services.reporting.rules.measures import SUMS
from services.reporting.rules.moves import moves_from
from services.reporting.tables import LIVE, region_changes
from shared.runtime.database import Database
from shared.runtime.migrations import migrate
from tests.handlers.books import reporting
from tests.handlers.oracle import World, year_of
from tests.handlers.worlds import END, MOVED, a_world, furnish, take_in

LEVELS = (2, 4, 6, 9, 12)
TYPES: dict[str, Any] = {"booked_on": Date, "starts_on": Date, "ends_on": Date, "today": Boolean, "renewed": Boolean}
Rows = list[dict[str, Any]]
Books = dict[str, Rows]


def above(region: str) -> Iterator[str]:
    return (region[:digits] for digits in LEVELS if digits <= len(region))


def in_rows(keys: tuple[str, ...], name: str, amounts: Mapping[Any, int]) -> Rows:
    return [{**dict(zip(keys, key, strict=True)), name: amount} for key, amount in amounts.items()]


def covers(world: World) -> Rows:
    """Every premium by its days of cover, as older books had it."""
    found: Counter[Any] = Counter()
    for fact in world.policy_facts:
        for sign, state in ((-1, fact.before), (1, fact.after)):
            for region in above(state.region) if state is not None else ():
                key = (region, state.effective_to, state.effective_from, fact.booked_on, state.product)
                found[key] += sign * state.premium.total
    return in_rows(("region", "ends_on", "starts_on", "booked_on", "product"), "premium_fen", found)


def households(world: World) -> Rows:
    """Every step of the presence of a household, as older books had it."""
    moves = moves_from(MOVED.items())
    policies: defaultdict[Any, Counter[date]] = defaultdict(Counter)
    for fact in world.policy_facts:
        for sign, state in ((-1, fact.before), (1, fact.after)):
            if state is not None and state.in_force:
                home = (year_of(fact.sold_on), fact.insurer, state.household)
                for region in above(state.region):
                    policies[region, False, *home][fact.booked_on] += sign
                for region in filter(moves.is_affected, above(world.code_of(state.region, today=True))):
                    policies[region, True, *home][fact.booked_on] += sign
    found: Counter[Any] = Counter()
    for (region, today, year, *_), days in policies.items():
        held = 0
        for day in sorted(days):
            was, held = held > 0, held + days[day]
            found[region, today, year, day] += (held > 0) - was
    return in_rows(("region", "today", "year", "booked_on"), "households", found)


def provinces(cells: Rows) -> Rows:
    """The sums of cities, which older books had as rows of their own."""
    keys = ("region", "year", "booked_on", "product", "renewed")
    found: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    for city in (row for row in cells if len(row["region"]) == 4):
        place = (city["region"][:2], *(city[key] for key in keys[1:]))
        found[place].update({name: city[name] for name in SUMS})
    return [{**dict(zip(keys, key, strict=True)), **amounts} for key, amounts in found.items()]


async def rows_of(database: Database, *names: str) -> Books:
    found: Books = {}
    async with database.read() as tx:
        for books in (*LIVE.all, region_changes):
            if books.name in names:
                found[books.name] = [dict(row._mapping) for row in await tx.rows(select(books))]
    return found


async def write(database: Database, books: Books) -> None:
    async with database.begin() as tx:
        for name, rows in books.items():
            columns = (column(key, TYPES.get(key)) for key in rows[0])
            await tx.connection.execute(insert(table(name, *columns)), rows)


def saying_something(rows: Rows) -> set[Any]:
    """Rows that come to something."""
    told = (tuple(sorted((name, str(value)) for name, value in row.items())) for row in rows)
    return {row for row in told if not {("premium_fen", "0"), ("households", "0")} & {*row}}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_older_books_become_what_this_version_makes_of_the_same_facts(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    world, arrivals = a_world(chance)
    async with reporting(None, tmp_path, END) as running:
        await take_in(running, chance, arrivals)
        await furnish(running, world)
        kept = ("cells", "household_timelines", "region_changes")
        made = await rows_of(running.database, "covers", "households", *kept)
    url = request.getfixturevalue("pg_url") if kind == "postgresql" else f"sqlite:///{tmp_path / 'older.sqlite'}"
    older = Database(url, "reporting")
    try:
        await migrate(older, "0003")
        await write(older, {"covers": covers(world), "households": households(world)})
        await write(older, {name: made[name] for name in kept})
        await write(older, {"cells": provinces(made["cells"])})
        await migrate(older)
        found = await rows_of(older, *made)
        for name in ("covers", "households"):
            assert saying_something(found[name]) == saying_something(made[name]), name
    finally:
        await older.close()
