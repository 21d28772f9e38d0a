"""Rebuild the books beside those that are read: begin, learn of the replays, compare, switch, or give up."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, delete, text, update

from services.reporting.handlers.note_touches import begin_edition
from services.reporting.queries.compared_books import differing_rows
from services.reporting.queries.rebuilds import (
    hold_books_alone,
    rebuild_for_update,
    running_rebuild,
    why_not_complete,
)
from services.reporting.tables import LIVE, NEXT, judged, next_heard, rebuild_inbox, rebuilds, replayed_heard, touches
from shared.messaging.happenings import new_id
from shared.messaging.transaction import AnyRow, Transaction

_GIVE_WAY = text("SET LOCAL lock_timeout = '400ms'")
"""Shorter than it takes PostgreSQL to look for deadlocks: readers win, and the switch is tried again."""


class NoSuchRebuild(Exception):
    """No rebuild of this id is running."""


class NotYet(Exception):
    """What has to happen before this may be done."""


async def begin_rebuild(tx: Transaction) -> str:
    """Empty the next books; from now on live facts go into them too. Raises NotYet while another rebuild runs."""
    await hold_books_alone(tx)
    if (other := await running_rebuild(tx)) is not None:
        raise NotYet(f"Rebuild {other} is running: go on with it, or give it up with DELETE")
    begun = {"id": new_id(), "state": "running", "began_at": tx.now, "replays": {}}
    await tx.insert(rebuilds, [begun])
    await _empty(tx)
    return str(begun["id"])


async def note_replay(tx: Transaction, rebuild_id: str, source: str, replay: dict[str, Any]) -> None:
    """Which replay of a source fills the next books, and how many facts it counted once it was done."""
    row = await _running(tx, rebuild_id)
    await _change(tx, row, replays={**row.replays, source: replay})


async def compare(tx: Transaction, rebuild_id: str) -> None:
    """Hold the next books against LIVE, row by row. Raises NotYet while facts are on their way."""
    row = await _running(tx, rebuild_id)
    if (lacking := await why_not_complete(tx, row)) is not None:
        raise NotYet(lacking)
    number, first = await differing_rows(tx)
    await _change(tx, row, compared_at=tx.now, differing_rows=number, differing=first)


async def switch(tx: Transaction, rebuild_id: str, accept_differences: bool) -> None:
    """Put the next books in the place of LIVE. Raises NotYet unless they are complete, compared and accepted.

    That they are complete and how they compare is known from before and stays so: whoever books meanwhile books into
    both. Nobody books while they change places.
    """
    row = await _running(tx, rebuild_id)
    if row.compared_at is None:
        raise NotYet("The books have not been compared yet: POST /comparison first")
    if row.differing_rows and not accept_differences:
        raise NotYet(f"{row.differing_rows} rows differ: look at them, then switch with accept_differences")
    await hold_books_alone(tx)
    await _exchange(tx)
    await _empty(tx)
    await tx.connection.execute(update(judged).values(basis=""))
    await tx.connection.execute(delete(touches))
    await begin_edition(tx)
    await _change(tx, row, state="switched", ended_at=tx.now)


async def give_up(tx: Transaction, rebuild_id: str) -> None:
    """End a rebuild without a switch; what it had is thrown away."""
    row = await _running(tx, rebuild_id)
    await hold_books_alone(tx)
    await _empty(tx)
    await _change(tx, row, state="given up", ended_at=tx.now)


async def _running(tx: Transaction, rebuild_id: str) -> AnyRow:
    row = await rebuild_for_update(tx, rebuild_id)
    if row is None or row.state != "running":
        raise NoSuchRebuild(rebuild_id)
    return row


async def _change(tx: Transaction, row: AnyRow, **values: Any) -> None:
    await tx.connection.execute(update(rebuilds).where(rebuilds.c.id == row.id).values(**values))


async def _empty(tx: Transaction) -> None:
    tables = (*NEXT.all, rebuild_inbox, next_heard, replayed_heard)
    if tx.is_postgres:
        await tx.connection.execute(text(f"TRUNCATE {_names(tables)}"))
        return
    for table in tables:
        await tx.connection.execute(delete(table))


async def _exchange(tx: Transaction) -> None:
    """Every table takes the name of its counterpart; statements prepared before find the other table by its name."""
    if tx.is_postgres:
        await tx.connection.execute(_GIVE_WAY)
        await tx.connection.execute(text(f"LOCK TABLE {_names((*LIVE.all, *NEXT.all))} IN ACCESS EXCLUSIVE MODE"))
    for live, following in zip(LIVE.all, NEXT.all, strict=True):
        for old, new in ((live.name, "leaving"), (following.name, live.name), ("leaving", following.name)):
            await tx.connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
            if tx.is_postgres:
                await tx.connection.execute(text(f"ALTER INDEX {old}_pkey RENAME TO {new}_pkey"))


def _names(tables: Sequence[Table]) -> str:
    return ", ".join(table.name for table in tables)
