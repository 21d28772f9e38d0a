"""Where a region should stand on a day: by its own last year's curve, its parent's, or time elapsed."""

from calendar import monthrange
from datetime import date, timedelta

from shared.contracts.values import first_day_of

FEWEST_UNITS_FOR_A_CURVE = 200


def year_before(day: date) -> date:
    """The same calendar date one year earlier; 29 February becomes the 28th."""
    return day.replace(year=day.year - 1, day=min(day.day, monthrange(day.year - 1, day.month)[1]))


def last_day_of(year: int, start_month: int) -> date:
    """Last day of a programme year."""
    return first_day_of(year + 1, start_month) - timedelta(days=1)


def share_elapsed(day: date, year: int, start_month: int) -> float:
    """Part of the programme year's days that are over at the end of `day`, 0 to 1."""
    first, last = first_day_of(year, start_month), last_day_of(year, start_month)
    days = (last - first).days + 1
    return min(max((day - first).days + 1, 0), days) / days


def share_sold(units_then: int, units_of_year: int) -> float | None:
    """Part of last year's units sold by the same day; None when too few to make a curve."""
    if units_of_year < FEWEST_UNITS_FOR_A_CURVE:
        return None
    return min(max(units_then / units_of_year, 0.0), 1.0)


def needed_per_day(units: int, target: int, day: date, last_day: date) -> float | None:
    """Units a day that reach the target in the days left after `day`; None when none is left."""
    days = (last_day - day).days
    return max(target - units, 0) / days if days > 0 else None
