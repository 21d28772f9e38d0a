"""The books against the control totals: what was compared, what differs, and which differences stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from services.reporting.rules.measures import CONTROLLED
from services.reporting.tables import LIVE, control_totals, differences, reconciliations, tellings
from shared.contracts.values import last_inside, yuan_from_fen
from shared.messaging.transaction import AnyRow, Transaction

_PLACE = ("region", "year", "booked_on")
_ORDER = ("source", *_PLACE, "measure")
_ZERO: ColumnElement[int] = literal_column("0")


@dataclass(frozen=True)
class Difference:
    """What was booked of a measure in a county on a day, and what its source told; money in fen."""

    source: str
    region: str
    year: int
    booked_on: date
    measure: str
    booked: int
    told: int
    since: datetime
    stands: bool

    def shown(self) -> dict[str, Any]:
        """As people read it: money in yuan."""
        money = self.measure.endswith("_fen")
        name = self.measure.removesuffix("_fen")
        told = {
            "measure": f"{name}_amount" if name in ("settled", "paid") else name,
            "booked": yuan_from_fen(self.booked) if money else self.booked,
            "told": yuan_from_fen(self.told) if money else self.told,
        }
        return {**vars(self), **told, "booked_on": str(self.booked_on), "since": self.since.isoformat()}

    @property
    def cursor(self) -> str:
        return "/".join(str(getattr(self, name)) for name in _ORDER)


def unequal(source: str) -> CTE:
    """The county-days in which any measure of a source differs, both ways: all products, renewed or not."""
    measures = CONTROLLED[source]
    cells, totals = LIVE.cells.c, control_totals.c
    booked = select(
        *(cells[name] for name in _PLACE), *_named("booked", cells, measures), *_named("told", None, measures)
    )
    told = select(
        *(totals[name] for name in _PLACE), *_named("booked", None, measures), *_named("told", totals, measures)
    )
    both = union_all(booked.where(func.length(cells.region) == 6), told.where(totals.source == source)).subquery()
    sums = {name: cast(func.sum(both.c[name]), BigInteger) for name in both.c.keys()[len(_PLACE) :]}
    differs = or_(*(sums[f"booked_{name}"] != sums[f"told_{name}"] for name in measures))
    place = [both.c[name] for name in _PLACE]
    return select(*place, *(s.label(n) for n, s in sums.items())).group_by(*place).having(differs).cte("unequal")


def _named(side: str, columns: Any, measures: Sequence[str]) -> list[ColumnElement[int]]:
    return [(_ZERO if columns is None else columns[name]).label(f"{side}_{name}") for name in measures]


async def county_days(tx: Transaction) -> int:
    """How many county-days there are to compare: booked, told, or both."""
    cells, totals = LIVE.cells.c, control_totals.c
    booked = select(*(cells[name] for name in _PLACE)).where(func.length(cells.region) == 6)
    places = booked.union(select(*(totals[name] for name in _PLACE))).subquery()
    return int((await tx.rows(select(func.count()).select_from(places)))[0][0])


async def heard_until(tx: Transaction) -> dict[str, datetime]:
    """By source when the newest telling began of which everything has been heard."""
    wholly = select(tellings.c.source, func.max(tellings.c.told_at)).where(tellings.c.heard >= tellings.c.told)
    return {source: told_at for source, told_at in await tx.rows(wholly.group_by(tellings.c.source))}


async def standing_differences(tx: Transaction, region: str, until: date) -> Sequence[Difference]:
    """Differences that stand inside a region up to a day (in its county, if it is smaller); empty when all is well."""
    county = differences.c.region
    inside = county.between(region, last_inside(region)) if len(region) <= 6 else county == region[:6]
    return await _found(tx, _listed().where(differences.c.stands, inside, differences.c.booked_on <= until))


async def first_differences(tx: Transaction, most: int) -> Sequence[Difference]:
    """Those of the last look, the standing ones first."""
    standing_first = differences.c.stands.desc()
    return await _found(tx, _listed().order_by(None).order_by(standing_first, *_keys()).limit(most))


async def differences_after(tx: Transaction, scope: str, cursor: Sequence[Any], most: int) -> Sequence[Difference]:
    """Those of the last look inside a region in order of source, county and day, from behind a cursor."""
    inside = _listed().where(differences.c.region.startswith(scope, autoescape=True)) if scope else _listed()
    page = inside.where(tuple_(*_keys()) > tuple_(*cursor)) if cursor else inside
    return await _found(tx, page.limit(most))


def _keys() -> list[ColumnElement[Any]]:
    return [differences.c[name] for name in _ORDER]


def _listed() -> Select[Any]:
    names = Difference.__dataclass_fields__
    return select(*(differences.c[name] for name in names)).order_by(*_keys())


async def _found(tx: Transaction, question: Select[Any]) -> list[Difference]:
    return [Difference(**row._mapping) for row in await tx.rows(question)]


async def latest_looks(tx: Transaction, cursor: str, most: int) -> Sequence[AnyRow]:
    """Reconciliations, the newest first, from before `cursor`."""
    question = select(reconciliations).order_by(reconciliations.c.id.desc()).limit(most)
    return await tx.rows(question.where(reconciliations.c.id < cursor) if cursor else question)


async def look_by_id(tx: Transaction, look_id: str) -> AnyRow | None:
    """One reconciliation with its first differences, None if there is none of this id."""
    rows = await tx.rows(select(reconciliations).where(reconciliations.c.id == look_id))
    return rows[0] if rows else None
