"""How far a rebuild of the books is, and who may touch the books meanwhile."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, func, not_, select, text

from services.reporting.tables import next_heard, rebuild_inbox, rebuilds, replayed_heard
from shared.contracts.envelope import source_of_service
from shared.messaging.folding import folded_missing_from
from shared.messaging.heard import missing_from
from shared.messaging.tables import heard, inbox
from shared.messaging.transaction import AnyRow, Transaction

SOURCES = ("enrollment", "claims")
"""The services whose facts are booked."""
_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtext('reporting.books'))")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('reporting.books'))")
_RUNNING = select(rebuilds.c.id).where(rebuilds.c.state == "running")
ADVICE = "the books lack what an older version has booked: run `guanai rebuild reporting`"


async def share_books(tx: Transaction) -> None:
    """Until the transaction ends the books stay in place, and no rebuild begins or ends. SQLite has one writer."""
    if tx.is_postgres:
        await tx.rows(_SHARED)


async def hold_books_alone(tx: Transaction) -> None:
    """Until the transaction ends nobody books; waits for those who are at it."""
    if tx.is_postgres:
        await tx.rows(_ALONE)


async def running_rebuild(tx: Transaction) -> str | None:
    """The id of the rebuild that runs. Its answer holds only for who shares the books or has them alone."""
    rows = await tx.rows(_RUNNING)
    return str(rows[0].id) if rows else None


async def rebuild_by_id(tx: Transaction, rebuild_id: str) -> AnyRow | None:
    """A rebuild, running or ended, None if there is none of this id."""
    rows = await tx.rows(select(rebuilds).where(rebuilds.c.id == rebuild_id))
    return rows[0] if rows else None


async def rebuild_for_update(tx: Transaction, rebuild_id: str) -> AnyRow | None:
    """The same, and nobody else changes it until the transaction ends."""
    rows = await tx.rows(tx.locked(select(rebuilds).where(rebuilds.c.id == rebuild_id)))
    return rows[0] if rows else None


async def latest_rebuilds(tx: Transaction, cursor: str, most: int) -> list[dict[str, Any]]:
    """Rebuilds, the newest first, from before `cursor`."""
    question = select(rebuilds).where(rebuilds.c.id < cursor) if cursor else select(rebuilds)
    return [shown(row) for row in await tx.rows(question.order_by(rebuilds.c.id.desc()).limit(most))]


def shown(row: AnyRow) -> dict[str, Any]:
    """A rebuild as people see it; `identical` is null until the books have been compared."""
    told = dict(row._mapping)
    told["identical"] = None if row.differing_rows is None else row.differing_rows == 0
    return told


async def replayed(tx: Transaction) -> dict[str, int]:
    """By source how many different facts the replays have brought into the next books."""
    together, alone = replayed_heard.c, rebuild_inbox.c
    counts: Counter[str] = Counter()
    for question in (
        select(together.source, func.sum(together.events)).group_by(together.source),
        select(alone.source, func.count()).where(alone.replayed).group_by(alone.source),
    ):
        counts.update({source: int(number) for source, number in await tx.rows(question)})
    return {source: counts[source_of_service(source)] for source in SOURCES}


async def facts_missing(tx: Transaction) -> int:
    """Facts that LIVE has taken in but the next books have not. It can only fall: live facts go into both."""
    same = and_(rebuild_inbox.c.source == inbox.c.source, rebuild_inbox.c.event_id == inbox.c.event_id)
    alone = select(func.count()).select_from(inbox).where(not_(exists().where(same)))
    missing = int((await tx.rows(alone))[0][0])
    return missing + await missing_from(tx, next_heard, heard) + await folded_missing_from(tx, next_heard)


async def why_not_complete(tx: Transaction, row: AnyRow) -> str | None:
    """What still lacks before the next books may take the place of LIVE; None when nothing does."""
    replays, done = row.replays, await replayed(tx)
    for source in SOURCES:
        counted = replays.get(source, {}).get("events")
        if counted is None:
            return f"The replay of {source} is not done"
        if done[source] < counted:
            return f"{done[source]} of the {counted} facts that {source} replayed are booked"
    if missing := await facts_missing(tx):
        return f"{missing} facts that the books hold are in no replay: their sources have lost them"
    return None


async def advice(tx: Transaction) -> str | None:
    """What an operator should do about books that a migration had to empty."""
    told = select(rebuilds.c.state).where(rebuilds.c.state.in_(("needed", "switched")))
    newest: Sequence[AnyRow] = await tx.rows(told.order_by(rebuilds.c.began_at.desc()).limit(1))
    return ADVICE if newest and newest[0].state == "needed" else None
