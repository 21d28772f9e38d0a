"""Claims as people see them: lists, timelines, clocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_

from services.claims.rules.judgement import CLOCK, FAST_TRACK_CLOCK, due_on, is_overdue
from services.claims.rules.sequence import Step, in_order, outstanding_fen
from services.claims.tables import claim_steps, claims
from shared.contracts.values import last_inside, yuan_from_fen
from shared.messaging.transaction import Transaction

_LISTED = [column for column in claims.c if column.name not in {"description", "digest"}]


@dataclass(frozen=True)
class Wanted:
    """Which claims: of a region and below, of one insurer, with a status, past their clock or not."""

    region: str
    insurer: str | None = None
    status: str | None = None
    overdue: bool | None = None


async def claims_in_region(tx: Transaction, wanted: Wanted, after: str, most: int) -> list[dict[str, Any]]:
    """Claims booked in a region or below it, by number; `after` is the `id` of the last one seen."""
    question = _wanted(select(*_LISTED), wanted, tx.today)
    insurer, _, claim_no = after.partition("/")
    if after:
        question = question.where(tuple_(claims.c.claim_no, claims.c.insurer) > tuple_(claim_no, insurer))
    rows = await tx.rows(question.order_by(claims.c.claim_no, claims.c.insurer).limit(most))
    return [shown(dict(row._mapping), tx.today) for row in rows]


def _wanted(question: Select[Any], wanted: Wanted, today: date) -> Select[Any]:
    columns = claims.c
    if wanted.region:
        question = question.where(columns.region.between(wanted.region, last_inside(wanted.region)))
    if wanted.insurer is not None:
        question = question.where(columns.insurer == wanted.insurer)
    if wanted.status is not None:
        question = question.where(columns.status == wanted.status)
    if wanted.overdue is not None:
        question = question.where(_overdue(today) if wanted.overdue else ~_overdue(today))
    return question


def _overdue(today: date) -> ColumnElement[bool]:
    since = claims.c.open_since
    late = or_(since < today - CLOCK, and_(claims.c.fast_track, since < today - FAST_TRACK_CLOCK))
    return and_(since.is_not(None), late)


async def claim_with_timeline(tx: Transaction, insurer: str, claim_no: str) -> dict[str, Any] | None:
    """One claim with all its steps in the order they count, words included; None if there is none."""
    mine = (claims.c.claim_no == claim_no, claims.c.insurer == insurer)
    found = [dict(row._mapping) for row in await tx.rows(select(claims).where(*mine))]
    if not found:
        return None
    rows = await tx.rows(
        select(claim_steps).where(claim_steps.c.claim_no == claim_no, claim_steps.c.insurer == insurer)
    )
    return {**shown(found[0], tx.today), "description": found[0]["description"], **_timeline(found[0], rows)}


def shown(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """A claim as a list shows it; money as in the contract."""
    plain = {k: v for k, v in row.items() if k not in {"description", "digest", "reserve_fen", "open_since"}}
    return {
        "id": f"{row['insurer']}/{row['claim_no']}",
        **plain,
        "reserve": yuan_from_fen(row["reserve_fen"]),
        "clock": _clock(row["open_since"], row["fast_track"], today),
    }


def _clock(since: date | None, fast_track: bool, today: date) -> dict[str, Any]:
    due = due_on(since, fast_track) if since is not None else None
    return {"open_since": since, "due_on": due, "overdue": is_overdue(since, fast_track, today)}


def _timeline(claim: Mapping[str, Any], rows: Iterable[Any]) -> dict[str, Any]:
    remarks = {Step(r.step, r.on, r.amount_fen, r.payment_no, r.satisfied): r.remark for r in rows}
    steps = in_order([Step("reported", claim["reported_on"], claim["reserve_fen"]), *remarks])
    return {
        "outstanding": yuan_from_fen(outstanding_fen(steps)),
        "paid": yuan_from_fen(_sum_of(steps, "paid") - _sum_of(steps, "recovered")),
        "steps": [_step(step, remarks.get(step)) for step in steps],
    }


def _sum_of(steps: Iterable[Step], kind: str) -> int:
    return sum(step.amount_fen for step in steps if step.kind == kind)


def _step(step: Step, remark: str | None) -> dict[str, Any]:
    moneyless = step.kind in {"rejected", "answered"}
    return {
        "step": step.kind,
        "on": step.on,
        "amount": None if moneyless else yuan_from_fen(step.amount_fen),
        "payment_no": step.payment_no or None,
        "satisfied": step.satisfied,
        "remark": remark,
    }
