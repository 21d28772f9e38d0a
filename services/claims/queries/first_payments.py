"""The days on which a claim counts as paid: its first payment since the report or a reopening, as the steps count.

What `rules.sequence.in_order` does claim by claim is said here for all claims at once. Of a day only three numbers
matter: its decisions, its reopenings and its payments. A day's payments come behind its last decision and before the
reopenings that no decision follows. Each decision follows a reopening if there is one, but the first decision on an
open claim needs none. A day with more reopenings than decisions leaves the claim open, one with fewer closed, one with
as many as it was.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from services.claims.tables import claim_steps

_CLAIM = ("claim_no", "insurer")


def first_payments() -> Select[Any]:
    """(claim_no, insurer, on) of each payment that counts."""
    days = _days_between_reopenings().subquery()
    key = [days.c[name] for name in _CLAIM]
    paying = select(*key, func.min(days.c.on).label("on")).where(days.c.payments > 0)
    return paying.group_by(*key, days.c.reopenings_before)


def _days_between_reopenings() -> Select[Any]:
    """Each day with the number of reopenings that come before its payments."""
    days = _days_so_far().subquery()
    was_closed = func.coalesce(days.c.left_so_far, 0) % 2 == 1
    free = case((was_closed, days.c.decisions), (days.c.decisions > 0, days.c.decisions - 1), else_=0)
    taken = case((days.c.reopenings < free, days.c.reopenings), else_=free)
    before = (func.coalesce(days.c.reopenings_so_far, 0) + taken).label("reopenings_before")
    return select(*(days.c[name] for name in (*_CLAIM, "on", "payments")), before)


def _days_so_far() -> Select[Any]:
    """Each day with the reopenings of earlier days, and how the last of them that says so left the claim."""
    days = _days().subquery()
    more, as_many = days.c.reopenings > days.c.decisions, days.c.reopenings == days.c.decisions
    says_nothing = as_many & (days.c.reopenings > 0)
    left = case((more, 2 * days.c.number), (says_nothing, None), else_=2 * days.c.number + 1)
    left_so_far = _so_far(func.max(left), days).label("left_so_far")
    return select(*days.c, left_so_far, _so_far(func.sum(days.c.reopenings), days).label("reopenings_so_far"))


def _so_far(total: Any, days: Any) -> ColumnElement[Any]:
    found: ColumnElement[Any] = total.over(
        partition_by=[days.c[name] for name in _CLAIM], order_by=days.c.on, rows=(None, -1)
    )
    return found


def _days() -> Select[Any]:
    """Each claim's days on which something was decided, reopened or paid, numbered."""
    steps = claim_steps.c
    key = [steps[name] for name in _CLAIM]
    number = func.row_number().over(partition_by=key, order_by=steps.on)
    days = select(
        *key,
        steps.on,
        number.label("number"),
        _number_of("settled", "rejected").label("decisions"),
        _number_of("reopened").label("reopenings"),
        _number_of("paid").label("payments"),
    )
    return days.where(steps.step.in_(("settled", "rejected", "reopened", "paid"))).group_by(*key, steps.on)


def _number_of(*kinds: str) -> ColumnElement[int]:
    return func.sum(case((claim_steps.c.step.in_(kinds), 1), else_=0))
