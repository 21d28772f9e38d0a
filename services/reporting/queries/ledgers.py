"""Books of provinces, cities and counties in memory: read once, and mended where a booking has touched them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter

from services.reporting.queries.kept_books import Kept, courses_asked, days_asked
from services.reporting.rules.courses import Course, joined, joined_on
from services.reporting.rules.moves import Signed
from services.reporting.rules.touches import BY_TODAY, Touches
from shared.messaging.transaction import Transaction


class Ledger:
    """The courses of all regions that anybody has asked for. Only one transaction at a time may read or mend it."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._read: set[str] = set()
        self._courses: defaultdict[str, dict[int, Course]] = defaultdict(dict)
        self._joined: dict[tuple[Signed, ...], Course] = {}
        self._touched: defaultdict[str, set[tuple[int, date]]] = defaultdict(set)

    def course(self, signed: tuple[Signed, ...]) -> Course:
        """The course of a region that consists of booked codes, all of which have been read."""
        if (course := self._joined.get(signed)) is None:
            course = self._joined[signed] = joined(list(self._members(signed)), len(self._kept.columns))
        return course

    def touch(self, touches: Touches) -> None:
        """Remember what has to be mended."""
        for region, year, day in touches.households if self._kept.products is None else touches.cells_and_above():
            if region in self._read and self._kept.year in (None, year):
                self._touched[region].add((year, day))

    def unread(self, codes: Iterable[str]) -> list[str]:
        """Those of the codes that have still to be read."""
        return sorted(set(codes) - self._read)

    async def read(self, tx: Transaction, regions: Collection[str]) -> None:
        """Read the whole courses of some regions."""
        rows = await tx.rows(courses_asked(self._kept, tx.is_postgres), {"regions": _codes(regions)})
        for (region, year), found in groupby(rows, key=itemgetter(0, 1)):
            _, _, days, *columns = zip(*found, strict=True)
            self._courses[region][year] = Course(days, columns)
        self._read |= set(regions)
        self._joined.clear()

    async def mend(self, tx: Transaction, regions: Iterable[str]) -> None:
        """Read again what was touched since."""
        touched = {region: self._touched[region] for region in regions if region in self._touched}
        if not touched:
            return
        places = set().union(*touched.values())
        years, days = {year for year, _ in places}, {day for _, day in places}
        about = {"regions": _codes(touched), "years": sorted(years), "days": sorted(days)}
        rows = await tx.rows(days_asked(self._kept, tx.is_postgres), about)
        for (region, year), found in groupby(rows, key=itemgetter(0, 1)):
            self._put(region, year, {day: amounts for _, _, day, *amounts in found})
        self._join_again(touched.keys(), sorted(days))
        for region in touched:
            del self._touched[region]

    def _put(self, region: str, year: int, days: Mapping[date, Sequence[int]]) -> None:
        if (course := self._courses[region].get(year)) is None:
            course = self._courses[region][year] = Course((), [()] * len(self._kept.columns))
            self._joined.clear()
        course.put(days)

    def _join_again(self, regions: Collection[str], days: Sequence[date]) -> None:
        for signed, course in self._joined.items():
            if any(region in regions for region, _ in signed):
                members = list(self._members(signed))
                if [(1, course)] != members:
                    course.put(joined_on(members, days, len(self._kept.columns)))

    def _members(self, signed: Iterable[Signed]) -> Iterator[tuple[int, Course]]:
        return ((sign, course) for code, sign in signed for course in self._courses[code].values())


def _codes(regions: Iterable[str]) -> list[str]:
    return sorted({region.rstrip(BY_TODAY) for region in regions})
