"""Where two sets of books differ, row by row: what comes to nothing counts as absent, timelines by what they net to."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    Subquery,
    Table,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from services.reporting.queries.patience import take_time
from services.reporting.rules.households import shortened
from services.reporting.tables import LIVE, NEXT
from shared.messaging.transaction import AnyRow, Transaction

_SHOWN = 20
_PAGE = 10_000
Item = dict[str, Any]


async def differing_rows(tx: Transaction) -> tuple[int, list[Item]]:
    """How many rows differ, and the first of them. Each table is seen at one moment, so bookings may go on."""
    await take_time(tx)
    number, first = 0, list[Item]()
    for live, following in zip(LIVE.all, NEXT.all, strict=True):
        found, items = await (_timelines if live is LIVE.timelines else _rows)(tx, live, following)
        number += found
        first += items
    return number, first[:_SHOWN]


async def _rows(tx: Transaction, live: Table, following: Table) -> tuple[int, list[Item]]:
    keys = [column.name for column in live.primary_key]
    unequal = _unequal(live, following)
    first = await tx.rows(select(unequal).order_by(*keys).limit(2 * _SHOWN))
    if not first:
        return 0, []
    distinct = select(*(unequal.c[key] for key in keys)).distinct().subquery()
    counted = await tx.rows(select(func.count()).select_from(distinct))
    return int(counted[0][0]), list(_items(live, keys, first))


def _unequal(live: Table, following: Table) -> Subquery:
    """The rows that only one set holds exactly so; `side` says which."""
    names = [column.name for column in live.columns]
    both = union_all(_side(live, 1), _side(following, -1)).subquery()
    columns = [both.c[name] for name in names]
    side = func.sum(both.c.side)
    return select(*columns, side.label("side")).group_by(*columns).having(side != 0).subquery()


def _side(table: Table, side: int) -> Select[Any]:
    """The rows of one set; a row of amounts that are all zero says nothing."""
    amounts = [c for c in table.columns if not c.primary_key]
    question = select(*table.columns, literal_column(str(side)).label("side"))
    sums_only = all(isinstance(column.type, BigInteger) for column in amounts)
    return question.where(or_(*(column != 0 for column in amounts))) if sums_only else question


def _items(table: Table, keys: Sequence[str], rows: Iterable[AnyRow]) -> Iterator[Item]:
    found: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in rows:
        told = dict(row._mapping)
        side = "live" if told.pop("side") > 0 else "rebuilt"
        found.setdefault(tuple(told.pop(key) for key in keys), {})[side] = told
    for key, sides in list(found.items())[:_SHOWN]:
        live, rebuilt = sides.get("live"), sides.get("rebuilt")
        yield _item(table, dict(zip(keys, key, strict=True)), live, rebuilt)


def _item(table: Table, key: Item, live: Item | None, rebuilt: Item | None) -> Item:
    """What differs, and nothing else, of a row that both have."""
    if live is not None and rebuilt is not None:
        changed = [name for name in live if live[name] != rebuilt[name]]
        live, rebuilt = {n: live[n] for n in changed}, {n: rebuilt[n] for n in changed}
    return {"table": table.name, "key": _plain(key), "live": _plain(live), "rebuilt": _plain(rebuilt)}


def _plain(told: Item | None) -> Item | None:
    if told is None:
        return None
    return {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in told.items()}


async def _timelines(tx: Transaction, live: Table, following: Table) -> tuple[int, list[Item]]:
    """The order in which a timeline was written says nothing: only what its entries add up to counts."""
    number, first, after = 0, list[Item](), (0, "")
    while rows := await tx.rows(_unequal_timelines(live, following, after)):
        for year, household, ours, theirs in rows:
            if shortened(ours or "") != shortened(theirs or ""):
                number += 1
                told = {"timeline": ours}, {"timeline": theirs}
                first += [_item(live, {"year": year, "household": household}, *told)] if number <= _SHOWN else []
        after = (rows[-1].year, rows[-1].household)
    return number, first


def _unequal_timelines(live: Table, following: Table, after: tuple[int, str]) -> Select[Any]:
    def side(table: Table, *timelines: Any) -> Select[Any]:
        key = tuple_(table.c.year, table.c.household)
        return select(table.c.year, table.c.household, *timelines).where(key > tuple_(*after))

    both = union_all(
        side(live, live.c.timeline.label("live"), null().label("rebuilt")),
        side(following, null(), following.c.timeline),
    ).subquery()
    ours, theirs = func.max(both.c.live), func.max(both.c.rebuilt)
    unequal = func.coalesce(ours, "") != func.coalesce(theirs, "")
    grouped = select(both.c.year, both.c.household, ours, theirs).group_by(both.c.year, both.c.household)
    return grouped.having(unequal).order_by(both.c.year, both.c.household).limit(_PAGE)
