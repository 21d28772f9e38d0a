"""Figures that cost a question of their own: earned premium, days to payment, child regions, and curves by day."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select, true

from services.reporting.queries.keeping import kept_one
from services.reporting.queries.kept_books import WHATEVER_PRODUCT, Kept, amount_of
from services.reporting.queries.shelf import Rests
from services.reporting.queries.sums import Scope, courses_of, scope_of, sums_as_of
from services.reporting.queries.yardsticks import children_of_many
from services.reporting.rules.cover import Cover, earned_fen, share_earned, usual_cover
from services.reporting.rules.indicators import Child
from services.reporting.rules.moves import Signed
from services.reporting.rules.pace import Curve, curve_like, curve_of_time, last_day_of
from services.reporting.tables import LIVE
from shared.contracts.values import first_day_of, parent_of
from shared.messaging.transaction import Transaction

if TYPE_CHECKING:
    from services.reporting.queries.figures import Asked

Key = TypeVar("Key", bound=Hashable)
Amount = TypeVar("Amount", int, float)


Premiums = dict[Cover, int]
"""Fen by first and last day of cover."""


async def earned_as_of(tx: Transaction, scope: Scope, year: int, start_month: int, day: date) -> dict[str, float]:
    """Earned premium in fen of all policies, last year's included, inside [year start, day]."""
    start, since = first_day_of(year, start_month), first_day_of(year - 1, start_month)
    premium = await by_day(tx, scope, None, "premium_fen")
    usual = {on: usual_cover(on) for days in premium.values() for on in days if since <= on < day}
    unusual: defaultdict[str, Premiums] = defaultdict(dict)
    for (region, _, cover), fen in (await _unusual_premiums(tx, scope, start, day)).items():
        unusual[region][cover] = unusual[region].get(cover, 0) + fen

    def earned(region: str) -> float:
        fen = Counter({usual[on]: amount for on, amount in premium[region].items() if on in usual})
        fen.update(_added(scope.booked[region], unusual))
        return float(sum(amount * share_earned(cover, start, day) for cover, amount in fen.items()))

    return {region: earned(region) for region in premium}


async def earned_by_product(
    tx: Transaction, scope: Scope, year: int, start_month: int, day: date
) -> dict[str, dict[str, float]]:
    """The same by product."""
    start, premiums = first_day_of(year, start_month), await _premiums(tx, scope, year, start_month, day)
    earned: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (region, product, cover), fen in sorted(premiums.items()):
        more = earned_fen(fen, cover, start, day)
        earned[region][product] = earned[region].get(product, 0.0) + more
    return {region: _added(signed, earned) for region, signed in scope.booked.items()}


Covered = tuple[str, str, Cover]
"""(region as booked, product, first and last day of cover)"""


async def _premiums(tx: Transaction, scope: Scope, year: int, start_month: int, day: date) -> dict[Covered, int]:
    """Premium in fen whose cover meets [year start, day]: the usual cover of its day, unless told otherwise."""
    cells = LIVE.cells.c
    usual = (
        select(cells.region, cells.product, cells.booked_on, func.sum(amount_of("premium_fen")))
        .where(tx.any_of(cells.region, scope.codes), scope.counts(cells.product))
        .where(cells.booked_on >= first_day_of(year - 1, start_month), cells.booked_on < day)
        .group_by(cells.region, cells.product, cells.booked_on)
    )
    found = Counter(await _unusual_premiums(tx, scope, first_day_of(year, start_month), day))
    for region, product, booked_on, fen in await tx.rows(usual):
        found[region, product, usual_cover(booked_on)] += int(fen)
    return found


async def _unusual_premiums(tx: Transaction, scope: Scope, start: date, day: date) -> dict[Covered, int]:
    about = ("unusual premiums", *scope.key, start, day)
    return await kept_one(tx, about, Rests(("covers",), day), lambda: _asked_unusual(tx, scope, start, day))


async def _asked_unusual(tx: Transaction, scope: Scope, start: date, day: date) -> dict[Covered, int]:
    covers = LIVE.covers.c
    cover = (covers.region, covers.product, covers.starts_on, covers.ends_on)
    question = (
        select(*cover, func.sum(covers.premium_fen))
        .where(tx.any_of(covers.region, scope.codes), scope.counts(covers.product))
        .where(covers.booked_on <= day, covers.starts_on <= day, covers.ends_on >= start)
        .group_by(*cover)
    )
    rows = await tx.rows(question)
    return {(region, product, (starts_on, ends_on)): int(fen) for region, product, starts_on, ends_on, fen in rows}


