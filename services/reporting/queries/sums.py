"""Sums of the books: for many regions and several as-of days in one question, as booked or by today's codes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, func, literal, select

from services.reporting.queries.yardsticks import moves_now
from services.reporting.rules.measures import STOCKS, SUMS, Measures
from services.reporting.rules.moves import Moves, Signed
from services.reporting.tables import LIVE, products
from shared.messaging.transaction import Transaction

ByDay = dict[str, dict[date, list[int]]]
"""Per region and as-of day the totals of some columns."""


@dataclass(frozen=True)
class Scope:
    """What to sum: regions (each as the booked codes it consists of), and `counted` products, `all`, or one code."""

    booked: Mapping[str, tuple[Signed, ...]]
    products: str = "counted"
    by_todays_codes: frozenset[str] = frozenset()

    @property
    def codes(self) -> set[str]:
        """Every booked code that is needed."""
        return {code for signed in self.booked.values() for code, _ in signed}

    def counts(self, product: Any) -> ColumnElement[bool]:
        """Whether a column's product belongs to it."""
        if self.products == "all":
            return literal(True)
        if self.products == "counted":
            return and_(product.in_(select(products.c.code).where(products.c.counts_to_target)))
        return and_(product == self.products)


async def scope_of(tx: Transaction, regions: Iterable[str], wanted: str = "counted", view: str = "today") -> Scope:
    """The scope of some regions: by `today`'s codes, or `booked` as history left them."""
    moves = await moves_now(tx) if view == "today" else Moves()
    codes = sorted(set(regions))
    affected = frozenset(code for code in codes if moves.is_affected(code))
    booked = {code: moves.booked_under(code) for code in codes}
    cities = await _cities_of_provinces(tx, booked.values())
    return Scope({code: _kept_under(signed, cities) for code, signed in booked.items()}, wanted, affected)


async def _cities_of_provinces(tx: Transaction, booked: Iterable[Sequence[Signed]]) -> Sequence[str]:
    """Every city that anything was booked in, if there is a province among the codes."""
    if not any(len(code) == 2 for signed in booked for code, _ in signed):
        return ()
    return [row.city for row in await tx.rows(select(LIVE.feeds.c.city).distinct().order_by(LIVE.feeds.c.city))]


def _kept_under(signed: Sequence[Signed], cities: Sequence[str]) -> tuple[Signed, ...]:
    """A province's own rows hold only what no city's do: it is read together with its cities."""
    below = {code: [city for city in cities if city.startswith(code)] for code, _ in signed if len(code) == 2}
    return tuple((part, sign) for code, sign in signed for part in (code, *below.get(code, ())))


async def sums_as_of(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> dict[str, dict[date, Measures]]:
    """Per region and as-of day everything booked in the programme year up to and including that day."""
    cells = LIVE.cells
    where = and_(cells.c.year == year, scope.counts(cells.c.product))
    sums = await _up_to(tx, scope, (cells, [cells.c[name] for name in SUMS]), where, days)
    present = await _households(tx, scope, year, days)
    return {
        region: {day: Measures(*by_day[day], *present[region][day]) for day in by_day}
        for region, by_day in sums.items()
    }


async def stocks_as_of(tx: Transaction, scope: Scope, days: Sequence[date]) -> ByDay:
    """Outstanding fen, open claims and overdue claims, over all programme years."""
    cells = LIVE.cells
    columns = [cells.c[name] for name in STOCKS]
    return await _up_to(tx, scope, (cells, columns), scope.counts(cells.c.product), days)


async def elder_units_as_of(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> ByDay:
    """Units of the products of line `elder`."""
    return await units_as_of(tx, scope, year, days, "elder")


async def units_as_of(tx: Transaction, scope: Scope, year: int, days: Sequence[date], line: str = "") -> ByDay:
    """Units alone, of one product line or of all."""
    cells = LIVE.cells
    where = and_(cells.c.year == year, scope.counts(cells.c.product))
    if line:
        where = and_(where, cells.c.product.in_(select(products.c.code).where(products.c.line == line)))
    return await _up_to(tx, scope, (cells, [cells.c.units]), where, days)


async def _households(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> ByDay:
    """Distinct households: policies whatever their product, and how many more the households are than those.

    That is no sum: where codes have changed it is kept by today's codes as well.
    """
    cells = LIVE.cells
    policies = await _up_to(tx, scope, (cells, [cells.c.policies]), cells.c.year == year, days)
    more = await _more_than_policies(tx, scope, year, days)
    return {
        region: {day: [policies[region][day][0] + n] for day, (n,) in by_day.items()} for region, by_day in more.items()
    }


async def _more_than_policies(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> ByDay:
    table, of_year = LIVE.households, LIVE.households.c.year == year
    columns = (table, [table.c.households])
    booked = Scope({code: signed for code, signed in scope.booked.items() if code not in scope.by_todays_codes})
    moved = Scope({code: ((code, 1),) for code in scope.booked if code in scope.by_todays_codes})
    found = await _up_to(tx, booked, columns, and_(of_year, ~table.c.today), days)
    return found | (await _up_to(tx, moved, columns, and_(of_year, table.c.today), days) if moved.booked else {})


async def _up_to(
    tx: Transaction,
    scope: Scope,
    columns: tuple[Table, Sequence[Any]],
    where: ColumnElement[bool],
    days: Sequence[date],
) -> ByDay:
    """Totals of columns up to each of several days, in one question."""
    (table, summed), ends = columns, sorted(set(days))
    bucket = _bucket(table, ends)
    question = (
        select(table.c.region, bucket, *(func.sum(column) for column in summed))
        .where(tx.any_of(table.c.region, scope.codes), where, table.c.booked_on <= ends[-1])
        .group_by(table.c.region, bucket)
    )
    found: dict[str, dict[int, list[int]]] = {}
    for region, place, *totals in await tx.rows(question):
        found.setdefault(region, {})[place] = [int(total) for total in totals]
    width = len(summed)
    return {region: _cumulated(_parts(found, signed), ends, width) for region, signed in scope.booked.items()}


def _bucket(table: Table, ends: Sequence[date]) -> ColumnElement[Any]:
    """0 for what was booked up to the first day, 1 up to the second, and so on."""
    whens = [(table.c.booked_on <= end, place) for place, end in enumerate(ends[:-1])]
    return (case(*whens, else_=len(ends) - 1) if whens else literal(0)).label("bucket")


def _parts(found: Mapping[str, dict[int, list[int]]], signed: Sequence[Signed]) -> Iterable[tuple[int, list[int]]]:
    for code, sign in signed:
        for place, totals in found.get(code, {}).items():
            yield place, totals if sign > 0 else [-total for total in totals]


def _cumulated(parts: Iterable[tuple[int, list[int]]], ends: Sequence[date], width: int) -> dict[date, list[int]]:
    by_place = [[0] * width for _ in ends]
    for place, totals in parts:
        by_place[place] = [a + b for a, b in zip(by_place[place], totals, strict=True)]
    running, found = [0] * width, {}
    for end, totals in zip(ends, by_place, strict=True):
        running = [a + b for a, b in zip(running, totals, strict=True)]
        found[end] = running
    return found
