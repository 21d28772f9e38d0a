"""All figures of many regions on several days, loaded with a fixed number of questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.reporting.queries import yardsticks
from services.reporting.queries.sums import Scope, elder_units_as_of, outstanding_as_of, sums_as_of
from services.reporting.queries.yardsticks import Feed, Population, Target
from services.reporting.rules.indicators import Figures
from services.reporting.rules.measures import Measures
from services.reporting.rules.pace import last_day_of, share_elapsed, share_sold, year_before
from shared.contracts.values import parent_of
from shared.messaging.transaction import Transaction

Sums = Mapping[str, Mapping[date, Measures]]


@dataclass(frozen=True)
class Known:
    """One region on one day: its figures and what they are held against."""

    figures: Figures
    targets: dict[str, Target]
    population: Population | None
    feed: Feed


@dataclass(frozen=True)
class Asked:
    """Which regions, year and products; `start_month` of the programme."""

    codes: Sequence[str]
    year: int
    start_month: int
    products: str = "counted"


async def known_on(tx: Transaction, asked: Asked, day: date) -> dict[str, Known]:
    """Everything about each region on one day."""
    (known,) = (await known_on_days(tx, asked, [day])).values()
    return known


async def known_on_days(tx: Transaction, asked: Asked, days: Sequence[date]) -> dict[date, dict[str, Known]]:
    """The same on several days; targets, outstanding and elder units as of each."""
    parents = {parent for code in asked.codes if (parent := parent_of(code)) is not None}
    scope = Scope(sorted({*asked.codes, *parents}), asked.products)
    now = await sums_as_of(tx, scope, asked.year, days)
    past = await _past(tx, scope, asked, days)
    populations = await yardsticks.populations_of(tx, asked.codes)
    feeds = await yardsticks.feeds_of(tx, asked.codes, asked.year)
    found: dict[date, dict[str, Known]] = {}
    for day in sorted(set(days)):
        targets = await yardsticks.targets_in_force(tx, asked.codes, asked.year, day)
        outstanding = await outstanding_as_of(tx, scope, day)
        elder = await elder_units_as_of(tx, scope, asked.year, day)
        book = _Book(asked, day, now, past)
        found[day] = {
            code: Known(
                book.figures(
                    code, targets.get(code, {}), populations.get(code), outstanding.get(code, 0), elder.get(code, 0)
                ),
                dict(targets.get(code, {})),
                populations.get(code),
                feeds[code],
            )
            for code in asked.codes
        }
    return found


async def _past(tx: Transaction, scope: Scope, asked: Asked, days: Sequence[date]) -> Sums | None:
    """Last year on the same days and at its end; None if that year was never loaded."""
    if asked.year - 1 not in await yardsticks.years_loaded(tx):
        return None
    end = last_day_of(asked.year - 1, asked.start_month)
    return await sums_as_of(tx, scope, asked.year - 1, [*(year_before(day) for day in days), end])


class _Book:
    """The sums of one as-of day, ready to be read per region."""

    def __init__(self, asked: Asked, day: date, now: Sums, past: Sums | None) -> None:
        self._asked, self._day, self._now, self._past = asked, day, now, past
        self._end = last_day_of(asked.year - 1, asked.start_month)

    def figures(
        self, code: str, targets: Mapping[str, Target], population: Population | None, outstanding: int, elder: int
    ) -> Figures:
        return Figures(
            year=self._asked.year,
            as_of=self._day,
            start_month=self._asked.start_month,
            now=self._now[code][self._day],
            outstanding_fen=outstanding,
            elder_units=elder,
            last=self._last(code, year_before(self._day)),
            last_full=self._last(code, self._end),
            targets={kind: target.units for kind, target in targets.items()},
            residents=population.value if population else None,
            expected_share=self._expected_share(code),
        )

    def _last(self, code: str, day: date) -> Measures | None:
        return None if self._past is None else self._past[code][day]

    def _expected_share(self, code: str) -> float:
        for curve in (code, parent_of(code)):
            then = self._last(curve, year_before(self._day)) if curve else None
            full = self._last(curve, self._end) if curve else None
            share = share_sold(then.units, full.units) if then and full else None
            if share is not None:
                return share
        return share_elapsed(self._day, self._asked.year, self._asked.start_month)
