"""How a programme year is cut into days, weeks and months, and what was booked up to a day."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import accumulate, pairwise
from typing import Literal

from services.reporting.rules.pace import days_of

Grain = Literal["day", "week", "month"]
Span = tuple[date, date]
"""(first day, last day)"""


def spans_of(year: int, start_month: int, grain: Grain) -> Iterator[Span]:
    """The days, weeks (Monday to Sunday) or months of a programme year, cut off at its ends."""
    days = days_of(year, start_month)
    begins = [place for place, day in enumerate(days) if place == 0 or _begins(day, grain)]
    for first, after in pairwise([*begins, len(days)]):
        yield days[first], days[after - 1]


def _begins(day: date, grain: Grain) -> bool:
    return grain == "day" or (day.weekday() == 0 if grain == "week" else day.day == 1)


class Running:
    """Amounts by day, ready to say what they come to up to and including any day."""

    def __init__(self, by_day: Mapping[date, int]) -> None:
        self._days = sorted(by_day)
        self._totals = [0, *accumulate(by_day[day] for day in self._days)]

    def up_to(self, day: date) -> int:
        """Everything booked up to and including `day`."""
        return self._totals[bisect_right(self._days, day)]
