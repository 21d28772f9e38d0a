"""What our own tables hold of every county and day, all products together, against what was told of it last."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    case,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
    text,
    union_all,
)

from services.enrollment.tables import policy_revisions, told_totals
from shared.messaging.transaction import AnyRow, Transaction

_KEY = ("region", "programme_year", "booked_on")
_COUNTS = ("units", "persons")
_PREMIUM = ("self_paid_fen", "fiscal_fen", "donated_fen")
_SUMS = ("policies", *_COUNTS, *_PREMIUM)
_ZERO: ColumnElement[int] = literal_column("0")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('enrollment.told_totals'))")
_PART = 1_000
_IN_PEACE = (text("SET LOCAL statement_timeout = '10min'"), text("SET LOCAL work_mem = '64MB'"))
"""The whole table is looked at: that may take longer than any other statement, and sorts better in memory."""


async def totals_to_tell(tx: Transaction, start_month: int) -> Sequence[AnyRow]:
    """Each county-day that holds something else than was told last; from now on it is told."""
    for statement in (_ALONE, *_IN_PEACE) if tx.is_postgres else ():
        await tx.connection.execute(statement)
    news = await tx.rows(_held(start_month).except_(select(*told_totals.c)))
    for first in range(0, len(news), _PART):
        await tx.insert(
            told_totals,
            [dict(row._mapping) for row in news[first : first + _PART]],
            lambda i: i.on_conflict_do_update(index_elements=_KEY, set_={name: i.excluded[name] for name in _SUMS}),
        )
    return news


async def told_before(tx: Transaction) -> Sequence[AnyRow]:
    """One county-day as it was told last; none if nothing ever was."""
    return await tx.rows(select(told_totals).order_by(told_totals.c.booked_on.desc(), told_totals.c.region).limit(1))


def _held(start_month: int) -> Select[Any]:
    """The sums of all entries; a county-day that came to nothing only if it was told before."""
    booked = union_all(_of_revisions(), _of_predecessors()).subquery()
    year = _programme_year(booked.c.sold_on, start_month).label("programme_year")
    in_years = select(booked.c.county.label("region"), year, booked.c.booked_on, *(booked.c[name] for name in _SUMS))
    entries = union_all(in_years.add_columns(_ZERO.label("told")), _of_what_was_told()).subquery()
    key = [entries.c[name] for name in _KEY]
    sums = {name: cast(func.sum(entries.c[name]), BigInteger) for name in _SUMS}
    something = or_(func.sum(entries.c.told) > 0, *(total != 0 for total in sums.values()))
    return select(*key, *(total.label(name) for name, total in sums.items())).group_by(*key).having(something)


def _of_revisions() -> Select[Any]:
    return _entries(policy_revisions, policy_revisions)


def _of_predecessors() -> Select[Any]:
    """What a revision replaces goes from where it stood, on the day of the new one."""
    new, old = policy_revisions, policy_revisions.alias("old")
    same = (old.c.policy_no == new.c.policy_no) & (old.c.insurer == new.c.insurer)
    replaced = new.join(old, same & (old.c.revision == new.c.revision - 1))
    return _entries(new, old, sign=-1).select_from(replaced).where(new.c.revision > 1)


def _entries(revision: Any, state: Any, sign: int = 1) -> Select[Any]:
    """Summed in its own SELECT, which PostgreSQL does on all cores. A cancelled policy keeps what was not refunded."""
    counts = [func.sum(case((state.c.in_force, sign * state.c[name]), else_=0)).label(name) for name in _COUNTS]
    return select(
        func.substr(state.c.region, 1, 6).label("county"),
        revision.c.sold_on,
        revision.c.booked_on,
        func.sum(case((state.c.in_force, sign), else_=0)).label("policies"),
        *counts,
        *(func.sum(sign * state.c[name]).label(name) for name in _PREMIUM),
    ).group_by("county", revision.c.sold_on, revision.c.booked_on)


def _of_what_was_told() -> Select[Any]:
    told: ColumnElement[int] = literal_column("1")
    nothing = (_ZERO.label(name) for name in _SUMS)
    return select(*(told_totals.c[name] for name in _KEY), *nothing, told.label("told"))


def _programme_year(day: ColumnElement[Any], start_month: int) -> ColumnElement[int]:
    """As `programme_year_of` counts: named by its end year."""
    year = cast(extract("year", day), Integer)
    return year if start_month == 1 else year + case((extract("month", day) >= start_month, 1), else_=0)
