"""Sums of the books: for many regions and several as-of days in one question, as booked or by today's codes."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, func, literal, select, true

from services.reporting.queries.keeping import by_edition, ledger_of, pulse_of
from services.reporting.queries.kept_books import WHATEVER_PRODUCT, Kept, amount_of
from services.reporting.queries.yardsticks import moves_now
from services.reporting.rules.courses import Course
from services.reporting.rules.measures import STOCKS, SUMS, Measures
from services.reporting.rules.moves import Moves, Signed
from services.reporting.rules.touches import BY_TODAY, is_kept
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
    def key(self) -> tuple[Hashable, ...]:
        """Tells it from others."""
        return tuple(self.booked.items()), self.products

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


@by_edition
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
    return sorted({city for city, _ in (await pulse_of(tx)).feeds})


def _kept_under(signed: Sequence[Signed], cities: Sequence[str]) -> tuple[Signed, ...]:
    """A province's own rows hold only what no city's do: it is read together with its cities."""
    below = {code: [city for city in cities if city.startswith(code)] for code, _ in signed if len(code) == 2}
    return tuple((part, sign) for code, sign in signed for part in (code, *below.get(code, ())))


async def courses_of(tx: Transaction, scope: Scope, kept: Kept) -> dict[str, Course]:
    """The courses of those regions of a scope that are kept in memory."""
    large = {region: signed for region, signed in scope.booked.items() if all(is_kept(code) for code, _ in signed)}
    ledger = await ledger_of(tx, kept, {code for signed in large.values() for code, _ in signed}) if large else None
    return {region: ledger.course(signed) for region, signed in large.items()} if ledger else {}


async def sums_as_of(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> dict[str, dict[date, Measures]]:
    """Per region and as-of day everything booked in the programme year up to and including that day."""
    sums = await _up_to(tx, scope, _Part(SUMS, Kept(year, scope.products)), days)
    present = await _households(tx, scope, year, days)
    return {
        region: {day: Measures(*by_day[day], *present[region][day]) for day in by_day}
        for region, by_day in sums.items()
    }


async def stocks_as_of(tx: Transaction, scope: Scope, days: Sequence[date]) -> ByDay:
    """Outstanding fen, open claims and overdue claims, over all programme years."""
    return await _up_to(tx, scope, _Part(STOCKS, Kept(None, scope.products)), days)


async def elder_units_as_of(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> ByDay:
    """Units of the products of line `elder`."""
    return await _up_to(tx, scope, _Part(("elder_units",), Kept(year, scope.products)), days)


async def units_as_of(tx: Transaction, scope: Scope, year: int, days: Sequence[date], line: str = "") -> ByDay:
    """Units alone, of one product line or of all."""
    return await _up_to(tx, scope, _Part(("units",), Kept(year, scope.products), line), days)


async def _households(tx: Transaction, scope: Scope, year: int, days: Sequence[date]) -> ByDay:
    """Distinct households: policies whatever their product, and how many more the households are than those.

    That is no sum: where codes have changed it is kept by today's codes as well.
    """
    policies = await _up_to(tx, scope, _Part(("policies_of_all",), Kept(year, scope.products)), days)
    own = {code: _counted_under(scope, code) for code in scope.booked}
    more = await _up_to(tx, Scope(own), _Part(("households",), Kept(year, None)), days)
    return {
        region: {day: [policies[region][day][0] + n] for day, (n,) in by_day.items()} for region, by_day in more.items()
    }


def _counted_under(scope: Scope, code: str) -> tuple[Signed, ...]:
    """Where a region's households are kept that are more than its policies."""
    return ((code + BY_TODAY, 1),) if code in scope.by_todays_codes else scope.booked[code]


@dataclass(frozen=True)
class _Part:
    """Neighbouring columns of what is kept, or would be of smaller regions; of one product line or of all."""

    columns: tuple[str, ...]
    kept: Kept
    line: str = ""

    def where(self, scope: Scope) -> ColumnElement[bool]:
        """Which products."""
        if self.columns[0] in WHATEVER_PRODUCT:
            return true()
        product = LIVE.cells.c.product
        of_line = product.in_(select(products.c.code).where(products.c.line == self.line)) if self.line else true()
        return and_(scope.counts(product), of_line)


async def _up_to(tx: Transaction, scope: Scope, part: _Part, days: Sequence[date]) -> ByDay:
    """Totals of columns up to each of several days: from memory, and of smaller regions in one question."""
    ends, width = sorted(set(days)), len(part.columns)
    first = part.kept.columns.index(part.columns[0])
    courses = {} if part.line else await courses_of(tx, scope, part.kept)
    found = {
        region: {end: course.up_to(end, first, first + width) for end in ends} for region, course in courses.items()
    }
    rest = {region: signed for region, signed in scope.booked.items() if region not in found}
    return found | (await _asked_up_to(tx, replace(scope, booked=rest), part, ends) if rest else {})


async def _asked_up_to(tx: Transaction, scope: Scope, part: _Part, ends: Sequence[date]) -> ByDay:
    region, table = part.kept.region, part.kept.table
    bucket = _bucket(table, ends)
    question = (
        select(region, bucket, *(func.sum(amount_of(name)) for name in part.columns))
        .where(part.kept.concerns(tx, scope.codes), table.c.booked_on <= ends[-1], part.where(scope))
        .group_by(region, bucket)
    )
    found: dict[str, dict[int, list[int]]] = {}
    for code, place, *totals in await tx.rows(question):
        found.setdefault(code, {})[place] = [int(total) for total in totals]
    width = len(part.columns)
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
