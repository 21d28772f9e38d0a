"""What was booked day by day: the year so far, the year before, and the curve that is expected."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from services.reporting.queries.details import by_day, curves_of
from services.reporting.queries.figures import Asked
from services.reporting.queries.sums import Scope, scope_of
from services.reporting.queries.yardsticks import Target, targets_in_force, years_loaded
from services.reporting.rules.amounts import MONEY
from services.reporting.rules.calendar import Running
from services.reporting.rules.measures import STOCKS, SUMS
from services.reporting.rules.pace import Curve
from services.reporting.tables import LIVE
from shared.contracts.values import parent_of
from shared.messaging.transaction import Transaction


@dataclass(frozen=True)
class Course:
    """One measure of one region over time; `last` is None when that year was never loaded."""

    now: Running
    last: Running | None
    curve: Curve
    target: Target | None


async def course_of(tx: Transaction, asked: Asked, measure: str, day: date) -> Course:
    """A programme year and the year before, with the guideline in force on `day`. Raises KeyError."""
    (code,) = asked.codes
    parent, year = parent_of(code), asked.year
    scope = await scope_of(tx, [code, *([parent] if parent else [])], asked.products, asked.view)
    guideline = (await targets_in_force(tx, [code], year, day)).get(code, {}).get(("guideline", ""))
    return Course(
        now=await _booked(tx, scope, (code, year), measure),
        last=await _booked(tx, scope, (code, year - 1), measure) if year - 1 in await years_loaded(tx) else None,
        curve=(await curves_of(tx, scope, year, asked.start_month))[code],
        target=guideline,
    )


async def _booked(tx: Transaction, scope: Scope, place: tuple[str, int], measure: str) -> Running:
    code, year = place
    if measure == "households":
        return await _households(tx, scope, place)
    name = MONEY.get(measure, measure)
    if name not in SUMS and measure != "premium":
        raise KeyError(measure)
    return Running((await by_day(tx, scope, None if name in STOCKS else year, name))[code])


async def _households(tx: Transaction, scope: Scope, place: tuple[str, int]) -> Running:
    code, year = place
    table, by_today = LIVE.households.c, code in scope.by_todays_codes
    kept = {code} if by_today else {part for part, _ in scope.booked[code]}
    question = (
        select(table.booked_on, func.sum(table.households))
        .where(tx.any_of(table.region, kept), table.year == year, table.today == by_today)
        .group_by(table.booked_on)
    )
    booked = Counter((await by_day(tx, scope, year, "policies_of_all"))[code])
    booked.update({day: int(n) for day, n in await tx.rows(question)})
    return Running(booked)
