"""Where a region should stand on a day: by its own last year's curve, its parent's, or time elapsed."""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import accumulate

from shared.contracts.values import first_day_of

FEWEST_UNITS_FOR_A_CURVE = 200


@cache
def year_before(day: date) -> date:
    """The same calendar date one year earlier; 29 February becomes the 28th."""
    return day.replace(year=day.year - 1, day=min(day.day, monthrange(day.year - 1, day.month)[1]))


@cache
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


@dataclass(frozen=True)
class Curve:
    """How much of a year is expected by the end of each of its days: `sold` of `total`, in whatever unit."""

    days: Sequence[date]
    sold: Sequence[int]
    total: int

    @cached_property
    def highest(self) -> Sequence[int]:
        """The most that was ever sold by the end of each day."""
        return list(accumulate(self.sold, max))

    def share_on(self, day: date) -> float:
        """0 before the first day, the last day's share after it."""
        place = bisect_right(self.days, day)
        return self.sold[place - 1] / self.total if place else 0.0


def days_of(year: int, start_month: int) -> list[date]:
    """Every day of a programme year."""
    first = first_day_of(year, start_month)
    return [first + timedelta(days=n) for n in range((last_day_of(year, start_month) - first).days + 1)]


def curve_like(sold_last_year: Mapping[date, int], year: int, start_month: int) -> Curve | None:
    """Last year's curve on this year's days, from units by day; None when too few were sold to make one."""
    total = sum(sold_last_year.values())
    if total < FEWEST_UNITS_FOR_A_CURVE:
        return None
    days, sold = days_of(year, start_month), list[int]()
    ordered, place, units = sorted(sold_last_year.items()), 0, 0
    for day in days:
        while place < len(ordered) and ordered[place][0] <= year_before(day):
            units += ordered[place][1]
            place += 1
        sold.append(min(max(units, 0), total))
    return Curve(days, sold, total)


def curve_of_time(year: int, start_month: int) -> Curve:
    """Where there is no last year: the same share every day."""
    days = days_of(year, start_month)
    return Curve(days, range(1, len(days) + 1), len(days))


def days_behind(units: int, target: int, as_of: date, curve: Curve) -> int | None:
    """As-of day minus the first day on which the curve expects these units; negative ahead, None if it never does."""
    place = bisect_left(curve.highest, units * curve.total, key=lambda sold: sold * target)
    return (as_of - curve.days[place]).days if place < len(curve.highest) else None


def needed_per_day(units: int, target: int, day: date, last_day: date) -> float | None:
    """Units a day that reach the target in the days left after `day`; None when none is left."""
    days = (last_day - day).days
    return max(target - units, 0) / days if days > 0 else None
