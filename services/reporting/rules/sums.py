"""Sums by key, and the same sums on every region above."""

from collections.abc import Iterable, Sequence
from operator import add
from typing import Any

Key = tuple[Any, ...]
"""Begins with the region."""
Vector = Sequence[int]
Sums = dict[Key, Vector]


def add_to(sums: Sums, key: Key, vector: Vector) -> None:
    """One more vector under a key."""
    known = sums.get(key)
    sums[key] = vector if known is None else [*map(add, known, vector)]


def rolled_up(batch: Iterable[Sums]) -> Sums:
    """What many sums come to on every region and all regions above it, level by level, without what came to nothing.

    A province is read as the sum of its cities: a row of its own would make all who book at once wait for each other.
    """
    levels: dict[int, Sums] = {12: {}, 9: {}, 6: {}, 4: {}, 2: {}}
    for sums in batch:
        for key, vector in sums.items():
            add_to(levels[len(key[0])], key, vector)
    for digits, above in ((12, 9), (9, 6), (6, 4)):
        for key, vector in levels[digits].items():
            add_to(levels[above], (key[0][:above], *key[1:]), vector)
    return {key: vector for sums in levels.values() for key, vector in sums.items() if any(vector)}
