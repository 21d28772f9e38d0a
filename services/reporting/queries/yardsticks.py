"""What numbers are held against: names, targets, populations, feeds."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select

from services.reporting.tables import feeds, populations, products, region_changes, regions, targets
from shared.contracts.reference import PopulationRow, ProductRow, RegionChangeRow, RegionRow, TargetRow
from shared.contracts.values import last_inside
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


@dataclass(frozen=True)
class Feed:
    """How far a region's numbers go; no policy facts means that no insurer reports there."""

    fresh_to: datetime | None
    policy_facts: int


async def region_named(tx: Transaction, code: str) -> Region | None:
    """A region of the tree, None if there is none."""
    found = await regions_of(tx, [code])
    return found.get(code)


async def regions_of(tx: Transaction, codes: Iterable[str]) -> dict[str, Region]:
    """Those of the codes that the tree holds."""
    rows = await tx.rows(select(regions).where(tx.any_of(regions.c.code, codes)))
    return {row.code: Region(row.code, row.name, row.level) for row in rows}


async def children_of(tx: Transaction, code: str) -> list[Region]:
    """The next level below, by code."""
    rows = await tx.rows(select(regions).where(regions.c.parent == code).order_by(regions.c.code))
    return [Region(row.code, row.name, row.level) for row in rows]


async def regions_below(tx: Transaction, code: str, level: str) -> list[Region]:
    """All regions of a level inside a region, by code."""
    inside = regions.c.code.between(code, last_inside(code))
    rows = await tx.rows(select(regions).where(regions.c.level == level, inside).order_by(regions.c.code))
    return [Region(row.code, row.name, row.level) for row in rows]


async def targets_in_force(tx: Transaction, codes: Sequence[str], year: int, day: date) -> dict[str, dict[str, Target]]:
    """Per region and kind the newest version effective on the day."""
    question = (
        select(targets)
        .where(tx.any_of(targets.c.region, codes), targets.c.year == year, targets.c.effective_on <= day)
        .order_by(targets.c.effective_on, targets.c.version)
    )
    found: defaultdict[str, dict[str, Target]] = defaultdict(dict)
    for row in await tx.rows(question):
        found[row.region][row.kind] = Target(row.units, row.effective_on, row.document, row.version)
    return found


async def target_versions(tx: Transaction, code: str, year: int) -> list[dict[str, Any]]:
    """All versions of a region's targets of a year, the newest first."""
    question = select(targets).where(targets.c.region == code, targets.c.year == year)
    return [dict(row._mapping) for row in await tx.rows(question.order_by(targets.c.version.desc()))]


async def populations_of(tx: Transaction, codes: Sequence[str]) -> dict[str, Population]:
    """The newest vintage of each region (estimates never)."""
    question = (
        select(populations)
        .where(tx.any_of(populations.c.region, codes), populations.c.vintage != "estimate")
        .order_by(populations.c.vintage)
    )
    return {row.region: Population(row.residents, row.vintage) for row in await tx.rows(question)}


async def feeds_of(tx: Transaction, codes: Sequence[str], year: int) -> dict[str, Feed]:
    """The feed of each region: of its city, or of all cities inside a province."""
    rows = await tx.rows(select(feeds).where(feeds.c.year == year))
    return {code: _feed([row for row in rows if row.city.startswith(code[:4])]) for code in codes}


def _feed(rows: Sequence[Any]) -> Feed:
    fresh_to = max((row.fresh_to for row in rows), default=None)
    return Feed(fresh_to and fresh_to.astimezone(ZONE), sum(row.policy_facts for row in rows))


async def years_loaded(tx: Transaction) -> set[int]:
    """Programme years that have ever had a policy."""
    rows = await tx.rows(select(feeds.c.year).group_by(feeds.c.year).having(func.sum(feeds.c.policy_facts) > 0))
    return {int(row.year) for row in rows}


async def store_regions(tx: Transaction, rows: Sequence[RegionRow]) -> None:
    """Add regions to the tree, or rename them."""
    kept = [row.model_dump() for row in sorted(rows, key=lambda row: row.code)]
    await tx.insert(
        regions,
        kept,
        lambda i: i.on_conflict_do_update(index_elements=["code"], set_={"name": i.excluded.name}),
    )


async def store_changes(tx: Transaction, rows: Sequence[RegionChangeRow]) -> None:
    """Remember which code replaced which, and when; the file is the whole list."""
    kept = {(row.code, row.effective_on): row for row in rows}
    await tx.connection.execute(delete(region_changes))
    await tx.insert(region_changes, [row.model_dump(exclude={"level", "name_to"}) for _, row in sorted(kept.items())])


async def store_populations(tx: Transaction, rows: Sequence[PopulationRow]) -> None:
    """Add or correct populations of a vintage."""
    kept = {(r.code, r.status): r.resident_population for r in rows}
    await tx.insert(
        populations,
        [{"region": code, "vintage": vintage, "residents": n} for (code, vintage), n in sorted(kept.items())],
        lambda i: i.on_conflict_do_update(
            index_elements=["region", "vintage"], set_={"residents": i.excluded.residents}
        ),
    )


async def store_targets(tx: Transaction, rows: Sequence[TargetRow]) -> None:
    """Add a version for every target that differs from the one in force; none is ever overwritten."""
    known = await tx.rows(select(targets).order_by(targets.c.version))
    latest = {(r.region, r.year, r.kind, r.effective_on): (r.units, r.document) for r in known}
    new = [r for r in rows if latest.get((r.region, r.year, r.kind, r.effective_on)) != (r.units, r.document)]
    await tx.insert(targets, [{**row.model_dump(exclude={"status"}), "loaded_at": tx.now} for row in new])


async def store_products(tx: Transaction, rows: Sequence[ProductRow]) -> None:
    """What reporting needs of the catalogue: the line, and whether units count to the target."""
    latest = {row.code: row for row in sorted(rows, key=lambda row: row.on_sale_from)}
    fields = {"code", "name", "line", "counts_to_target"}
    await tx.connection.execute(delete(products))
    await tx.insert(products, [latest[code].model_dump(include=fields) for code in sorted(latest)])
