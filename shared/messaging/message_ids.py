"""The ids our services give: `<writer>-<number>-<events>` to a message, `<message id>.<place>` to an event in it."""

import os
import re
import secrets
import time
from functools import cache, lru_cache
from itertools import count
from typing import NamedTuple

from shared.contracts.envelope import MOST_EVENTS

ENDINGS = tuple(f".{place:03d}" for place in range(MOST_EVENTS))
_BITS = {ending[1:]: 1 << place for place, ending in enumerate(ENDINGS)}
_FORM = re.compile(r"([0-9a-f]{18})-([0-9]{9}|[1-9][0-9]{9,17})-([1-9][0-9]{0,2}|1000)")


class Writer:
    """Gives ids to the messages of one address of one process: they follow one another, and sort by time."""

    def __init__(self) -> None:
        self._name = f"{int(time.time()):08x}{secrets.token_hex(5)}"
        self._numbers = count(1)

    def message_id(self, events: int) -> str:
        """The next one, for a message with so many events."""
        return f"{self._name}-{next(self._numbers):09d}-{events}"


@cache
def writer_of(service: str, exchange: str) -> Writer:
    """The writer of this process: one for each exchange, so that who hears only one sees no gaps."""
    return Writer()


os.register_at_fork(after_in_child=writer_of.cache_clear)


class Place(NamedTuple):
    """A message as its readers keep it, and how many events it has."""

    source: str
    writer: str
    number: int
    events: int


Spot = tuple[Place, int]
"""An event of a message: where it is, and its bit."""


def spot_of(source: str, event_id: str) -> Spot | None:
    """Where an event of this id belongs; None for an id of any other form."""
    message_id, _, ending = event_id.rpartition(".")
    place, bit = _place(source, message_id), _BITS.get(ending)
    if place is None or bit is None or bit >> place.events:
        return None
    return place, bit


def events_in(message_id: str) -> int | None:
    """How many events a message of this id has; None for an id of any other form."""
    found = _FORM.fullmatch(message_id)
    return int(found[3]) if found else None


@lru_cache(maxsize=4096)
def _place(source: str, message_id: str) -> Place | None:
    found = _FORM.fullmatch(message_id)
    return Place(source, found[1], int(found[2]), int(found[3])) if found else None
