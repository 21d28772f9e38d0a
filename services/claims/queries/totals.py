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

from services.claims.queries.first_payments import first_payments
from services.claims.tables import claim_steps, claims, told_totals
from shared.messaging.transaction import AnyRow, Transaction

_KEY = ("region", "programme_year", "booked_on")
_SUMS = ("claims_reported", "claims_settled", "claims_paid", "claims_rejected", "settled_fen", "paid_fen")
_ZERO: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('claims.told_totals'))")
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
    """The sums of all steps; a county-day that came to nothing only if it was told before."""
    steps = union_all(_reports(), _later_steps(), _first_payments()).subquery()
    county, year = func.substr(steps.c.region, 1, 6), _programme_year(steps.c.on, start_month)
    booked = select(county.label("region"), year.label("programme_year"), steps.c.on.label("booked_on"))
    entries = union_all(booked.add_columns(*(steps.c[name] for name in _SUMS), _ZERO.label("told")), _told()).subquery()
    key = [entries.c[name] for name in _KEY]
    sums = {name: cast(func.sum(entries.c[name]), BigInteger) for name in _SUMS}
    something = or_(func.sum(entries.c.told) > 0, *(total != 0 for total in sums.values()))
    return select(*key, *(total.label(name) for name, total in sums.items())).group_by(*key).having(something)


def _reports() -> Select[Any]:
    return _booked(claims.c.reported_on, claims_reported=_ONE)


def _later_steps() -> Select[Any]:
    """Every settlement and rejection counts; what was recovered lowers what was paid."""
    step, amount = claim_steps.c.step, claim_steps.c.amount_fen
    booked = _booked(
        claim_steps.c.on,
        claims_settled=case((step == "settled", 1), else_=0),
        claims_rejected=case((step == "rejected", 1), else_=0),
        settled_fen=case((step == "settled", amount), else_=0),
        paid_fen=case((step == "paid", amount), (step == "recovered", -amount), else_=0),
    )
    return booked.select_from(claims.join(claim_steps, _of_claim(claim_steps)))


def _first_payments() -> Select[Any]:
    paid = first_payments().subquery()
    return _booked(paid.c.on, claims_paid=_ONE).select_from(claims.join(paid, _of_claim(paid)))


def _told() -> Select[Any]:
    nothing = (_ZERO.label(name) for name in _SUMS)
    return select(*(told_totals.c[name] for name in _KEY), *nothing, _ONE.label("told"))


def _booked(on: ColumnElement[Any], **sums: ColumnElement[Any]) -> Select[Any]:
    """On the claim's region as it is now, on this day."""
    return select(claims.c.region, on.label("on"), *(sums.get(name, _ZERO).label(name) for name in _SUMS))


def _of_claim(steps: Any) -> ColumnElement[bool]:
    same: ColumnElement[bool] = (steps.c.claim_no == claims.c.claim_no) & (steps.c.insurer == claims.c.insurer)
    return same


def _programme_year(day: ColumnElement[Any], start_month: int) -> ColumnElement[int]:
    """As `programme_year_of` counts: named by its end year."""
    year = cast(extract("year", day), Integer)
    return year if start_month == 1 else year + case((extract("month", day) >= start_month, 1), else_=0)
