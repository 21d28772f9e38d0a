"""What is kept of the books in memory: which columns, and how they are asked for by region, year and day."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, Table, and_, bindparam, case, cast, func, select

from services.reporting.rules.measures import STOCKS, SUMS
from services.reporting.rules.touches import BY_TODAY
from services.reporting.tables import LIVE, products
from shared.messaging.transaction import Transaction

FLOWS = (*SUMS, "elder_units", "sold_units", "premium_fen", "policies_of_all")
"""`sold_units`: of cells in which more was sold than cancelled; `policies_of_all`: whatever their product."""
WHATEVER_PRODUCT = ("policies_of_all", "households")
EVER = (*STOCKS, "premium_fen")
"""What is asked for by the day of booking alone, whatever the programme year."""


@dataclass(frozen=True)
class Kept:
    """Cells of some products in one programme year or (None) in all; without products the households of a year."""

    year: int | None
    products: str | None

    @property
    def table(self) -> Table:
        return LIVE.households if self.products is None else LIVE.cells

    @property
    def columns(self) -> tuple[str, ...]:
        if self.products is None:
            return ("households",)
        return EVER if self.year is None else FLOWS

    @property
    def region(self) -> ColumnElement[str]:
        """The code, marked where it is one of today's."""
        table = self.table.c
        return (
            case((table.today, table.region + BY_TODAY), else_=table.region) if self.products is None else table.region
        )

    def concerns(self, tx: Transaction, regions: Iterable[str]) -> ColumnElement[bool]:
        """Rows of some regions in the year."""
        inside = tx.any_of(self.table.c.region, {region.rstrip(BY_TODAY) for region in regions})
        return inside if self.year is None else and_(inside, self.table.c.year == self.year)

    def _amounts(self) -> Select[Any]:
        table = self.table.c
        if self.products is None:
            return select(self.region, table.year, table.booked_on, table.households)
        sums = (cast(func.sum(self._counted(name)), BigInteger) for name in self.columns)
        return (
            select(table.region, table.year, table.booked_on, *sums)
            .select_from(LIVE.cells.outerjoin(products, products.c.code == table.product))
            .group_by(table.region, table.year, table.booked_on)
        )

    def _counted(self, name: str) -> Any:
        if self.products == "all" or name in WHATEVER_PRODUCT:
            return amount_of(name)
        counted = products.c.counts_to_target if self.products == "counted" else LIVE.cells.c.product == self.products
        return case((counted, amount_of(name)), else_=0)


@cache
def courses_asked(kept: Kept, is_postgres: bool) -> Select[Any]:
    """(region, year, day, amounts) of `regions`; made once, because to make it takes longer than to answer it."""
    table = kept.table.c
    asked = kept._amounts().where(_among(table.region, "regions", is_postgres))
    asked = asked if kept.year is None else asked.where(table.year == kept.year)
    return asked.order_by(kept.region, table.year, table.booked_on)


@cache
def days_asked(kept: Kept, is_postgres: bool) -> Select[Any]:
    """The same of some `days` of some `years` alone."""
    table = kept.table.c
    years = table.year.in_(bindparam("years", expanding=True))
    return courses_asked(kept, is_postgres).where(years, table.booked_on.in_(bindparam("days", expanding=True)))


def _among(column: Any, name: str, is_postgres: bool) -> ColumnElement[bool]:
    """As `Transaction.any_of`, with the values given later."""
    if is_postgres:
        return and_(column.in_(select(func.unnest(bindparam(name, type_=ARRAY(column.type))))))
    return and_(column.in_(bindparam(name, expanding=True)))


def amount_of(name: str) -> Any:
    """A column in terms of cells or households."""
    cells = LIVE.cells.c
    match name:
        case "elder_units":
            elder = select(products.c.code).where(products.c.line == "elder")
            return case((cells.product.in_(elder), cells.units), else_=0)
        case "sold_units":
            return case((cells.units > 0, cells.units), else_=0)
        case "premium_fen":
            return cells.self_paid_fen + cells.fiscal_fen + cells.donated_fen
        case "policies_of_all":
            return cells.policies
        case "households":
            return LIVE.households.c.households
    return cells[name]
