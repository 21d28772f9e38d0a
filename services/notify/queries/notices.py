"""Notices and what became of them, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, select

from services.notify.tables import attempts, deliveries, notices, pledges
from shared.messaging.transaction import Transaction, if_new

Item = dict[str, Any]
_LISTED = [column for column in notices.c if column.name not in {"text", "data"}]
_state: ColumnElement[str] = case(
    (deliveries.c.delivered_at.is_not(None), "delivered"),
    (deliveries.c.switched_off, "switched_off"),
    (deliveries.c.given_up_because.is_not(None), "given_up"),
    else_="open",
).label("state")


@dataclass(frozen=True)
class Wanted:
    """Which part of a list: a region with everything below it, further filters, and the page."""

    region: str
    rule: str | None = None
    notice_id: str | None = None
    state: str | None = None
    before: int | None = None
    most: int = 100


async def notices_in(tx: Transaction, wanted: Wanted) -> list[Item]:
    """Notices without their text; `cursor` leads on from each."""
    question = _within(select(*_LISTED), wanted.region)
    if wanted.rule is not None:
        question = question.where(notices.c.rule == wanted.rule)
    if wanted.before is not None:
        question = question.where(notices.c.position < wanted.before)
    rows = await tx.rows(question.order_by(notices.c.position.desc()).limit(wanted.most))
    return [_item(row._mapping, "position") for row in rows]


async def deliveries_in(tx: Transaction, wanted: Wanted) -> list[Item]:
    """Deliveries with the region of their notice."""
    columns = (*deliveries.c, notices.c.region, notices.c.rule, _state)
    question = _within(select(*columns).join(notices, deliveries.c.notice_id == notices.c.id), wanted.region)
    if wanted.notice_id is not None:
        question = question.where(deliveries.c.notice_id == wanted.notice_id)
    if wanted.state is not None:
        question = question.where(_state == wanted.state)
    if wanted.before is not None:
        question = question.where(deliveries.c.id < wanted.before)
    rows = await tx.rows(question.order_by(deliveries.c.id.desc()).limit(wanted.most))
    return [{**row._mapping, "cursor": str(row.id)} for row in rows]


def _within(question: Select[Any], region: str) -> Select[Any]:
    return question.where(notices.c.region.startswith(region, autoescape=True)) if region else question


def _item(row: Any, key: str) -> Item:
    return {**{name: value for name, value in row.items() if name != key}, "cursor": str(row[key])}


async def notice_by_id(tx: Transaction, notice_id: str) -> Item | None:
    """The whole notice, None if there is none."""
    columns = [column for column in notices.c if column.name != "position"]
    rows = await tx.rows(select(*columns).where(notices.c.id == notice_id))
    return dict(rows[0]._mapping) if rows else None


async def deliveries_of(tx: Transaction, notice_id: str) -> list[Item]:
    """Every delivery of a notice with all its attempts."""
    rows = await tx.rows(
        select(*deliveries.c, _state).where(deliveries.c.notice_id == notice_id).order_by(deliveries.c.id)
    )
    made = await tx.rows(
        select(attempts)
        .where(tx.any_of(attempts.c.delivery_id, [row.id for row in rows]))
        .order_by(attempts.c.delivery_id, attempts.c.number)
    )
    return [{**row._mapping, "attempts": [_attempt(a) for a in made if a.delivery_id == row.id]} for row in rows]


def _attempt(row: Any) -> Item:
    return {"number": row.number, "at": row.at, "outcome": row.outcome, "detail": row.detail}


async def pledges_to(tx: Transaction, notice_id: str) -> Sequence[Item]:
    """What was promised, in the order it was promised."""
    rows = await tx.rows(select(pledges).where(pledges.c.notice_id == notice_id).order_by(pledges.c.made_at))
    return [dict(row._mapping) for row in rows]


@dataclass(frozen=True)
class Pledge:
    """What somebody promises in answer to a notice."""

    id: str
    notice_id: str
    region: str
    due_on: date
    text: str
    made_by: str


async def keep_pledge(tx: Transaction, pledge: Pledge) -> bool:
    """False when the same pledge was there already."""
    row = {**{name: getattr(pledge, name) for name in pledge.__dataclass_fields__}, "made_at": tx.now}
    return bool(await tx.insert(pledges, [row], if_new, returning=(pledges.c.id,)))
