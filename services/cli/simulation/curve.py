"""On which days of a programme year a county sells: slow until spring, a push from 29 April, a last one in August."""

from bisect import bisect_right
from datetime import date, timedelta
from random import Random

# Share of the year's units sold by that day of the selling calendar, which leaves out 28 and 29 February.
CURVE = ((0.0, 3), (0.08, 150), (0.25, 239), (0.65, 284), (1.0, 356))
LAST_DAYS_FROM = 350
GOVERNMENT_DAY = 256


def selling_days(county: str, count: int) -> list[int]:
    """That many different days of the selling calendar, the same in every year; each sells as much as any other."""
    dice = Random(county)  # noqa: S311
    days: list[int] = []
    for i in range(count):
        day = int(day_when_sold((i + dice.random()) / count))
        days.append(max(day, days[-1] + 1) if days else day)
    days[-1] = max(days[-1], LAST_DAYS_FROM)
    return [day + (day >= GOVERNMENT_DAY) for day in days]


def day_when_sold(share: float) -> float:
    """The day of the selling calendar by which this share of the year's units is sold."""
    at = bisect_right(CURVE, share, hi=len(CURVE) - 1, key=lambda knot: knot[0])
    (low, start), (high, end) = CURVE[at - 1], CURVE[at]
    return start + (end - start) * (share - low) / (high - low)


def selling_calendar(year: int, start_month: int) -> list[date]:
    """The days of a programme year that exist in every year and whose next day does, in order."""
    first, last = programme_year(year, start_month)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if (day.month, day.day) not in ((2, 28), (2, 29))]


def programme_year(year: int, start_month: int) -> tuple[date, date]:
    """The first and the last day of the programme year, which is named by its end."""
    first, after = (date(y + (start_month == 1), start_month, 1) for y in (year - 1, year))
    return first, after - timedelta(days=1)
