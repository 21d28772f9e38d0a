"""What a booking has changed, as those who keep sums in memory need to know it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Place = tuple[str, int, date]
"""(region, programme year, day)"""
Key = tuple[Any, ...]
SMALLEST = 6
"""Digits of a county: of smaller regions nothing is kept."""
BY_TODAY = "*"
"""Behind the code of a region whose households are counted by today's codes."""
FirstDays = dict[str, date]
"""By kind of book the first day that is no longer what it was."""
ALL_BOOKS = ("cells", "households", "covers", "payment_days")
EVERYTHING: FirstDays = dict.fromkeys(ALL_BOOKS, date.min)


def is_kept(region: str) -> bool:
    """Whether a region is large enough to be kept in memory."""
    return len(region.rstrip(BY_TODAY)) <= SMALLEST


@dataclass
class Touches:
    """Cells by county (all regions above it changed with it), households by region, of the rest the first days."""

    cells: set[Place] = field(default_factory=set)
    households: set[Place] = field(default_factory=set)
    covers_from: date = date.max
    payments_from: date = date.max

    def cells_and_above(self) -> set[Place]:
        """The counties' cells and those of their cities and provinces."""
        return {(region[:digits], year, day) for region, year, day in self.cells for digits in (2, 4, SMALLEST)}

    def first_days(self) -> FirstDays:
        """The first day that has changed, by kind of book."""
        return {
            "cells": min((day for *_, day in self.cells), default=date.max),
            "households": min((day for *_, day in self.households), default=date.max),
            "covers": self.covers_from,
            "payment_days": self.payments_from,
        }

    def add(self, others: "Touches") -> None:
        """What others have touched, too."""
        self.cells |= others.cells
        self.households |= others.households
        self.covers_from = min(self.covers_from, others.covers_from)
        self.payments_from = min(self.payments_from, others.payments_from)

    def of_city(self, city: str, cities: Iterable[str]) -> "Touches":
        """The part of a city; with what lies in none of the cities that a booking is about."""
        others = {other for other in cities if other != city}

        def own(places: set[Place]) -> set[Place]:
            return {place for place in places if place[0][:4] not in others}

        return Touches(own(self.cells), own(self.households), self.covers_from, self.payments_from)

    def written(self) -> str:
        """As it is stored."""
        told = [_packed(self.cells), _packed(self.households), self.covers_from, self.payments_from]
        return json.dumps(told, separators=(",", ":"), default=date.toordinal)


def touches_of(
    cells: Iterable[Key], households: Iterable[Key], covers: Iterable[Key], payment_days: Iterable[Key]
) -> Touches:
    """From the keys that a booking adds to, as its rules make them."""
    return Touches(
        {(region, year, day) for region, year, day, *_ in cells if len(region) == SMALLEST},
        {(region + BY_TODAY * today, year, day) for region, today, year, day in households if is_kept(region)},
        min((day for *_, day, _ in covers), default=date.max),
        min((day for _, _, day, *_ in payment_days), default=date.max),
    )


def _packed(places: Iterable[Place]) -> Mapping[str, list[date]]:
    days: defaultdict[str, list[date]] = defaultdict(list)
    for region, year, day in places:
        days[f"{region}/{year}"].append(day)
    return days


def touches_read(text: str) -> Touches:
    """What was written."""
    cells, households, covers, payments = json.loads(text)
    return Touches(_unpacked(cells), _unpacked(households), date.fromordinal(covers), date.fromordinal(payments))


def _unpacked(days: Mapping[str, list[int]]) -> set[Place]:
    return {
        (region, int(year), date.fromordinal(day))
        for place, found in days.items()
        for region, _, year in [place.partition("/")]
        for day in found
    }
