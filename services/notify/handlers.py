"""News about regions becomes notices and due deliveries, once, whatever the order it comes in."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog

from services.notify.queries.surroundings import surroundings_of
from services.notify.rules.audience import Surroundings, has_listeners, places_for, reason_to_mute
from services.notify.rules.news import News, notice_id, order_of
from services.notify.rules.notices import notice_of
from services.notify.tables import deliveries, notices
from shared.contracts.envelope import Event
from shared.contracts.values import level_of
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction, if_new

log = structlog.get_logger(__name__)
_MOST_NAMED = 20
NOBODY_TO_TELL: Counter[str] = Counter()
"""News that nobody in this process's reach wants to hear, by level; the delivery loop counts it into the metrics."""


async def write_notices(events: Sequence[Event[News]], tx: Transaction) -> Sequence[Happening]:
    """One notice for each piece of news, with a delivery for every contact and route."""
    news = sorted((event.data for event in events), key=order_of)
    around = await surroundings_of(tx, news)
    rows = [_row(one, around, tx) for one in _heard(news, around, tx)]
    first = {row["id"]: row for row in reversed(rows)}
    in_order = [first[key] for key in dict.fromkeys(row["id"] for row in rows)]
    written = await tx.insert(
        notices, in_order, lambda i: i.on_conflict_do_nothing(index_elements=["id"]), returning=(notices.c.id,)
    )
    await _make_due({row.id for row in written}, in_order, around, tx)
    return ()


def _heard(news: Sequence[News], around: Surroundings, tx: Transaction) -> list[News]:
    """What somebody answers for or listens to; the rest is said in the log, once a batch."""
    heard = [one for one in news if has_listeners(one.region, around, tx.today)]
    unheard = [one for one in news if not has_listeners(one.region, around, tx.today)]
    if unheard:
        NOBODY_TO_TELL.update(level_of(one.region) for one in unheard)
        some = [notice_id(one) for one in unheard[:_MOST_NAMED]]
        log.info("nobody_to_tell", notices=len(unheard), some=some)
    return heard


def _row(news: News, around: Surroundings, tx: Transaction) -> dict[str, Any]:
    muted = reason_to_mute(news, around, tx.today)
    return {**notice_of(news, around.names), "muted_because": muted, "created_at": tx.now}


async def _make_due(written: set[str], rows: Sequence[dict[str, Any]], around: Surroundings, tx: Transaction) -> None:
    new = [row for row in rows if row["id"] in written]
    for row in new:
        if row["muted_because"]:
            log.info("notice_muted", notice_id=row["id"], reason=row["muted_because"])
    spoken = [row for row in new if not row["muted_because"]]
    due = [_delivery(row, place, tx) for row in spoken for place in places_for(row["region"], around, tx.today)]
    await tx.insert(deliveries, due, if_new)


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
