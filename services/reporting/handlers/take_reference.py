"""Reference data taken in: the tree, its changes, populations, targets, the catalogue."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from services.reporting.handlers.book_households import book_todays_view_again
from services.reporting.handlers.note_touches import begin_edition
from services.reporting.queries.rebuilds import hold_books_alone, running_rebuild
from services.reporting.queries.targets import reasons_against
from services.reporting.queries.yardsticks import moves_now
from services.reporting.rules.targets import key_of
from services.reporting.tables import LIVE, NEXT, populations, products, region_changes, regions, targets
from shared.contracts.reference import BadFile, PopulationRow, ProductRow, RegionChangeRow, RegionRow, TargetRow
from shared.messaging.transaction import Transaction


async def store_regions(tx: Transaction, rows: Sequence[RegionRow]) -> None:
    """Add regions to the tree, or rename them."""
    await begin_edition(tx)
    kept = [row.model_dump() for row in sorted(rows, key=lambda row: row.code)]
    await tx.insert(
        regions,
        kept,
        lambda i: i.on_conflict_do_update(index_elements=["code"], set_={"name": i.excluded.name}),
    )


async def store_changes(tx: Transaction, rows: Sequence[RegionChangeRow]) -> None:
    """Remember which code replaced which, and when; the file is the whole list. Today's view follows at once."""
    kept = {(row.code, row.effective_on): row for row in rows}
    await hold_books_alone(tx)
    await begin_edition(tx)
    await tx.connection.execute(delete(region_changes))
    await tx.insert(region_changes, [row.model_dump(exclude={"level", "name_to"}) for _, row in sorted(kept.items())])
    for books in (LIVE, NEXT) if await running_rebuild(tx) else (LIVE,):
        await book_todays_view_again(books, await moves_now(tx), tx)


async def store_populations(tx: Transaction, rows: Sequence[PopulationRow]) -> None:
    """Add or correct populations of a vintage."""
    await begin_edition(tx)
    counted = ("residents", "eligible_households")
    kept = {(r.code, r.status): (r.resident_population, r.eligible_households) for r in rows}
    await tx.insert(
        populations,
        [
            {"region": code, "vintage": vintage, **dict(zip(counted, known, strict=True))}
            for (code, vintage), known in sorted(kept.items())
        ],
        lambda i: i.on_conflict_do_update(
            index_elements=["region", "vintage"], set_={name: i.excluded[name] for name in counted}
        ),
    )


async def load_targets(tx: Transaction, rows: Sequence[TargetRow]) -> None:
    """Take in a file of targets. Raises BadFile that names every line which cannot be meant."""
    if reasons := await reasons_against(tx, rows):
        raise BadFile([f"line {place + 2}: {reason}" for place, reason in reasons])
    await store_targets(tx, rows)


async def store_targets(tx: Transaction, rows: Sequence[TargetRow]) -> int:
    """Add a version for every target that differs from the newest one; none is ever overwritten. How many are new."""
    await begin_edition(tx)
    known = await tx.rows(
        select(targets).where(tx.any_of(targets.c.region, {row.region for row in rows})).order_by(targets.c.version)
    )
    latest = {key_of(r): (r.units, r.document) for r in known}
    new = [r for r in rows if latest.get(key_of(r)) != (r.units, r.document)]
    await tx.insert(targets, [{**row.model_dump(exclude={"status"}), "loaded_at": tx.now} for row in new])
    return len(new)


async def store_products(tx: Transaction, rows: Sequence[ProductRow]) -> None:
    """What reporting needs of the catalogue: the line, and whether units count to the target."""
    await begin_edition(tx)
    latest = {row.code: row for row in sorted(rows, key=lambda row: row.on_sale_from)}
    fields = {"code", "name", "line", "counts_to_target"}
    await tx.connection.execute(delete(products))
    await tx.insert(products, [latest[code].model_dump(include=fields) for code in sorted(latest)])
