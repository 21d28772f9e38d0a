"""All figures of many regions on several days, loaded with a fixed number of questions."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.reporting.queries import details, yardsticks
from services.reporting.queries.keeping import kept
from services.reporting.queries.selling import selling_as_of
from services.reporting.queries.shelf import Rests
from services.reporting.queries.sums import ByDay, Scope, elder_units_as_of, scope_of, stocks_as_of, sums_as_of
from services.reporting.queries.yardsticks import Feed, Kind, Population, Target
from services.reporting.rules.indicators import A_TENTH_OF_THE_GUIDELINE, ElderGoal, Figures, Stocks
from services.reporting.rules.measures import Measures
from services.reporting.rules.pace import Curve, last_day_of, share_elapsed, share_sold, year_before
from services.reporting.rules.touches import ALL_BOOKS
from shared.contracts.values import parent_of
from shared.messaging.transaction import Transaction

Sums = Mapping[str, Mapping[date, Measures]]
EVERYTHING = frozenset({"curve", "earned", "waits", "children", "selling"})
"""Details that cost a question of their own."""
DETAIL_OF = {
    "days_behind": "curve",
    "loss_ratio_paid_earned": "earned",
    "days_to_pay_p50": "waits",
    "days_to_pay_p90": "waits",
    "concentration": "children",
    "concentration_share": "children",
    "fiscal_share_funded": "children",
    "days_since_sale": "selling",
    "one_step_share": "selling",
}
"""Which detail an indicator needs."""


@dataclass(frozen=True)
class Known:
    """One region on one day: its figures and what they are held against."""

    figures: Figures
    targets: dict[str, Target]
    population: Population | None


@dataclass(frozen=True)
class Asked:
    """Which regions, year and products, by whose codes (`today` or `booked`), and which details."""

    codes: Sequence[str]
    year: int
    start_month: int
    products: str = "counted"
    view: str = "today"
    details: frozenset[str] = frozenset()
    elder_goal: ElderGoal = A_TENTH_OF_THE_GUIDELINE


def details_for(*indicators: str) -> frozenset[str]:
    """The details that some indicators need."""
    return frozenset(DETAIL_OF[name] for name in indicators if name in DETAIL_OF)


def rests_of(year: int, start_month: int, *days: date) -> Rests:
    """What the figures of a programme year rest on as of some days: last year's end is among what they tell."""
    return Rests(ALL_BOOKS, max(*days, last_day_of(year - 1, start_month)))


async def known_on(tx: Transaction, asked: Asked, day: date) -> dict[str, Known]:
    """Everything about each region on one day."""
    (known,) = (await known_on_days(tx, asked, [day])).values()
    return known


async def known_on_days(tx: Transaction, asked: Asked, days: Sequence[date]) -> dict[date, dict[str, Known]]:
    """The same on several days; targets, stocks and elder units as of each."""
    plain = replace(asked, codes=tuple(asked.codes))
    rests = {(plain, day): rests_of(asked.year, asked.start_month, day) for day in sorted(set(days))}

    async def ask(missing: Sequence[tuple[Asked, date]]) -> dict[tuple[Asked, date], dict[str, Known]]:
        book = await _opened(tx, asked, [day for _, day in missing])
        return {(plain, day): await _known(tx, asked, book, day) for _, day in missing}

    return {day: known for (_, day), known in (await kept(tx, rests, ask)).items()}


@dataclass(frozen=True)
class _Book:
    """The sums of some regions and days, ready to be read."""

    asked: Asked
    scope: Scope
    now: Sums
    past: Sums | None
    stocks: ByDay
    elder: ByDay
    populations: Mapping[str, Population]
    feeds: Mapping[str, Feed]
    curves: Mapping[str, Curve]

    def last(self, code: str, day: date) -> Measures | None:
        return None if self.past is None else self.past[code][day]

    def expected_share(self, code: str, day: date) -> float:
        end = last_day_of(self.asked.year - 1, self.asked.start_month)
        for curve in (code, parent_of(code)):
            then = self.last(curve, year_before(day)) if curve else None
            full = self.last(curve, end) if curve else None
            share = share_sold(then.units, full.units) if then and full else None
            if share is not None:
                return share
        return share_elapsed(day, self.asked.year, self.asked.start_month)


