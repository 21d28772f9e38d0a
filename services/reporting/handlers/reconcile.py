"""Look whether the books agree with the control totals, county by county and day by day.

A row may differ because facts or totals are on their way. It STANDS when every look since a first one has seen exactly
the same two values, and the source has told its totals anew since that first look, and all of that telling was heard.
Then what is told is what the source's tables held after the first look, so they hold all that was booked by then; and
what is booked has not changed since, so nothing is on its way. A booking that was lost or doubled differs for good, so
it stands at the first look after the next telling.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, delete, false, func, literal, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.reporting.queries import reconciliation as found
from services.reporting.queries.patience import take_time
from services.reporting.rules.measures import CONTROLLED
from services.reporting.tables import differences, reconciliations
from shared.messaging.happenings import Happening, new_id
from shared.messaging.tables import Moment
from shared.messaging.transaction import Transaction

EVERY = timedelta(minutes=15)
CLOCKS = timedelta(seconds=5)
"""The clocks of two hosts agree at least so well: a telling that began so much later began after the look."""
_SHOWN = 500
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('reporting.reconcile'))")
_KEY = ("source", "region", "year", "booked_on", "measure")


async def reconcile_when_due(tx: Transaction) -> Sequence[Happening]:
    """Look every quarter of an hour, and again as soon as it can be told whether an unsettled difference stands."""
    if await _is_due(tx):
        await reconcile(tx)
    return ()


async def _is_due(tx: Transaction) -> bool:
    last = next(iter(await found.latest_looks(tx, "", 1)), None)
    if last is None or tx.now - last.looked_at >= EVERY:
        return True
    told_anew = any(told_at > last.looked_at + CLOCKS for told_at in (await found.heard_until(tx)).values())
    return last.unsettled > 0 and told_anew


async def reconcile(tx: Transaction) -> str:
    """Look once; the id under which the result is kept."""
    if tx.is_postgres:
        await tx.rows(_ALONE)
    await take_time(tx)
    look = new_id()
    heard = await found.heard_until(tx)
    for source in CONTROLLED:
        await _note_unequal(tx, source, look)
        await _note_standing(tx, source, heard.get(source))
    await tx.connection.execute(delete(differences).where(differences.c.reconciliation != look))
    await _keep(tx, look)
    return look


async def _note_unequal(tx: Transaction, source: str, look: str) -> None:
    """One statement: every measure that differs becomes a row, or stays one."""
    days = found.unequal(source)
    now = func.clock_timestamp() if tx.is_postgres else literal(tx.now, Moment)

    def of(measure: str) -> Select[Any]:
        booked, told = days.c[f"booked_{measure}"], days.c[f"told_{measure}"]
        place = (literal(source), days.c.region, days.c.year, days.c.booked_on, literal(measure))
        return select(*place, booked, told, now, false(), literal(look)).where(booked != told)

    insert = (postgres_insert if tx.is_postgres else sqlite_insert)(differences)
    names = [column.name for column in differences.columns]
    rows = insert.from_select(names, union_all(*map(of, CONTROLLED[source])))
    await tx.connection.execute(_or_seen_again(rows))


def _or_seen_again(insert: Any) -> Any:
    known, seen = differences.c, insert.excluded
    same = (known.booked == seen.booked) & (known.told == seen.told)
    since = case((same, known.since), else_=seen.since)
    set_ = {"booked": seen.booked, "told": seen.told, "since": since, "reconciliation": seen.reconciliation}
    return insert.on_conflict_do_update(index_elements=_KEY, set_=set_)


async def _note_standing(tx: Transaction, source: str, heard_until: datetime | None) -> None:
    stands = differences.c.since < heard_until - CLOCKS if heard_until else false()
    await tx.connection.execute(update(differences).where(differences.c.source == source).values(stands=stands))


async def _keep(tx: Transaction, look: str) -> None:
    counted = await tx.rows(select(differences.c.stands, func.count()).group_by(differences.c.stands))
    number = {bool(stands): int(count) for stands, count in counted}
    result = {
        "id": look,
        "looked_at": tx.now,
        "compared": await found.county_days(tx),
        "differences": number.get(True, 0),
        "unsettled": number.get(False, 0),
        "items": [difference.shown() for difference in await found.first_differences(tx, _SHOWN)],
    }
    await tx.insert(reconciliations, [result])
