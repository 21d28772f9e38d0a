"""What a booking has changed, as those who keep sums in memory need to know it."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Place = tuple[str, int, date]
"""(region, programme year, day)"""
Key = tuple[Any, ...]
"""Of a row that was added to, in the order of its table's primary key."""
SMALLEST = 6
"""Digits of a county: of smaller regions nothing is kept."""
BY_TODAY = "*"
"""Behind the code of a region whose households are counted by today's codes."""
FirstDays = dict[str, date]
"""By kind of book the first day that is no longer what it was."""
ALL_BOOKS = ("cells", "households", "covers", "payment_days")
EVERYTHING: FirstDays = dict.fromkeys(ALL_BOOKS, date.min)
_as_json = json.JSONEncoder(separators=(",", ":")).encode


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


@dataclass(frozen=True)
class Booked:
    """The rows that a booking has added to."""

    cells: Iterable[Key] = ()
    households: Iterable[Key] = ()
    covers: Iterable[Key] = ()
    payment_days: Iterable[Key] = ()

    def by_city(self, cities: Collection[str]) -> dict[str, str]:
        """What was touched in each city, as it is stored; what lies in none of them stands with all."""
        homes = ((region + BY_TODAY * today, year, day) for region, today, year, day in self.households)
        cells = _by_city({key[:3] for key in self.cells if len(key[0]) == SMALLEST}, cities)
        households = _by_city((place for place in homes if is_kept(place[0])), cities)
        covers = min((day for *_, day, _ in self.covers), default=date.max).toordinal()
        payments = min((day for _, _, day, *_ in self.payment_days), default=date.max).toordinal()
        return {
            city: _as_json([cells[city] | cells[""], households[city] | households[""], covers, payments])
            for city in cities
        }


def _by_city(places: Iterable[Place], cities: Collection[str]) -> dict[str, dict[str, list[int]]]:
    """By city the days of `region/year`."""
    found: dict[str, dict[str, list[int]]] = {city: {} for city in ("", *cities)}
    for region, year, day in places:
        inside = found[city if (city := region[:4]) in found else ""]
        inside.setdefault(f"{region}/{year}", []).append(day.toordinal())
    return found


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
