"""News about regions becomes notices and due deliveries, once, whatever the order it comes in."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog

from services.notify.queries.surroundings import surroundings_of
from services.notify.rules.audience import Surroundings, has_listeners, places_for, reason_to_mute
from services.notify.rules.notices import notice_id, notice_of, order_of
from services.notify.tables import deliveries, notices
from shared.contracts.envelope import Event
from shared.contracts.judgements import RegionMilestone, RegionStatus
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction

log = structlog.get_logger(__name__)
_MOST_NAMED = 20
NOBODY_TO_TELL: Counter[str] = Counter()
"""News that nobody in this process's reach wants to hear, by level; the delivery loop counts it into the metrics."""


async def write_notices(news: Sequence[Event[RegionStatus]], tx: Transaction) -> Sequence[Happening]:
    """One notice a rule, region, year, episode and stage, with a delivery for every contact and route."""
    statuses = sorted((event.data for event in news), key=order_of)
    around = await surroundings_of(tx, statuses)
    rows = [_row(status, around, tx) for status in _heard(statuses, around, tx)]
    first = {row["id"]: row for row in reversed(rows)}
    in_order = [first[key] for key in dict.fromkeys(row["id"] for row in rows)]
    written = await tx.insert(
        notices, in_order, lambda i: i.on_conflict_do_nothing(index_elements=["id"]), returning=(notices.c.id,)
    )
    await _make_due({row.id for row in written}, in_order, around, tx)
    return ()


async def pass_over(milestones: Sequence[Event[RegionMilestone]], tx: Transaction) -> Sequence[Happening]:
    """Milestones come through the same queue; they are shown on the dashboard and press nobody."""
    return ()


def _heard(statuses: Sequence[RegionStatus], around: Surroundings, tx: Transaction) -> list[RegionStatus]:
    """Those that somebody answers for or listens to; the rest is said in the log, once a batch."""
    heard = [status for status in statuses if has_listeners(status.region, around, tx.today)]
    unheard = [status for status in statuses if not has_listeners(status.region, around, tx.today)]
    if unheard:
        NOBODY_TO_TELL.update(status.level for status in unheard)
        some = [notice_id(status) for status in unheard[:_MOST_NAMED]]
        log.info("nobody_to_tell", notices=len(unheard), some=some)
    return heard


def _row(status: RegionStatus, around: Surroundings, tx: Transaction) -> dict[str, Any]:
    muted = reason_to_mute(status, around, tx.today)
    return {**notice_of(status, around.names), "muted_because": muted, "created_at": tx.now}


async def _make_due(written: set[str], rows: Sequence[dict[str, Any]], around: Surroundings, tx: Transaction) -> None:
    new = [row for row in rows if row["id"] in written]
    for row in new:
        if row["muted_because"]:
            log.info("notice_muted", notice_id=row["id"], reason=row["muted_because"])
    spoken = [row for row in new if not row["muted_because"]]
    due = [_delivery(row, place, tx) for row in spoken for place in places_for(row["region"], around, tx.today)]
    await tx.insert(deliveries, due, lambda i: i.on_conflict_do_nothing())


def _delivery(notice: dict[str, Any], place: tuple[str, str], tx: Transaction) -> dict[str, Any]:
    channel, address = place
    return {
        "notice_id": notice["id"],
        "channel": channel,
        "address": address,
        "due_at": tx.now,
        "attempts": 0,
        "switched_off": False,
    }