async def waits_as_of(tx: Transaction, scope: Scope, year: int, day: date) -> dict[str, dict[int, int]]:
    """Claims paid in the year up to a day, by the days from report to payment."""
    about = ("waits", *scope.key, year, day)
    return await kept_one(tx, about, Rests(("payment_days",), day), lambda: _asked_waits(tx, scope, year, day))


async def _asked_waits(tx: Transaction, scope: Scope, year: int, day: date) -> dict[str, dict[int, int]]:
    table = LIVE.payment_days.c
    question = (
        select(table.region, table.days, func.sum(table.claims))
        .where(tx.any_of(table.region, scope.codes), scope.counts(table.product))
        .where(table.year == year, table.booked_on <= day)
        .group_by(table.region, table.days)
    )
    by_code: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for region, days, claims in await tx.rows(question):
        by_code[region][days] = int(claims)
    return {region: _added(signed, by_code) for region, signed in scope.booked.items()}


def _added(signed: Sequence[Signed], by_code: Mapping[str, Mapping[Key, Amount]]) -> dict[Key, Amount]:
    """What several booked codes come to together, by whatever their amounts are kept by."""
    total: dict[Key, Amount] = {}
    for code, sign in signed:
        for key, amount in by_code.get(code, {}).items():
            total[key] = total[key] + sign * amount if key in total else sign * amount
    return total


async def children_as_of(tx: Transaction, asked: "Asked", codes: Sequence[str], day: date) -> dict[str, list[Child]]:
    """What each region's child regions hold."""
    children = await children_of_many(tx, codes)
    below = [child.code for found in children.values() for child in found]
    if not below:
        return {code: [] for code in codes}
    sums = await sums_as_of(tx, await scope_of(tx, below, asked.products, asked.view), asked.year, [day])
    held = {code: sums[code][day] for code in below}
    return {
        code: [Child(held[c.code].units, held[c.code].premium_fen, held[c.code].fiscal_fen) for c in children[code]]
        for code in codes
    }


async def curves_of(tx: Transaction, scope: Scope, year: int, start_month: int) -> dict[str, Curve]:
    """The curve of every region: its own last year's, its parent's, or time elapsed."""
    rests = Rests(("cells",), last_day_of(year - 1, start_month))
    about = ("curves", *scope.key, year, start_month)
    return await kept_one(tx, about, rests, lambda: _asked_curves(tx, scope, year, start_month))


async def _asked_curves(tx: Transaction, scope: Scope, year: int, start_month: int) -> dict[str, Curve]:
    sold, end = await by_day(tx, scope, year - 1, "units"), last_day_of(year - 1, start_month)
    inside = {code: {day: units for day, units in days.items() if day <= end} for code, days in sold.items()}
    own = {code: curve_like(inside[code], year, start_month) for code in scope.booked}
    return {
        code: curve or own.get(parent_of(code) or "") or curve_of_time(year, start_month) for code, curve in own.items()
    }


async def by_day(tx: Transaction, scope: Scope, year: int | None, name: str) -> dict[str, dict[date, int]]:
    """Per region what was booked on each day, in a programme year or in all of them. Raises ValueError."""
    kept = Kept(year, scope.products)
    place = kept.columns.index(name)
    courses = await courses_of(tx, scope, kept)
    found = {region: course.by_day(place) for region, course in courses.items()}
    rest = {region: signed for region, signed in scope.booked.items() if region not in found}
    return found | (await _asked_by_day(tx, replace(scope, booked=rest), kept, name) if rest else {})


async def _asked_by_day(tx: Transaction, scope: Scope, kept: Kept, name: str) -> dict[str, dict[date, int]]:
    cells = LIVE.cells.c
    counted = true() if name in WHATEVER_PRODUCT else scope.counts(cells.product)
    question = (
        select(cells.region, cells.booked_on, func.sum(amount_of(name)))
        .where(kept.concerns(tx, scope.codes), counted)
        .group_by(cells.region, cells.booked_on)
    )
    found: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for region, day, total in await tx.rows(question):
        found[region][day] = int(total)
    return {region: _added(signed, found) for region, signed in scope.booked.items()}
