"""A reporting service with a small tree, on either database, fed with facts directly."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from services.reporting.__main__ import SERVICE
from services.reporting.handlers import take_reference
from shared.contracts.envelope import Event
from shared.contracts.reference import PopulationRow, ProductRow, RegionRow, TargetRow
from shared.contracts.registry import event_of, type_of
from shared.contracts.values import LEVELS, parent_of
from shared.messaging.apply import Result, apply
from shared.messaging.door import Arrival
from shared.messaging.local import Local
from shared.runtime.migrations import migrate
from shared.runtime.service import Running, prepare
from shared.runtime.settings import Settings

VILLAGES = ("450101001001", "450101001002", "450101002001", "450102001001", "450201001001", "450201001002")
PRODUCTS = (("family_care", "family", True), ("elder_care_a", "elder", True), ("love", "special", False))


@asynccontextmanager
async def reporting(url: str | None, directory: Path, today: date) -> AsyncIterator[Running]:
    """Migrated, with regions and products, on a fixed day."""
    settings = Settings(database_url=url, data_dir=directory, today=today, pii_key=None)
    transport = Local(directory / "broker.sqlite")
    running = prepare(SERVICE, settings, transport)
    try:
        await migrate(running.database)
        await _tree(running)
        yield running
    finally:
        await running.database.close()
        await transport.close()


async def _tree(running: Running) -> None:
    codes = sorted({village[:digits] for village in VILLAGES for digits in LEVELS})
    rows = [RegionRow(code=c, name=f"区{c}", level=LEVELS[len(c)], parent=parent_of(c) or "") for c in codes]
    async with running.desk.begin() as tx:
        await take_reference.store_regions(tx, rows)
        await take_reference.store_products(tx, [product_row(*product) for product in PRODUCTS])


def product_row(code: str, line: str, counts: bool) -> ProductRow:
    """A product, on sale since 2015."""
    nothing = dict.fromkeys(("unit_price", "min_age_days", "min_age_years", "max_age_years", "on_sale_to"))
    return ProductRow.model_validate(
        {**nothing, "code": code, "name": code, "line": line, "counted_in": "units", "counts_to_target": counts,
         "on_sale_from": date(2015, 1, 1)}
    )  # fmt: skip


async def set_targets(running: Running, **units: int) -> None:
    """Guideline targets of 2021 by region code, written as `r4501=1000`."""
    rows = [
        TargetRow(region=name[1:], year=2021, kind="guideline", units=n, effective_on=date(2020, 9, 1))
        for name, n in units.items()
    ]
    async with running.desk.begin() as tx:
        await take_reference.store_targets(tx, rows)


async def set_population(running: Running, code: str, residents: int) -> None:
    """Residents by the census."""
    async with running.desk.begin() as tx:
        row = PopulationRow(code=code, resident_population=residents, status="census2020")
        await take_reference.store_populations(tx, [row])


def fact(data: BaseModel, fact_id: str, source: str = "urn:guanai:enrollment") -> Arrival:
    """A fact at the door."""
    name = type_of(type(data))
    event: Event[BaseModel] = event_of(name)(id=fact_id, source=source, type=name, data=data)
    return Arrival(source, fact_id, None, None, event)


async def book(running: Running, arrivals: Sequence[Arrival]) -> Result:
    """One delivery."""
    return await apply(running.desk, arrivals)
