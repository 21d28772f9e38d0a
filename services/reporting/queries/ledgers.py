"""Books of provinces, cities and counties in memory: read once, and mended where a booking has touched them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from services.reporting.queries.kept_books import Kept
from services.reporting.rules.courses import Course, joined
from services.reporting.rules.moves import Signed
from services.reporting.rules.touches import Touches
from shared.messaging.transaction import Transaction

_MOST_MENDED = 2_000
"""Days of regions; of more everything is read again."""


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

    async def read(self, tx: Transaction, codes: Sequence[str]) -> None:
        """Read the whole courses of some regions."""
        rows = await self._rows(tx, codes)
        for (region, year), found in groupby(rows, key=itemgetter(0, 1)):
            _, _, days, *columns = zip(*found, strict=True)
            self._courses[region][year] = Course(days, columns)
        self._read |= set(codes)
        self._joined.clear()

    async def mend(self, tx: Transaction, codes: Iterable[str]) -> None:
        """Read again what was touched since."""
        touched = {code: self._touched[code] for code in codes if code in self._touched}
        if not touched:
            return
        places = set().union(*touched.values())
        if len(places) * len(touched) > _MOST_MENDED:
            await self.read(tx, sorted(touched))
        else:
            years, days = sorted({year for year, _ in places}), sorted({day for _, day in places})
            columns = self._kept.table.c
            self._put(await self._rows(tx, touched, columns.year.in_(years), columns.booked_on.in_(days)))
            self._join_again(touched.keys(), days)
        for code in touched:
            del self._touched[code]

    async def _rows(self, tx: Transaction, codes: Collection[str], *where: Any) -> Sequence[Any]:
        columns = self._kept.table.c
        question = self._kept.question().where(self._kept.concerns(tx, codes), *where)
        return await tx.rows(question.order_by(self._kept.region, columns.year, columns.booked_on))

    def _put(self, rows: Iterable[Any]) -> None:
        for region, year, day, *amounts in rows:
            if (course := self._courses[region].get(year)) is None:
                course = self._courses[region][year] = Course((), [()] * len(amounts))
                self._joined.clear()
            course.put(day, amounts)

    def _join_again(self, codes: Collection[str], days: Sequence[date]) -> None:
        for signed, course in self._joined.items():
            members = list(self._members(signed))
            if [(1, course)] != members and any(code in codes for code, _ in signed):
                course.join_again(members, days)

    def _members(self, signed: Iterable[Signed]) -> Iterator[tuple[int, Course]]:
        return ((sign, course) for code, sign in signed for course in self._courses[code].values())
