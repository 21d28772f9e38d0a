"""Remember which facts the next set of books holds: each once, whichever way it comes first."""

from collections.abc import Sequence
from typing import Any

from services.reporting.queries.rebuilds import running_rebuild, share_books
from services.reporting.tables import next_heard, rebuild_inbox, replayed_heard
from shared.contracts.envelope import Event
from shared.messaging.happenings import Happening
from shared.messaging.heard import first_heard
from shared.messaging.message_ids import spot_of
from shared.messaging.transaction import Transaction

_INBOX = rebuild_inbox.c


async def new_to_rebuild(facts: Sequence[Event[Any]], tx: Transaction, replayed: bool = False) -> list[Event[Any]]:
    """Those that have not come before, neither live nor replayed. Whoever else brings the same fact waits here."""
    told = [(fact, spot) for fact in facts if (spot := spot_of(fact.source, fact.id)) is not None]
    spots = [spot for _, spot in told]
    if replayed:
        await first_heard(tx, replayed_heard, spots)
    firsts = await first_heard(tx, next_heard, spots)
    new = [fact for (fact, _), first in zip(told, firsts, strict=True) if first]
    return new + await _new_alone([f for f in facts if spot_of(f.source, f.id) is None], tx, replayed)


async def _new_alone(facts: Sequence[Event[Any]], tx: Transaction, replayed: bool) -> list[Event[Any]]:
    """The same of facts whose ids name no message."""
    given = {(fact.source, fact.id): fact for fact in facts}
    rows = [{"source": s, "event_id": i, "live": not replayed, "replayed": replayed} for s, i in sorted(given)]
    written = await tx.insert(
        rebuild_inbox, rows, _noted if replayed else _once, (_INBOX.source, _INBOX.event_id, _INBOX.live)
    )
    new = {(source, event_id) for source, event_id, live in written if live is not replayed}
    return [fact for key, fact in given.items() if key in new]


def _once(insert: Any) -> Any:
    return insert.on_conflict_do_nothing(index_elements=["source", "event_id"])


def _noted(insert: Any) -> Any:
    """One that came live is marked as replayed too: the row that comes back says `live`, so it is not booked again."""
    return insert.on_conflict_do_update(
        index_elements=["source", "event_id"], set_={"replayed": True}, where=~_INBOX.replayed
    )


async def remember_live(facts: Sequence[Event[Any]], tx: Transaction) -> Sequence[Happening]:
    """Facts that have no books count as rebuilt as soon as they have come."""
    await share_books(tx)
    if await running_rebuild(tx):
        await new_to_rebuild(facts, tx)
    return ()


async def remember_replayed(facts: Sequence[Event[Any]], tx: Transaction) -> Sequence[Happening]:
    """The same for those of a replay."""
    await share_books(tx)
    if await running_rebuild(tx):
        await new_to_rebuild(facts, tx, replayed=True)
    return ()
