"""A bounded memory: what has not been used for longest makes room for what is new."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Recent(Generic[Key, Thing]):
    """Things by their keys, which together weigh at most so much."""

    def __init__(self, most: int, weight: Callable[[Thing], int] = lambda _: 1) -> None:
        self._most, self._weight, self._weighs = most, weight, 0
        self._things: OrderedDict[Key, Thing] = OrderedDict()

    def get(self, key: Key) -> Thing | None:
        """A thing, which has been used now; None if it is not here."""
        if key in self._things:
            self._things.move_to_end(key)
        return self._things.get(key)

    def put(self, key: Key, thing: Thing) -> Thing:
        """Keep a thing, in the place of another one with its key; not one for which too many would have to go."""
        self._let_go(key)
        if 4 * self._weight(thing) > self._most:
            return thing
        self._things[key] = thing
        self._weighs += self._weight(thing)
        while self._weighs > self._most:
            self._let_go(next(iter(self._things)))
        return thing

    def drop(self, gone: Callable[[Thing], bool]) -> None:
        """Let go of some."""
        for key in [key for key, thing in self._things.items() if gone(thing)]:
            self._let_go(key)

    def _let_go(self, key: Key) -> None:
        if key in self._things:
            self._weighs -= self._weight(self._things.pop(key))

    def __iter__(self) -> Iterator[Thing]:
        return iter(self._things.values())
