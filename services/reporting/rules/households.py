"""When a household counts: in a region while at least one policy of it there is in force on the books.

Most households have one policy, so they are counted as policies; what is booked is by how many they are more or fewer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from services.reporting.rules.moves import Moves
from shared.contracts.values import with_ancestors

Entry = tuple[int, str, int]
"""(day as ordinal, region, difference of policies in force)"""
Steps = dict[tuple[str, bool, int, date], int]
"""(region, by today's codes, programme year, day) -> how many more households than policies come on that day"""
LONG = 4_000


def written(day: int, region: str, difference: int) -> str:
    """An entry's form in the table: `day:region:difference;`, one after the other."""
    return f"{day}:{region}:{difference};"


def read(timeline: str) -> list[Entry]:
    """The entries of a stored timeline."""
    parts = (entry.split(":") for entry in timeline.split(";") if entry)
    return [(int(day), region, int(difference)) for day, region, difference in parts]


def shortened(timeline: str) -> str:
    """The same timeline with one entry a day and region, none for what cancels out."""
    sums: defaultdict[tuple[int, str], int] = defaultdict(int)
    for day, region, difference in read(timeline):
        sums[day, region] += difference
    return "".join(written(*place, total) for place, total in sorted(sums.items()) if total)


def counts_as_its_policy(timeline: str) -> bool:
    """Whether one policy is all that a household ever had: then there is nothing to book for it."""
    return timeline.endswith(":1;") and timeline.count(";") == 1


def book_changes(steps: Steps, year: int, timelines: tuple[str, str], moves: Moves) -> None:
    """Add to `steps` what becomes of the difference at every level, from one timeline to the other.

    A province is read together with its cities: it is booked what a household in several of them differs besides.
    """
    old, new = read(timelines[0]), read(timelines[1])
    touched = {where for _, where, _ in new[len(old) :]}
    in_several = len({where[:4] for _, where, _ in new}) > 1
    for region in {above for where in touched for above in with_ancestors(where)}:
        if len(region) > 2 or in_several:
            _book(steps, (region, False, year), (old, new), _inside(region))
        if len(region) == 4 and in_several:
            _book(steps, (region[:2], False, year), (new, old), _inside(region))
    if moves.successors:
        _book_today(steps, year, (old, new), moves)


def book_today(steps: Steps, year: int, timeline: str, moves: Moves) -> None:
    """Add the whole difference of a household by today's codes, where they matter."""
    _book_today(steps, year, ([], read(timeline)), moves)


def _book_today(steps: Steps, year: int, entries: tuple[list[Entry], list[Entry]], moves: Moves) -> None:
    """The same by today's codes, where they make a difference."""
    old, new = entries
    touched = {moves.today_of(where) for _, where, _ in new[len(old) :]}
    for region in {above for where in touched for above in with_ancestors(where) if moves.is_affected(above)}:
        _book(steps, (region, True, year), entries, _inside(region, moves))


def _inside(region: str, moves: Moves | None = None) -> Callable[[str], bool]:
    """Whether a booked code lies in a region; with `moves`, whether it does today."""
    if moves is None:
        return lambda where: where.startswith(region)
    return lambda where: moves.today_of(where).startswith(region)


def _book(
    steps: Steps,
    place: tuple[str, bool, int],
    entries: tuple[list[Entry], list[Entry]],
    is_there: Callable[[str], bool],
) -> None:
    for sign, known in zip((-1, 1), entries, strict=True):
        for day, step in _surplus(known, is_there):
            key = (*place, date.fromordinal(day))
            steps[key] = steps.get(key, 0) + sign * step


def _surplus(entries: Iterable[Entry], is_there: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """(day, by how much more the household counts than its policies) whenever the two part."""
    by_day: defaultdict[int, int] = defaultdict(int)
    for day, where, difference in entries:
        if is_there(where):
            by_day[day] += difference
    policies = 0
    for day in sorted(by_day):
        was, policies = policies > 0, policies + by_day[day]
        if surplus := (policies > 0) - was - by_day[day]:
            yield day, surplus
