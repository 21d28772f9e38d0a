"""What numbers are held against: names, targets, populations, feeds."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from services.reporting.queries.freshness import Told
from services.reporting.queries.keeping import by_edition, pulse_of
from services.reporting.rules.moves import Moves, moves_from
from services.reporting.tables import LIVE, populations, products, region_changes, regions, targets
from shared.contracts.values import last_inside, level_of
from shared.messaging.transaction import Transaction
from shared.runtime.clock import ZONE


@dataclass(frozen=True)
class Region:
    """A node of the tree."""

    code: str
    name: str
    level: str

    def shown(self) -> dict[str, str]:
        return {"code": self.code, "name": self.name, "level": self.level}


@dataclass(frozen=True)
class Target:
    """The target of one kind in force on a day."""

    units: int
    effective_on: date
    document: str
    version: int


@dataclass(frozen=True)
class Population:
    """Residents, by the newest vintage."""

    value: int
    vintage: str
    eligible_households: int | None = None


@dataclass(frozen=True)
class Feed:
    """How far a region's numbers go; no policy facts means that no insurer reports there."""

    fresh_to: datetime | None
    policy_facts: int


async def region_named(tx: Transaction, code: str) -> Region | None:
    """A region of the tree, None if there is none."""
    found = await regions_of(tx, [code])
    return found.get(code)


async def region_replaced(tx: Transaction, code: str, view: str) -> Region | None:
    """A code of an earlier edition: by its old name in the historical view, by its successor in today's."""
    if view == "today":
        successor = (await moves_now(tx)).today_of(code)
        return await region_named(tx, successor) if successor != code else None
    former = await _former(tx, region_changes.c.code == code)
    return former[0] if former else None


async def former_regions_below(tx: Transaction, code: str, level: str) -> list[Region]:
    """Regions of an earlier edition inside a region that anything was booked on, by code."""
    inside = region_changes.c.code.between(code, last_inside(code))
    booked = select(LIVE.cells.c.region).where(LIVE.cells.c.region == region_changes.c.code).exists()
    return [region for region in await _former(tx, inside & booked) if region.level == level]


async def _former(tx: Transaction, where: ColumnElement[bool]) -> list[Region]:
    changes = region_changes.c
    replaced = select(changes.code, changes.name_from).where(where, changes.successor.is_not(None))
    rows = {row.code: row.name_from for row in await tx.rows(replaced.order_by(changes.code))}
    return [Region(code, name, level_of(code)) for code, name in rows.items()]


@by_edition
async def regions_of(tx: Transaction, codes: Iterable[str]) -> dict[str, Region]:
    """Those of the codes that the tree holds."""
    rows = await tx.rows(select(regions).where(tx.any_of(regions.c.code, codes)))
    return {row.code: Region(row.code, row.name, row.level) for row in rows}


@by_edition
async def children_of(tx: Transaction, code: str) -> list[Region]:
    """The next level below, by code."""
    rows = await tx.rows(select(regions).where(regions.c.parent == code).order_by(regions.c.code))
    return [Region(row.code, row.name, row.level) for row in rows]


@by_edition
async def children_of_many(tx: Transaction, codes: Sequence[str]) -> dict[str, list[Region]]:
    """The next level below each of the codes."""
    rows = await tx.rows(select(regions).where(tx.any_of(regions.c.parent, codes)).order_by(regions.c.code))
    found: dict[str, list[Region]] = {code: [] for code in codes}
    for row in rows:
        found[row.parent].append(Region(row.code, row.name, row.level))
    return found


async def regions_below(tx: Transaction, code: str, level: str, view: str = "today") -> list[Region]:
    """All regions of a level inside a region, by code; in the `historical` view those that were replaced, too."""
    found = await _regions_now_below(tx, code, level)
    if view != "historical":
        return found
    former = await former_regions_below(tx, code, level)
    return sorted({region.code: region for region in (*former, *found)}.values(), key=lambda region: region.code)


