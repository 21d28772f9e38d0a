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
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.enrollment.tables import policy_revisions, told_totals
from shared.messaging.transaction import AnyRow, Transaction

_KEY = ("region", "programme_year", "booked_on")
_COUNTS = ("units", "persons")
_PREMIUM = ("self_paid_fen", "fiscal_fen", "donated_fen")
_SUMS = ("policies", *_COUNTS, *_PREMIUM)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('enrollment.told_totals'))")


async def totals_to_tell(tx: Transaction, start_month: int) -> Sequence[AnyRow]:
    """Each county-day that holds something else than was told last; from now on it is told."""
    if tx.is_postgres:
        await tx.rows(_ALONE)
    news = _held(start_month).except_(select(*told_totals.c)).subquery()
    insert = postgres_insert if tx.is_postgres else sqlite_insert
    told = insert(told_totals).from_select([*_KEY, *_SUMS], select(*news.c).where(true()))
    told = told.on_conflict_do_update(index_elements=_KEY, set_={name: told.excluded[name] for name in _SUMS})
    return await tx.rows(told.returning(*told_totals.c))


async def told_before(tx: Transaction) -> Sequence[AnyRow]:
    """One county-day as it was told last; none if nothing ever was."""
    return await tx.rows(select(told_totals).order_by(told_totals.c.booked_on.desc(), told_totals.c.region).limit(1))


def _held(start_month: int) -> Select[Any]:
    """The sums of all entries; a county-day that came to nothing only if it was told before."""
    entries = union_all(_of_revisions(start_month), _of_predecessors(start_month), _of_what_was_told()).subquery()
    key = [entries.c[name] for name in _KEY]
    sums = {name: cast(func.sum(entries.c[name]), BigInteger) for name in _SUMS}
    something = or_(func.sum(entries.c.told) > 0, *(total != 0 for total in sums.values()))
    return select(*key, *(total.label(name) for name, total in sums.items())).group_by(*key).having(something)


def _of_revisions(start_month: int) -> Select[Any]:
    return _entries(policy_revisions, policy_revisions, start_month)


def _of_predecessors(start_month: int) -> Select[Any]:
    """What a revision replaces goes from where it stood, on the day of the new one."""
    new, old = policy_revisions, policy_revisions.alias("old")
    same = (old.c.policy_no == new.c.policy_no) & (old.c.insurer == new.c.insurer)
    replaced = new.join(old, same & (old.c.revision == new.c.revision - 1))
    return _entries(new, old, start_month, sign=-1).select_from(replaced)


def _entries(revision: Any, state: Any, start_month: int, sign: int = 1) -> Select[Any]:
    """A cancelled policy counts no more, but keeps the premium that was not refunded."""
    counts = [case((state.c.in_force, sign * state.c[name]), else_=0).label(name) for name in _COUNTS]
    return select(
        func.substr(state.c.region, 1, 6).label("region"),
        _programme_year(revision.c.sold_on, start_month).label("programme_year"),
        revision.c.booked_on,
        case((state.c.in_force, sign), else_=0).label("policies"),
        *counts,
        *((sign * state.c[name]).label(name) for name in _PREMIUM),
        literal_column("0").label("told"),
    )


def _of_what_was_told() -> Select[Any]:
    nothing: list[ColumnElement[Any]] = [literal_column("0").label(name) for name in _SUMS]
    return select(*(told_totals.c[name] for name in _KEY), *nothing, literal_column("1").label("told"))


def _programme_year(day: ColumnElement[Any], start_month: int) -> ColumnElement[int]:
    """As `programme_year_of` counts: named by its end year."""
    year = cast(extract("year", day), Integer)
    return year if start_month == 1 else year + case((extract("month", day) >= start_month, 1), else_=0)
