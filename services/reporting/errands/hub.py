"""The hub of the live stream: one look at the database for all that listen, and one text for all of one scope."""

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from weakref import WeakKeyDictionary

from services.reporting.errands.frames import frames_of, missed, standings, within
from services.reporting.errands.listener import MOST_OF_ONE, Listener
from services.reporting.errands.look import Look, Seen, first_look, look_again, missed_by
from services.reporting.queries.live import Said
from services.reporting.rules.marks import changed_in, mark_read
from shared.messaging.transaction import Transaction
from shared.runtime.database import Database
from shared.runtime.service import Running

_POLL_SECONDS = 0.1
_REST_SECONDS = 0.02
_SLOWEST_SECONDS = 0.25


class Hub:
    """Knows who listens. It rests as long as nobody does."""

    def __init__(self, running: Running) -> None:
        self._database, self._changed = running.database, running.desk.changed
        self._start_month = running.settings.programme_start_month
        self._joining: set[Listener] = set()
        self._listeners: set[Listener] = set()
        self._somebody = asyncio.Event()
        self._seen: Seen | None = None

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """The listener is told things until the end of the block."""
        self._joining.add(listener)
        self._somebody.set()
        try:
            yield
        finally:
            self._joining.discard(listener)
            self._part_with(listener)

    def has_room_for(self, whose: str) -> bool:
        """Whether one more stream of a principal may begin."""
        return sum(one.whose == whose for one in self._listeners | self._joining) < MOST_OF_ONE

    async def run(self) -> None:
        """Look and tell, for ever; when stopped, everybody is sent home with what they have heard."""
        try:
            while True:
                await self._somebody.wait()
                await self._round_and_rest()
        except asyncio.CancelledError:
            self._tell([*self._listeners, *self._joining], None)
            raise

    async def _round_and_rest(self) -> None:
        """A commit in this process, also during the round, has the next one follow at once."""
        self._changed.clear()
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.sleep(await self._round())
            await asyncio.wait([changed], timeout=_POLL_SECONDS)
        finally:
            changed.cancel()

    async def _round(self) -> float:
        """One look, told to everybody; how long to rest: the more listen and the longer it took, the longer."""
        began, joining = time.perf_counter(), frozenset(self._joining)
        async with self._database.read() as tx:
            look = await self._look(tx, {listener.region for listener in self._listeners | joining})
            lost = await missed_by(tx, [mark for one in joining if (mark := mark_read(one.heard or ""))])
        self._tell_all(look)
        self._admit(joining & self._joining, lost)
        if not look.changed:
            return _REST_SECONDS
        slower = min(0.03 + 0.001 * len(self._listeners), _SLOWEST_SECONDS)
        return max(slower, time.perf_counter() - began)

    async def _look(self, tx: Transaction, scopes: Collection[str]) -> Look:
        if self._seen is None or not self._listeners:
            return await first_look(tx, scopes, self._start_month)
        return await look_again(tx, self._seen, scopes, self._start_month)

    def _tell_all(self, look: Look) -> None:
        frames, mark = frames_of(look.said, look.seen.mark)
        self._seen = replace(look.seen, mark=mark)
        for scope in {listener.region for listener in self._listeners}:
            text = within(frames, scope)
            if (changed := look.changed.get(scope)) is not None:
                text += standings(look.seen.standings[scope], changed, mark)
            if text:
                self._tell([listener for listener in self._listeners if listener.region == scope], text)

    def _admit(self, joining: Iterable[Listener], lost: Collection[Said]) -> None:
        """Whoever came back is told what was missed, then everybody how the regions stand."""
        assert self._seen is not None
        for listener in joining:
            scope, mark = listener.region, self._seen.mark
            text = missed(list(lost), mark_read(listener.heard), scope, mark) if listener.heard is not None else b""
            changed = changed_in(scope, self._seen.facts)
            self._joining.discard(listener)
            self._listeners.add(listener)
            self._tell([listener], text + standings(self._seen.standings[scope], changed, mark))

    def _tell(self, listeners: Iterable[Listener], text: bytes | None) -> None:
        """Whoever cannot keep up is dropped, and resumes by the last id."""
        for listener in listeners:
            if not listener.tell(text):
                self._part_with(listener)
                listener.drop()

    def _part_with(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        if not self._listeners and not self._joining:
            self._somebody.clear()


_HUBS: WeakKeyDictionary[Database, Hub] = WeakKeyDictionary()


def hub_of(running: Running) -> Hub:
    """The one hub of a service in this process: its loop and its listeners meet here."""
    return _HUBS.setdefault(running.database, Hub(running))
