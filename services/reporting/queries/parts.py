"""A region's amounts as of a day, by child region, product, payer, and new or renewed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import func, or_, select

from services.reporting.queries.details import earned_by_product
from services.reporting.queries.figures import Asked
from services.reporting.queries.sums import Scope, scope_of, sums_as_of
from services.reporting.queries.yardsticks import children_of
from services.reporting.rules.measures import STOCKS, SUMS, Measures
from services.reporting.rules.moves import Signed
from services.reporting.rules.split import Key
from services.reporting.tables import LIVE, products
from shared.messaging.transaction import Transaction

DIRECT = "direct"
"""What was booked on the region itself, on no child region of it."""
SEVERAL = "several"
"""Less what is counted in more than one child region."""
Part = dict[str, int | Fraction]
Parts = dict[Key, Part]
Row = tuple[str, str, bool, Measures]
"""(child region or `direct`, product, renewed, sums)"""
Vectors = Mapping[str, Mapping[tuple[str, bool], list[int]]]
"""Per booked code, by product and renewed."""


async def parts_of(tx: Transaction, asked: Asked, day: date, dimensions: Sequence[str]) -> Parts:
    """Amounts by name (money in fen) of every part of one region, for the dimensions in their order."""
    elder = {row.code for row in await tx.rows(select(products.c.code).where(products.c.line == "elder"))}
    split = _by_payer if "payer" in dimensions else _undivided
    found: Parts = {}
    for child, product, renewed, sums in await _rows(tx, asked, day):
        for payer, amounts in split(sums, product in elder):
            places = {"child": child, "product": product, "payer": payer, "renewal": "renewed" if renewed else "new"}
            _add(found, tuple(places[name] for name in dimensions), amounts)
    return found


def _add(parts: Parts, key: Key, amounts: Part) -> None:
    part = parts.setdefault(key, {})
    for name, amount in amounts.items():
        part[name] = part.get(name, 0) + amount


def _undivided(sums: Measures, elder: bool) -> Iterator[tuple[str, Part]]:
    amounts: Part = {name: getattr(sums, name) for name in SUMS}
    money: Part = {"premium": sums.premium_fen, "self_paid": sums.self_paid_fen, "fiscal": sums.fiscal_fen}
    money |= {"donated": sums.donated_fen, "settled_amount": sums.settled_fen, "paid_amount": sums.paid_fen}
    money |= {"outstanding_amount": sums.outstanding_fen}
    yield "", amounts | money | {"elder_units": sums.units if elder else 0}


def _by_payer(sums: Measures, elder: bool) -> Iterator[tuple[str, Part]]:
    for payer in ("self_paid", "fiscal", "donated"):
        fen, units = getattr(sums, f"{payer}_fen"), getattr(sums, f"units_{payer}")
        yield payer, {"units": units, "premium": fen, payer: fen, "elder_units": units if elder else 0}


async def household_parts(tx: Transaction, asked: Asked, day: date) -> Parts:
    """Distinct households by child region; what is counted in several of them is a part of its own."""
    (code,) = asked.codes
    children = [child.code for child in await children_of(tx, code)]
    sums = await sums_as_of(tx, await scope_of(tx, [code, *children], "all", asked.view), asked.year, [day])
    counts = {child: sums[child][day].households for child in children}
    rest = sums[code][day].households - sum(counts.values())
    return {(child,): {"households": count} for child, count in {**counts, SEVERAL: rest}.items()}


async def earned_parts(tx: Transaction, asked: Asked, day: date, dimensions: Sequence[str]) -> Parts:
    """Earned premium in fen by child region and product."""
    (code,) = asked.codes
    children = [child.code for child in await children_of(tx, code)]
    scope = await scope_of(tx, [code, *children], asked.products, asked.view)
    earned = await earned_by_product(tx, scope, asked.year, asked.start_month, day)
    parts: Parts = {}
    for region, by_product in earned.items():
        for product, fen in by_product.items():
            places = [(DIRECT, fen)] if region == code else [(region, fen), (DIRECT, -fen)]
            for child, amount in places:
                key = tuple({"child": child, "product": product}[name] for name in dimensions)
                _add(parts, key, {"earned": Fraction(amount)})
    return parts


async def _rows(tx: Transaction, asked: Asked, day: date) -> list[Row]:
    (code,) = asked.codes
    children = [child.code for child in await children_of(tx, code)]
    scope = await scope_of(tx, [code, *children], asked.products, asked.view)
    vectors = await _vectors(tx, scope, asked.year, day)
    rows = [(region, *row) for region, signed in scope.booked.items() for row in _combined(signed, vectors)]
    below = [row for row in rows if row[0] != code]
    return [*below, *_direct([row for row in rows if row[0] == code], below)]


def _combined(signed: Sequence[Signed], vectors: Vectors) -> Iterator[tuple[str, bool, Measures]]:
    for product, renewed in sorted({key for code, _ in signed for key in vectors.get(code, {})}):
        total = [0] * len(SUMS)
        for code, sign in signed:
            if vector := vectors.get(code, {}).get((product, renewed)):
                total = [a + sign * b for a, b in zip(total, vector, strict=True)]
        yield product, renewed, Measures(*total)


def _direct(own: Sequence[Row], below: Sequence[Row]) -> Iterator[Row]:
    for _, product, renewed, sums in own:
        rest = [getattr(sums, name) for name in SUMS]
        for _, its_product, its_renewed, its_sums in below:
            if (its_product, its_renewed) == (product, renewed):
                rest = [a - getattr(its_sums, name) for a, name in zip(rest, SUMS, strict=True)]
        if any(rest):
            yield DIRECT, product, renewed, Measures(*rest)


async def _vectors(tx: Transaction, scope: Scope, year: int, day: date) -> Vectors:
    """The flows of the year, the stocks of all years."""
    cells = LIVE.cells.c
    question = (
        select(cells.region, cells.product, cells.renewed, *(_stock_or_flow(name, year) for name in SUMS))
        .where(tx.any_of(cells.region, scope.codes), scope.counts(cells.product), cells.booked_on <= day)
        .where(or_(cells.year == year, *(cells[name] != 0 for name in STOCKS)))
        .group_by(cells.region, cells.product, cells.renewed)
    )
    found: dict[str, dict[tuple[str, bool], list[int]]] = {}
    for region, product, renewed, *totals in await tx.rows(question):
        found.setdefault(region, {})[product, bool(renewed)] = [int(total or 0) for total in totals]
    return found


def _stock_or_flow(name: str, year: int) -> Any:
    column = LIVE.cells.c[name]
    return func.sum(column) if name in STOCKS else func.sum(column).filter(LIVE.cells.c.year == year)
