"""Sums of cells: for many regions and several as-of days in one question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, select

from services.reporting.rules.measures import MEASURES, Measures, total_of
from services.reporting.tables import cells, products
from shared.messaging.transaction import Transaction

_COLUMNS = [cells.c[name] for name in MEASURES]


@dataclass(frozen=True)
class Scope:
    """Which cells: these regions, and products that count to target, `all`, or one code."""

    regions: Sequence[str]
    products: str = "counted"

    def where(self, tx: Transaction) -> ColumnElement[bool]:
        return and_(tx.any_of(cells.c.region, self.regions), self._products())

    def _products(self) -> ColumnElement[bool]:
        if self.products == "all":
            return literal(True)
        if self.products == "counted":
            counted = select(products.c.code).where(products.c.counts_to_target)
            return cells.c.product.in_(counted) | (cells.c.product == "")
        return (cells.c.product == self.products) | (cells.c.product == "")


async def sums_as_of(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> dict[str, dict[date, Measures]]:
    """Per region and as-of day everything booked in the programme year up to and including that day."""
    ends = sorted(set(days))
    bucket = _bucket(ends)
    question = (
        select(cells.c.region, bucket, *(func.sum(column) for column in _COLUMNS))
        .where(scope.where(tx), cells.c.year == year, cells.c.booked_on <= ends[-1])
        .group_by(cells.c.region, bucket)
    )
    found: dict[str, dict[int, Sequence[int]]] = {region: {} for region in scope.regions}
    for region, place, *vector in await tx.rows(question):
        found[region][place] = [int(value) for value in vector]
    return {region: _cumulated(parts, ends) for region, parts in found.items()}


def _bucket(ends: Sequence[date]) -> ColumnElement[Any]:
    """0 for what was booked up to the first day, 1 up to the second, and so on."""
    whens = [(cells.c.booked_on <= end, place) for place, end in enumerate(ends[:-1])]
    return (case(*whens, else_=len(ends) - 1) if whens else literal(0)).label("bucket")


def _cumulated(parts: dict[int, Sequence[int]], ends: Sequence[date]) -> dict[date, Measures]:
    zero = [0] * len(MEASURES)
    return {
        end: total_of([zero, *(parts[place] for place in range(index + 1) if place in parts)])
        for index, end in enumerate(ends)
    }


async def outstanding_as_of(tx: Transaction, scope: Scope, day: date) -> dict[str, int]:
    """The stock of outstanding claims in fen, over all programme years."""
    question = (
        select(cells.c.region, func.sum(cells.c.outstanding_fen))
        .where(scope.where(tx), cells.c.booked_on <= day)
        .group_by(cells.c.region)
    )
    return {region: int(fen) for region, fen in await tx.rows(question)}


async def elder_units_as_of(tx: Transaction, scope: Scope, year: int, day: date) -> dict[str, int]:
    """Units of the products of line `elder`."""
    elder = select(products.c.code).where(products.c.line == "elder")
    question = (
        select(cells.c.region, func.sum(cells.c.units))
        .where(scope.where(tx), cells.c.year == year, cells.c.booked_on <= day, cells.c.product.in_(elder))
        .group_by(cells.c.region)
    )
    return {region: int(units) for region, units in await tx.rows(question)}
