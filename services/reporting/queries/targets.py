"""Targets of a whole part of the tree, and what a target may be divided by."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from services.reporting.queries.sums import scope_of, units_as_of
from services.reporting.queries.yardsticks import Region, regions_of
from services.reporting.rules.targets import reasons_to_refuse
from services.reporting.tables import agents, products, regions, targets
from shared.contracts.reference import TargetRow
from shared.contracts.values import LEVELS, last_inside
from shared.messaging.transaction import Transaction

_LEVELS = tuple(LEVELS.values())


async def reasons_against(tx: Transaction, rows: Sequence[TargetRow], scope: str = "") -> list[tuple[int, str]]:
    """(place, what is wrong) of every row that cannot be taken in from somebody whose scope is a region."""
    known = await regions_of(tx, [row.region for row in rows])
    lines = {row.line for row in await tx.rows(select(products.c.line).distinct())}
    return list(reasons_to_refuse(rows, lambda code: code in known and code.startswith(scope), lines))


async def tree_below(tx: Transaction, region: Region, depth: int) -> list[dict[str, str]]:
    """A region and everything up to `depth` levels below it, by code."""
    place = _LEVELS.index(region.level)
    inside = regions.c.code.between(region.code, last_inside(region.code))
    wanted = regions.c.level.in_(_LEVELS[place : place + depth + 1])
    rows = await tx.rows(select(regions).where(inside, wanted).order_by(regions.c.code))
    return [Region(row.code, row.name, row.level).shown() for row in rows]


async def units_in_force_below(
    tx: Transaction, code: str, year: int, kind: tuple[str, str], day: date
) -> dict[str, int]:
    """Units of every target of one (kind, line) in force inside a region, by code."""
    question = (
        select(targets.c.region, targets.c.units)
        .where(targets.c.region.between(code, last_inside(code)), targets.c.year == year)
        .where(targets.c.kind == kind[0], targets.c.line == kind[1], targets.c.effective_on <= day)
        .order_by(targets.c.effective_on, targets.c.version)
    )
    return {row.region: row.units for row in await tx.rows(question)}


async def units_of_year(
    tx: Transaction, codes: Sequence[str], year: int, last_day: date, line: str = ""
) -> dict[str, int]:
    """Units of each region in a whole programme year, of one product line or of all that count to the target."""
    sold = await units_as_of(tx, await scope_of(tx, codes), year, [last_day], line)
    return {code: max(sold[code][last_day][0], 0) for code in codes}


async def active_agents_by_region(tx: Transaction, codes: Collection[str]) -> dict[str, int]:
    """How many active agents work in each region; one who serves several villages counts in each of them."""
    inside = agents.c.region.between(min(codes)[:9], last_inside(max(codes)))
    rows = await tx.rows(select(agents.c.region, agents.c.villages).where(agents.c.active, inside))
    return _working_in(codes, rows)


def _working_in(codes: Collection[str], rows: Sequence[Any]) -> dict[str, int]:
    digits = len(next(iter(codes), ""))
    places: Counter[str] = Counter()
    for row in rows:
        places.update(set(row.villages) if digits == 12 else {row.region[:digits]})
    return {code: places[code] for code in codes}
