"""The heart: many events, one transaction, exactly once in effect."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.contracts.envelope import Event
from shared.contracts.receipts import Receipt
from shared.messaging import inbox, outbox, parking
from shared.messaging.door import Arrival
from shared.messaging.happenings import Answer, Arrived, Handler, Happening, Route
from shared.messaging.parking import PLAIN, Seal, Waiting
from shared.messaging.transaction import Begin, Transaction

PATIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Desk:
    """Where a service works: its name, its database, its table of contents, and how it seals what waits.

    A `replaying` desk takes facts that the inbox knows already: its handlers remember by themselves what is new.
    `committed` is set when there may be something to publish, `changed` by every commit.
    """

    service: str
    begin: Begin
    routes: Sequence[Route]
    seal: Seal = PLAIN
    replaying: bool = False
    committed: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Result:
    """What one transaction did: all that happened, and how many events were known before."""

    happened: Sequence[Happening]
    new: int
    known: int

    @property
    def answers(self) -> list[Answer]:
        return _answers(self.happened)


async def apply(desk: Desk, arrivals: Sequence[Arrival], answer_known: bool = True) -> Result:
    """Take every arrival in once. Raises Unavailable when nothing is known to have happened.

    Without `answer_known` (a redelivery) only what no earlier delivery can have answered gets a receipt.
    """
    async with desk.begin() as tx:
        before = set() if answer_known else await inbox.refused_before(tx, arrivals)
        new, known = (list(arrivals), []) if desk.replaying else await inbox.keep_new(tx, arrivals)
        repeats = await inbox.answers_to_known(tx, known)
        if not answer_known:
            repeats = await parking.unkept_conflicts(tx, repeats)
        again = [given for _, given in repeats]
        refused = [_refusal(arrival) for arrival in new if arrival.errors]
        happened = await _handled(desk, [a.event for a in new if a.event is not None], tx)
        await parking.keep(tx, desk.seal, [(arrival.event, given) for arrival, given in repeats])
        await inbox.note(tx, [a for a in _answers([*refused, *happened]) if _is_news(a)])
        released = await _release(desk, happened, tx)
        said = [*again, *refused, *happened, *released]
        news = [thing for thing in said if not _is_refused_again(thing, before)] if before else said
        await outbox.put(tx, desk.service, news)
    desk.changed.set()
    if not all(isinstance(thing, Arrived) for thing in said):
        desk.committed.set()
    return Result(said, len(new), len(known))


async def judge_again(desk: Desk, tx: Transaction, waiting: Sequence[Waiting]) -> None:
    """Give parked events another chance inside `tx`; too old ones are rejected."""
    late = parking.expired(waiting, tx.now, PATIENCE)
    gone = {(a.source, a.receipt.event_id) for a in late}
    in_time = [w.event for w in waiting if (w.event.source, w.event.id) not in gone]
    news = await _freed(desk, tx, waiting, [*late, *await _by_handler(desk.routes, in_time, tx)])
    await outbox.put(tx, desk.service, [*news, *await _release(desk, news, tx)])


async def _handled(desk: Desk, events: Sequence[Event[Any]], tx: Transaction) -> list[Happening]:
    happened = await _by_handler(desk.routes, events, tx)
    await parking.keep(tx, desk.seal, parking.paired(events, _answers(happened)))
    return happened


async def _release(desk: Desk, happened: Sequence[Happening], tx: Transaction) -> list[Happening]:
    """What has arrived lets others in, and those again others."""
    said: list[Happening] = []
    while waiting := await parking.waiting_for(tx, desk.seal, happened):
        happened = await _freed(desk, tx, waiting, await _by_handler(desk.routes, [w.event for w in waiting], tx))
        said += happened
    return said


async def _freed(
    desk: Desk, tx: Transaction, waiting: Sequence[Waiting], happened: Sequence[Happening]
) -> list[Happening]:
    news = await parking.settle(tx, waiting, happened)
    await parking.keep(tx, desk.seal, parking.paired([w.event for w in waiting], _answers(news)))
    await inbox.note(tx, _answers(news))
    return news


def _answers(happened: Sequence[Happening]) -> list[Answer]:
    return [thing for thing in happened if isinstance(thing, Answer)]


async def _by_handler(routes: Sequence[Route], events: Sequence[Event[Any]], tx: Transaction) -> list[Happening]:
    """Each handler once, with all its events in the order they came."""
    types: dict[Handler, set[str]] = {}
    for route in routes:
        types.setdefault(route.handler, set()).add(route.type)
    happened: list[Happening] = []
    for handler, names in types.items():
        if mine := [event for event in events if event.type in names]:
            happened += await handler(mine, tx)
    return happened


def _refusal(arrival: Arrival) -> Answer:
    receipt = Receipt(event_id=arrival.event_id, subject=arrival.subject, status="rejected", errors=arrival.errors)
    return Answer(arrival.source, receipt)


def _is_refused_again(thing: Happening, before: set[inbox.Key]) -> bool:
    if not isinstance(thing, Answer) or thing.receipt.status != "rejected":
        return False
    return (thing.source, thing.receipt.event_id or "") in before


def _is_news(given: Answer) -> bool:
    return given.receipt.status != "accepted" or bool(given.receipt.warnings)
