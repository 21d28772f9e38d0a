"""From a figure to the facts behind it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, tuple_

from services.reporting.queries.sums import Scope
from services.reporting.rules.amounts import MONEY
from services.reporting.rules.measures import STOCKS, SUMS
from services.reporting.rules.moves import Signed, outermost
from services.reporting.tables import LIVE
from shared.contracts.values import last_inside
from shared.messaging.transaction import Transaction

_PREMIUM = ("self_paid_fen", "fiscal_fen", "donated_fen")
_KEY = ("region", "booked_on", "event_id", "product")


@dataclass(frozen=True)
class Wanted:
    """Which facts: of the one region of a scope, a programme year, days of booking, and a measure they change."""

    scope: Scope
    year: int
    since: date
    until: date
    measure: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The measures behind the name, one or the three of the premium. Raises KeyError."""
        name = MONEY.get(self.measure, self.measure)
        if name == "premium_fen":
            return _PREMIUM
        if name not in SUMS:
            raise KeyError(self.measure)
        return (name,)

    def counts_in(self, year: Any) -> ColumnElement[bool]:
        """Flows count in their programme year, stocks whatever the year."""
        return literal(True) if self.columns[0] in STOCKS else and_(year == self.year)


async def booked_between(tx: Transaction, wanted: Wanted) -> int:
    """What the books say for the same: the sum of all the facts."""
    ((signed),) = wanted.scope.booked.values()
    cells = LIVE.cells.c
    total = sum((cells[name] for name in wanted.columns[1:]), cells[wanted.columns[0]])
    question = (
        select(cells.region, func.sum(total))
        .where(tx.any_of(cells.region, wanted.scope.codes), wanted.scope.counts(cells.product))
        .where(wanted.counts_in(cells.year), cells.booked_on.between(wanted.since, wanted.until))
        .group_by(cells.region)
    )
    sums = {region: int(amount) for region, amount in await tx.rows(question)}
    return sum(sign * sums.get(code, 0) for code, sign in signed)


async def facts_behind(tx: Transaction, wanted: Wanted, after: str, most: int) -> list[dict[str, Any]]:
    """The facts, by region and day; `after` is the `id` of the last one seen."""
    traces = LIVE.traces.c
    question = (
        select(LIVE.traces)
        .where(_inside(wanted.scope), wanted.scope.counts(traces.product), wanted.counts_in(traces.year))
        .where(traces.booked_on.between(wanted.since, wanted.until))
        .where(or_(*(traces.changes.contains(f'"{name}":') for name in wanted.columns)))
    )
    if after:
        region, day, event_id, product = after.split("|", 3)
        seen = tuple_(region, date.fromisoformat(day), event_id, product)
        question = question.where(tuple_(*(traces[name] for name in _KEY)) > seen)
    rows = await tx.rows(question.order_by(*(traces[name] for name in _KEY)).limit(most))
    return [_shown(dict(row._mapping), wanted.columns) for row in rows]


def _inside(scope: Scope) -> ColumnElement[bool]:
    """Booked on one of the codes that make up the region, or below it."""
    ((signed),) = scope.booked.values()
    region = LIVE.traces.c.region
    inside = [region.between(code, last_inside(code)) for code in _outermost(signed, 1)]
    outside = [~region.between(code, last_inside(code)) for code in _outermost(signed, -1)]
    return and_(or_(*inside), *outside) if inside else and_(region == "")


def _outermost(parts: Iterable[Signed], sign: int) -> list[str]:
    return sorted(outermost(code for code, its_sign in parts if its_sign == sign))


def _shown(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    changes: dict[str, int] = json.loads(row.pop("changes"))
    key = "|".join(str(row[name]) for name in _KEY)
    return {"id": key, **row, "amount": sum(changes.get(name, 0) for name in columns), "changes": changes}
