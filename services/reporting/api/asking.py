"""What most questions have in common: which region, which year, which day, within the caller's scope."""

from datetime import date

from fastapi import HTTPException

from services.reporting.queries.yardsticks import Region, region_named
from shared.contracts.values import programme_year_of
from shared.messaging.transaction import Transaction
from shared.runtime.principals import Principal
from shared.runtime.security import in_scope


async def region_asked(tx: Transaction, caller: Principal, code: str) -> Region:
    """A region that exists and that the caller may see, else 404."""
    region = await region_named(tx, in_scope(caller, code))
    if region is None:
        raise HTTPException(404, "There is no such region, or it lies outside your scope")
    return region


def day_asked(tx: Transaction, as_of: date | None) -> date:
    """The as-of day; today unless said otherwise."""
    return as_of or tx.today


def year_asked(day: date, year: int | None, start_month: int) -> int:
    """The programme year; the day's own unless said otherwise."""
    return year or programme_year_of(day, start_month)
