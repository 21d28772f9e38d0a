"""What a process keeps of the books and of answers: never used before the database has said that it still holds."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import date
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from services.reporting.queries.freshness import Pulse, pulse_now, touched_since
from services.reporting.queries.kept_books import Kept
from services.reporting.queries.ledgers import Ledger
from services.reporting.rules.recent import Recent
from services.reporting.rules.touches import EVERYTHING, FirstDays, Touches
from shared.messaging.transaction import Transaction

Key = TypeVar("Key", bound=Hashable)
Given = TypeVar("Given")
About = ParamSpec("About")
Ask = Callable[[Sequence[Key]], Awaitable[Mapping[Key, Given]]]
MOST_LEDGERS, MOST_TURNS = 12, 1_000
MOST_REGIONS = 12_000
"""In all answers together."""
_READ_AT_ONCE = 4
"""Courses that are read while everybody else waits."""


@dataclass(frozen=True)
class Rests:
    """On which kinds of books an answer rests, up to which day; on the yardsticks it rests in any case."""

    kinds: Collection[str] = ()
    until: date = date.min

    def is_touched(self, first: FirstDays) -> bool:
        return first is EVERYTHING or any(first[kind] <= self.until for kind in self.kinds)


def _weight(kept: tuple[Rests, Any]) -> int:
    return 1 + (len(kept[1]) if isinstance(kept[1], Sized) else 0)


class Shelf:
    """The ledgers and answers of one database, all as of one pulse."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._pulse = Pulse(0, {})
        self._seen: WeakKeyDictionary[Transaction, int] = WeakKeyDictionary()
        self._asked = self._turns = 0
        self._turned: deque[FirstDays] = deque(maxlen=MOST_TURNS)
        self._ledgers: Recent[Kept, Ledger] = Recent(MOST_LEDGERS)
        self._answers: Recent[Hashable, tuple[Rests, Any]] = Recent(MOST_REGIONS, _weight)

    async def pulse(self, tx: Transaction) -> Pulse | None:
        """What everything here is as of; None if that is more than the transaction can see."""
        if self._has_seen(tx):
            return self._pulse
        asked_before = self._asked
        async with self._one:
            if self._asked > asked_before and tx.is_postgres:
                self._seen[tx] = self._turns
            return self._pulse if await self._is_fresh(tx) else None

    async def ledger(self, tx: Transaction, kept: Kept, codes: Collection[str]) -> Ledger | None:
        """A ledger in which the courses of some codes are right; None as above."""
        while True:
            async with self._one:
                if not await self._is_fresh(tx):
                    return None
                ledger = self._ledgers.get(kept) or self._ledgers.put(kept, Ledger(kept))
                if not (unread := ledger.unread(codes)):
                    await ledger.mend(tx, codes)
                    return ledger
                await ledger.read(tx, unread[:_READ_AT_ONCE])

    async def answers(self, tx: Transaction, rests: Mapping[Key, Rests], ask: Ask[Key, Given]) -> dict[Key, Given]:
        """What was answered before where it still holds, and what is answered now of the rest."""
        if await self.pulse(tx) is None:
            return {**await ask(list(rests))}
        known = {key: kept[1] for key in rests if (kept := self._answers.get(key)) is not None}
        if missing := [key for key in rests if key not in known]:
            answered = await ask(missing)
            turns = self._turns - self._seen[tx]
            for key in missing:
                known[key] = answered[key]
                if self._still_holds(rests[key], turns):
                    self._answers.put(key, (rests[key], answered[key]))
        return known

    def _still_holds(self, rests: Rests, turns: int) -> bool:
        """Whether nothing that an answer rests on was touched while it was made."""
        return turns <= len(self._turned) and not any(rests.is_touched(self._turned[-n]) for n in range(1, turns + 1))

    def _has_seen(self, tx: Transaction) -> bool:
        """A transaction of SQLite goes on seeing what it saw first, and nothing newer."""
        return tx in self._seen and (tx.is_postgres or self._seen[tx] == self._turns)

    async def _is_fresh(self, tx: Transaction) -> bool:
        """The database is asked once a transaction."""
        if self._has_seen(tx):
            return True
        self._asked += 1
        now = await pulse_now(tx)
        if now.lacks(self._pulse):
            return False
        if now != self._pulse:
            self._turn(now, await touched_since(tx, self._pulse, now))
        self._seen[tx] = self._turns
        return True

    def _turn(self, now: Pulse, touches: Touches | None) -> None:
        """To what the database holds now. Where nobody reported from before, no answer of any day holds."""
        if touches is None:
            self._ledgers.drop(lambda _: True)
        for ledger in self._ledgers:
            ledger.touch(touches or Touches())
        is_known = touches is not None and now.reports_from() == self._pulse.reports_from()
        first = touches.first_days() if touches is not None and is_known else EVERYTHING
        self._answers.drop(lambda kept: kept[0].is_touched(first))
        self._turned.append(first)
        self._turns, self._pulse = self._turns + 1, now


_SHELVES: WeakKeyDictionary[Any, Shelf] = WeakKeyDictionary()


def shelf_of(tx: Transaction) -> Shelf | None:
    """The shelf of a database in this process; None for who may have changed what nobody else sees yet."""
    connection = tx.connection.sync_connection
    if connection is None or not connection.get_execution_options().get("guanai_reading"):
        return None
    return _SHELVES.setdefault(connection.engine.pool, Shelf())


async def change_nothing(tx: Transaction) -> None:
    """From here on a transaction that may write leaves alone what figures rest on, and may use what is kept."""
    await tx.connection.execution_options(guanai_reading=True)


async def kept(tx: Transaction, rests: Mapping[Key, Rests], ask: Ask[Key, Given]) -> dict[Key, Given]:
    """Answers by their keys, from the shelf or from the database."""
    shelf = shelf_of(tx)
    return {**await ask(list(rests))} if shelf is None else await shelf.answers(tx, rests, ask)


async def kept_one(tx: Transaction, key: Hashable, rests: Rests, ask: Callable[[], Awaitable[Given]]) -> Given:
    """A single one."""

    async def asked(keys: Sequence[Hashable]) -> dict[Hashable, Given]:
        return {key: await ask() for key in keys}

    return (await kept(tx, {key: rests}, asked))[key]


def by_edition(
    question: Callable[Concatenate[Transaction, About], Awaitable[Given]],
) -> Callable[Concatenate[Transaction, About], Awaitable[Given]]:
    """For questions about yardsticks alone: they are asked again when any yardstick has changed."""

    @wraps(question)
    async def asked(tx: Transaction, /, *about: Any) -> Given:
        plain = tuple(map(_plain, about))
        ask: Callable[[], Awaitable[Given]] = partial(question, tx, *plain)  # type: ignore[arg-type]
        return await kept_one(tx, (question.__name__, *plain), Rests(), ask)

    return asked


def _plain(one: Any) -> Any:
    if isinstance(one, str | int | date):
        return one
    return tuple(sorted(one) if isinstance(one, set | frozenset) else one)


async def ledger_of(tx: Transaction, what: Kept, codes: Collection[str]) -> Ledger | None:
    """A ledger with the courses of some codes; None where only the database itself can tell."""
    shelf = shelf_of(tx)
    return None if shelf is None else await shelf.ledger(tx, what, codes)


async def pulse_of(tx: Transaction) -> Pulse:
    """What all feeds have told."""
    shelf = shelf_of(tx)
    return (await shelf.pulse(tx) if shelf else None) or await pulse_now(tx)
