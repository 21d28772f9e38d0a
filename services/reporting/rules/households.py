"""When a household counts: in a region while at least one policy of it there is in force on the books."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from services.reporting.rules.booking import Cells
from services.reporting.rules.measures import PLACE, nothing
from shared.contracts.values import with_ancestors

Entry = tuple[int, str, int]
"""(day as ordinal, region, difference of policies in force)"""
_HOUSEHOLDS = PLACE["households"]
LONG = 4_000


def written(entries: Iterable[Entry]) -> str:
    """The timeline's form in the table: `day:region:difference;` and so on."""
    return "".join(f"{day}:{region}:{difference};" for day, region, difference in entries)


def read(timeline: str) -> list[Entry]:
    """The entries of a stored timeline."""
    parts = (entry.split(":") for entry in timeline.split(";") if entry)
    return [(int(day), region, int(difference)) for day, region, difference in parts]


def shortened(timeline: str) -> str:
    """The same timeline with one entry a day and region, none for what cancels out."""
    sums: defaultdict[tuple[int, str], int] = defaultdict(int)
    for day, region, difference in read(timeline):
        sums[day, region] += difference
    return written((day, region, total) for (day, region), total in sorted(sums.items()) if total)


def book_changes(cells: Cells, year: int, before: str, after: str) -> None:
    """Add to `cells` what the household's presence changes at every level, from one timeline to the other."""
    old, new = read(before), read(after)
    touched = {above for _, region, _ in new[len(old) :] for above in with_ancestors(region)}
    for region in touched:
        for sign, entries in ((-1, old), (1, new)):
            for day, step in _presence(entries, region):
                key = (region, year, date.fromordinal(day), "")
                cells.setdefault(key, nothing())[_HOUSEHOLDS] += sign * step


def _presence(entries: Iterable[Entry], region: str) -> Iterator[tuple[int, int]]:
    """(day, +1 or -1) whenever the household begins or ceases to be present in a region."""
    by_day: defaultdict[int, int] = defaultdict(int)
    for day, where, difference in entries:
        if where.startswith(region):
            by_day[day] += difference
    policies = 0
    for day in sorted(by_day):
        was, policies = policies > 0, policies + by_day[day]
        if was != (policies > 0):
            yield day, 1 if policies > 0 else -1
