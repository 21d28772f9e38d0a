"""What must always hold inside the books: a region is its children and what is booked on itself, fact by fact.

A province is no row but the sum of its cities: there is nothing to hold against anything.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import JSONB

from services.reporting.queries.patience import take_time
from services.reporting.rules.measures import SUMS
from services.reporting.tables import LIVE
from shared.messaging.transaction import Transaction

_ABOVE = {6: 4, 9: 6, 12: 9}


async def unbalanced(tx: Transaction, most: int, scope: str = "") -> list[dict[str, Any]]:
    """Where inside a region a cell is not the sum of its children and its own traces, and by how much."""
    await take_time(tx)
    cells, traces = LIVE.cells.c, LIVE.traces.c
    own = {name: cells[name] for name in SUMS}
    parts = union_all(
        _entries(cells, cells.region, own),
        _entries(cells, _parent(cells.region), {n: -c for n, c in own.items()}).where(func.length(cells.region) > 4),
        _entries(traces, traces.region, {name: -_traced(tx, name) for name in SUMS}),
    ).subquery()
    place = (parts.c.region, parts.c.booked_on, parts.c.product)
    left = {name: cast(func.sum(parts.c[name]), BigInteger) for name in SUMS}
    wrong = select(*place, *(total.label(name) for name, total in left.items())).group_by(*place)
    if scope:
        wrong = wrong.where(parts.c.region.startswith(scope, autoescape=True))
    rows = await tx.rows(wrong.having(or_(*(total != 0 for total in left.values()))).order_by(*place).limit(most))
    return [_shown(dict(row._mapping)) for row in rows]


def _entries(columns: Any, region: ColumnElement[str], amounts: Mapping[str, ColumnElement[int]]) -> Select[Any]:
    named = (amount.label(name) for name, amount in amounts.items())
    return select(region.label("region"), columns.booked_on, columns.product, *named)


def _parent(region: ColumnElement[str]) -> ColumnElement[str]:
    digits = func.length(region)
    return func.substr(region, 1, case(*((digits == below, above) for below, above in _ABOVE.items())))


def _traced(tx: Transaction, name: str) -> ColumnElement[int]:
    """A measure out of the JSON of a trace, 0 where it does not name it."""
    changes = LIVE.traces.c.changes
    told = cast(changes, JSONB)[name].astext if tx.is_postgres else func.json_extract(changes, f"$.{name}")
    return func.coalesce(cast(told, BigInteger), literal(0))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: row.pop(name) for name in SUMS}
    return {**row, "booked_on": str(row["booked_on"]), "left": {n: amount for n, amount in amounts.items() if amount}}