async def _opened(tx: Transaction, asked: Asked, days: Sequence[date]) -> _Book:
    parents = {parent for code in asked.codes if (parent := parent_of(code)) is not None}
    scope = await scope_of(tx, {*asked.codes, *parents}, asked.products, asked.view)
    past = await _past(tx, scope, asked, days)
    return _Book(
        asked=asked,
        scope=scope,
        now=await sums_as_of(tx, scope, asked.year, days),
        past=past,
        stocks=await stocks_as_of(tx, scope, days),
        elder=await elder_units_as_of(tx, scope, asked.year, days),
        populations=await yardsticks.populations_of(tx, asked.codes),
        feeds=await yardsticks.feeds_of(tx, asked.codes, asked.year),
        curves=await details.curves_of(tx, scope, asked.year, asked.start_month) if "curve" in asked.details else {},
    )


async def _past(tx: Transaction, scope: Scope, asked: Asked, days: Sequence[date]) -> Sums | None:
    """Last year on the same days and at its end; None if that year was never loaded."""
    if asked.year - 1 not in await yardsticks.years_loaded(tx):
        return None
    end = last_day_of(asked.year - 1, asked.start_month)
    return await sums_as_of(tx, scope, asked.year - 1, [*(year_before(day) for day in days), end])


async def _known(tx: Transaction, asked: Asked, book: _Book, day: date) -> dict[str, Known]:
    targets = await yardsticks.targets_in_force(tx, asked.codes, asked.year, day)
    own = _of_line(targets, await yardsticks.line_of(tx, asked.products))
    elder = _of_line(targets, "elder")
    figures = {code: _figures(book, code, day, (own.get(code, {}), elder.get(code, {}))) for code in asked.codes}
    figures = await _with_details(tx, book, figures, day)
    return {code: Known(figures[code], own.get(code, {}), book.populations.get(code)) for code in asked.codes}


def _of_line(targets: Mapping[str, Mapping[Kind, Target]], line: str) -> dict[str, dict[str, Target]]:
    """By region and kind the targets of one product line, or of all that counts where it is empty."""
    return {code: {kind: t for (kind, of), t in found.items() if of == line} for code, found in targets.items()}


def _figures(book: _Book, code: str, day: date, targets: tuple[dict[str, Target], dict[str, Target]]) -> Figures:
    """`targets`: those of what was asked for, and those of the elder line."""
    asked, population = book.asked, book.populations.get(code)
    own, elder = targets[0], targets[1].get("guideline")
    return Figures(
        year=asked.year,
        as_of=day,
        start_month=asked.start_month,
        now=book.now[code][day],
        stocks=Stocks(*book.stocks[code][day]),
        elder_units=book.elder[code][day][0],
        last=book.last(code, year_before(day)),
        last_full=book.last(code, last_day_of(asked.year - 1, asked.start_month)),
        targets={kind: target.units for kind, target in own.items()},
        elder_target=elder.units if elder else None,
        elder_goal=asked.elder_goal,
        residents=population.value if population else None,
        eligible_households=population.eligible_households if population else None,
        expected_share=book.expected_share(code, day),
        has_feed=book.feeds[code].policy_facts > 0,
        curve=book.curves.get(code),
    )


async def _with_details(tx: Transaction, book: _Book, figures: dict[str, Figures], day: date) -> dict[str, Figures]:
    asked = book.asked
    if not asked.details - {"curve"}:
        return figures
    own = Scope({code: book.scope.booked[code] for code in figures}, asked.products, book.scope.by_todays_codes)
    questions: dict[str, tuple[str, Callable[[], Awaitable[Mapping[str, object]]]]] = {
        "earned": ("earned_fen", lambda: details.earned_as_of(tx, own, asked.year, asked.start_month, day)),
        "waits": ("waits", lambda: details.waits_as_of(tx, own, asked.year, day)),
        "children": ("children", lambda: details.children_as_of(tx, asked, list(figures), day)),
        "selling": ("selling", lambda: selling_as_of(tx, own, asked.year, day)),
    }
    added: defaultdict[str, dict[str, object]] = defaultdict(dict)
    for detail in sorted(asked.details & questions.keys()):
        name, ask = questions[detail]
        for code, found in (await ask()).items():
            added[code][name] = found
    return {code: replace(known, **added[code]) for code, known in figures.items()}  # type: ignore[arg-type]