@by_edition
async def _regions_now_below(tx: Transaction, code: str, level: str) -> list[Region]:
    inside = regions.c.code.between(code, last_inside(code))
    rows = await tx.rows(select(regions).where(regions.c.level == level, inside).order_by(regions.c.code))
    return [Region(row.code, row.name, row.level) for row in rows]


Kind = tuple[str, str]
"""(kind of target, product line or empty)"""


@by_edition
async def targets_in_force(
    tx: Transaction, codes: Sequence[str], year: int, day: date
) -> dict[str, dict[Kind, Target]]:
    """Per region, kind and product line the newest version effective on the day."""
    question = (
        select(targets)
        .where(tx.any_of(targets.c.region, codes), targets.c.year == year, targets.c.effective_on <= day)
        .order_by(targets.c.effective_on, targets.c.version)
    )
    found: defaultdict[str, dict[Kind, Target]] = defaultdict(dict)
    for row in await tx.rows(question):
        found[row.region][row.kind, row.line] = Target(row.units, row.effective_on, row.document, row.version)
    return found


async def target_versions(tx: Transaction, code: str, year: int) -> list[dict[str, Any]]:
    """All versions of a region's targets of a year, the newest first."""
    question = select(targets).where(targets.c.region == code, targets.c.year == year)
    return [dict(row._mapping) for row in await tx.rows(question.order_by(targets.c.version.desc()))]


@by_edition
async def line_of(tx: Transaction, product: str) -> str:
    """The product line that the targets of a product belong to; empty for `counted` and `all`."""
    rows = await tx.rows(select(products.c.line).where(products.c.code == product))
    return rows[0].line if rows else ""


@by_edition
async def populations_of(tx: Transaction, codes: Sequence[str]) -> dict[str, Population]:
    """The newest vintage of each region (estimates never)."""
    question = (
        select(populations)
        .where(tx.any_of(populations.c.region, codes), populations.c.vintage != "estimate")
        .order_by(populations.c.vintage)
    )
    return {
        row.region: Population(row.residents, row.vintage, row.eligible_households) for row in await tx.rows(question)
    }


@by_edition
async def product_codes(tx: Transaction) -> list[str]:
    """Every product of the catalogue."""
    return [row.code for row in await tx.rows(select(products.c.code).order_by(products.c.code))]


@by_edition
async def moves_now(tx: Transaction) -> Moves:
    """Which codes were replaced by which."""
    changes = region_changes.c
    replaced = select(changes.code, changes.successor).where(
        changes.successor.is_not(None), changes.successor != changes.code
    )
    rows = await tx.rows(replaced.order_by(changes.effective_on))
    return moves_from((row.code, row.successor) for row in rows)


async def feeds_of(tx: Transaction, codes: Sequence[str], year: int) -> dict[str, Feed]:
    """The feed of each region: of its city, or of all cities inside a province."""
    feeds = (await pulse_of(tx)).feeds
    told = [(city, feed) for (city, its_year), feed in feeds.items() if its_year == year]
    places = {code[:4] for code in codes}
    known = {place: _feed([feed for city, feed in told if city.startswith(place)]) for place in places}
    return {code: known[code[:4]] for code in codes}


def _feed(told: Sequence[Told]) -> Feed:
    fresh_to = max((feed.fresh_to for feed in told), default=None)
    return Feed(fresh_to and fresh_to.astimezone(ZONE), sum(feed.policy_facts for feed in told))


async def years_loaded(tx: Transaction) -> set[int]:
    """Programme years that have ever had a policy."""
    return {year for (_, year), feed in (await pulse_of(tx)).feeds.items() if feed.policy_facts > 0}


async def regions_fed(tx: Transaction, year: int) -> list[Region]:
    """Provinces and cities that somebody reports policies of a year from, by code."""
    feeds = LIVE.feeds.c
    rows = await tx.rows(select(feeds.city).where(feeds.year == year, feeds.policy_facts > 0))
    found = await regions_of(tx, {code for row in rows for code in (row.city[:2], row.city)})
    return [found[code] for code in sorted(found)]
