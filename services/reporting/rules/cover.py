"""The days of cover that premium is earned over."""

from datetime import date, timedelta
from functools import cache, lru_cache

Cover = tuple[date, date]
"""First and last day."""
_ONE_DAY = timedelta(days=1)


@cache
def usual_cover(day: date) -> Cover:
    """The year that begins on the day after."""
    first = day + _ONE_DAY
    on_leap_day = (first.month, first.day) == (2, 29)
    again = date(first.year + 1, 3, 1) if on_leap_day else first.replace(year=first.year + 1)
    return first, again - _ONE_DAY


@lru_cache(4_000)
def share_earned(cover: Cover, year_start: date, as_of: date) -> float:
    """The part of a premium that is earned inside [year_start, as_of]."""
    return earned_fen(1, cover, year_start, as_of)


def earned_fen(premium_fen: int, cover: Cover, year_start: date, as_of: date) -> float:
    """Premium x days of cover inside [year_start, as_of] / days of cover, ends inclusive (domain.md, section 4)."""
    first, last = max(cover[0], year_start), min(cover[1], as_of)
    return premium_fen * max((last - first).days + 1, 0) / ((cover[1] - cover[0]).days + 1)
