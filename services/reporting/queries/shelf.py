"""What a process keeps of the books and of answers: never used before the database has said that it still holds."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from services.reporting.queries.freshness import Pulse, pulse_now, touched_since
from services.reporting.queries.kept_books import Kept
from services.reporting.queries.ledgers import Ledger
from services.reporting.rules.recent import Recent
from services.reporting.rules.touches import EVERYTHING, FirstDays, Touches
from shared.messaging.transaction import Transaction

Key = TypeVar("Key", bound=Hashable)
Given = TypeVar("Given")
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
    """In regions, of which one takes about as much room as so many bytes of text."""
    answer = kept[1]
    if isinstance(answer, bytes):
        return 1 + len(answer) // 400
    return 1 + (len(answer) if isinstance(answer, Sized) else 0)


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
        first = EVERYTHING
        if touches is None:
            self._ledgers.drop(lambda _: True)
        else:
            for ledger in self._ledgers:
                ledger.touch(touches)
            if now.reports_from() == self._pulse.reports_from():
                first = touches.first_days()
        self._answers.drop(lambda kept: kept[0].is_touched(first))
        self._turned.append(first)
        self._turns, self._pulse = self._turns + 1, now
