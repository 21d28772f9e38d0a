"""What amounts have come to day by day: read at any day at once, and mended where a day has changed."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate
from operator import sub

_A_FEW = 4


class Course:
    """Some columns of a place: each a running total over the days on which anything was booked."""

    __slots__ = ("_days", "_totals")

    def __init__(self, days: Sequence[date], columns: Sequence[Sequence[int]]) -> None:
        self._days = list(days)
        self._totals = [array("q", accumulate(column)) for column in columns]

    @property
    def days(self) -> Sequence[date]:
        """Those on which anything was booked."""
        return self._days

    def up_to(self, day: date, first: int = 0, end: int | None = None) -> list[int]:
        """What every column, or some of them, come to by the end of a day."""
        place, columns = bisect_right(self._days, day) - 1, self._totals[first:end]
        return [totals[place] for totals in columns] if place >= 0 else [0] * len(columns)

    def on(self, day: date) -> list[int]:
        """What was booked on a day itself."""
        place = bisect_left(self._days, day)
        if place == len(self._days) or self._days[place] != day:
            return [0] * len(self._totals)
        return [totals[place] - (totals[place - 1] if place else 0) for totals in self._totals]

    def put(self, days: Mapping[date, Sequence[int]]) -> None:
        """Replace what was booked on some days: a few are mended in their places, after many all is added up anew."""
        if len(days) <= _A_FEW:
            for day, amounts in days.items():
                self._put(day, amounts)
            return
        every = {**{day: self.on(day) for day in self._days}, **days}
        self._days = sorted(every)
        columns = zip(*(every[day] for day in self._days), strict=True)
        self._totals = [array("q", accumulate(column)) for column in columns]

    def _put(self, day: date, amounts: Sequence[int]) -> None:
        place = bisect_left(self._days, day)
        if place == len(self._days) or self._days[place] != day:
            self._days.insert(place, day)
            for totals in self._totals:
                totals.insert(place, totals[place - 1] if place else 0)
        for totals, amount in zip(self._totals, amounts, strict=True):
            if more := amount - totals[place] + (totals[place - 1] if place else 0):
                for later in range(place, len(totals)):
                    totals[later] += more

    def by_day(self, column: int) -> dict[date, int]:
        """What a column has got on each day."""
        return dict(zip(self._days, self.steps(column), strict=True))

    def steps(self, column: int, until: date = date.max) -> list[int]:
        """The same without the days, up to one of them."""
        totals = self.totals(column, until)
        return [*totals[:1], *map(sub, totals[1:], totals)]

    def totals(self, column: int, until: date = date.max) -> Sequence[int]:
        """What a column had come to by the end of each of its days, up to one of them."""
        return self._totals[column][: bisect_right(self._days, until)]


Part = tuple[int, Course]
"""A course that counts (1) or is taken off (-1)."""


def joined(parts: Sequence[Part], width: int) -> Course:
    """The sum of courses of so many columns; of a single one the course itself, which is mended with it."""
    if len(parts) == 1 and parts[0][0] == 1:
        return parts[0][1]
    days = sorted({day for _, part in parts for day in part.days})
    amounts = joined_on(parts, days, width)
    return Course(days, list(zip(*amounts.values(), strict=True)) or [()] * width)


def joined_on(parts: Sequence[Part], days: Iterable[date], width: int) -> dict[date, list[int]]:
    """What courses come to together on some days."""
    return {day: _sum([(sign, part.on(day)) for sign, part in parts], width) for day in days}


def _sum(parts: Iterable[tuple[int, Sequence[int]]], width: int) -> list[int]:
    total = [0] * width
    for sign, amounts in parts:
        total = [a + sign * b for a, b in zip(total, amounts, strict=True)]
    return total
