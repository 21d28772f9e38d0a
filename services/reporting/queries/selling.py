"""When regions last sold, and the largest purchase of one payer on one day."""

from dataclasses import replace
from datetime import date
from operator import sub
from typing import Any

from sqlalchemy import CTE, Integer, String, case, column, func, select, values

from services.reporting.queries.kept_books import FLOWS, Kept
from services.reporting.queries.sums import Scope, courses_of
from services.reporting.rules.courses import Course
from services.reporting.rules.indicators import Selling
from services.reporting.tables import LIVE
from shared.messaging.transaction import Transaction


async def selling_as_of(tx: Transaction, scope: Scope, year: int, day: date) -> dict[str, Selling]:
    """Per region the last day up to `day` with units booked, and the most units of one payer on one day."""
    courses = await courses_of(tx, scope, Kept(year, scope.products))
    found = {region: _selling(course, day) for region, course in courses.items()}
    rest = {region: signed for region, signed in scope.booked.items() if region not in found}
    return found | (await _asked_selling(tx, replace(scope, booked=rest), year, day) if rest else {})


def _selling(course: Course, day: date) -> Selling:
    units, fiscal, donated, sold = (course.steps(FLOWS.index(name), day) for name in _SOLD)
    last = max((place for place, sales in enumerate(sold) if sales > 0), default=None)
    self_paid = map(sub, map(sub, units, fiscal), donated)
    return Selling(None if last is None else course.days[last], max(0, 0, *self_paid, *fiscal, *donated))


_SOLD = ("units", "units_fiscal", "units_donated", "sold_units")


async def _asked_selling(tx: Transaction, scope: Scope, year: int, day: date) -> dict[str, Selling]:
    booked, cells = booked_codes(scope), LIVE.cells.c
    sold = case((cells.units > 0, cells.units * booked.c.sign), else_=0)
    self_paid = cells.units - cells.units_fiscal - cells.units_donated
    payers = (self_paid, cells.units_fiscal, cells.units_donated)
    by_day = (
        select(
            booked.c.region,
            cells.booked_on,
            func.sum(sold).label("sold"),
            *(func.sum(units * booked.c.sign).label(f"payer_{place}") for place, units in enumerate(payers)),
        )
        .join_from(booked, LIVE.cells, booked.c.code == cells.region)
        .where(cells.year == year, cells.booked_on <= day, scope.counts(cells.product))
        .group_by(booked.c.region, cells.booked_on)
        .subquery()
    )
    columns = by_day.c
    last_on = func.max(case((columns.sold > 0, columns.booked_on)))
    largest = (func.max(columns[f"payer_{place}"]) for place in range(len(payers)))
    rows = await tx.rows(select(columns.region, last_on, *largest).group_by(columns.region))
    found = {region: Selling(on, max(0, *map(int, purchases))) for region, on, *purchases in rows}
    return {region: found.get(region, _NOTHING_SOLD) for region in scope.booked}


_NOTHING_SOLD = Selling(None, 0)


def booked_codes(scope: Scope) -> CTE:
    """A table of (region, booked code, sign): how the scope's regions are made of what was booked."""
    rows: list[tuple[Any, ...]] = [
        (region, code, sign) for region, signed in sorted(scope.booked.items()) for code, sign in signed
    ]
    columns = (column("region", String), column("code", String), column("sign", Integer))
    return values(*columns, name="booked").data(rows).cte("booked_codes")
