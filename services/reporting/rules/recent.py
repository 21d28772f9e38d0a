"""A bounded memory: what has not been used for longest makes room for what is new."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Recent(Generic[Key, Thing]):
    """At most so many things by their keys."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Key, Thing] = OrderedDict()

    def get(self, key: Key) -> Thing | None:
        """A thing, which has been used now; None if it is not here."""
        if key in self._things:
            self._things.move_to_end(key)
        return self._things.get(key)

    def put(self, key: Key, thing: Thing) -> Thing:
        """Keep a thing, in the place of another one with its key."""
        self._things[key] = thing
        self._things.move_to_end(key)
        while len(self._things) > self._most:
            self._things.popitem(last=False)
        return thing

    def drop(self, gone: Callable[[Thing], bool]) -> None:
        """Let go of some."""
        self._things = OrderedDict((key, thing) for key, thing in self._things.items() if not gone(thing))

    def __iter__(self) -> Iterator[Thing]:
        return iter(self._things.values())
