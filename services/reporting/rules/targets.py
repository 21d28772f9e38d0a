"""Which targets may be set, which of their versions is in force, and how they are handed down the tree."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.reporting.rules.pace import last_day_of
from services.reporting.rules.shares import largest_remainder
from shared.contracts.reference import TargetRow
from shared.contracts.values import first_day_of, parent_of

MOST_UNITS = 1_000_000_000_000
Places = Callable[[str], bool]
"""Whether a region is one that may be given targets."""


def reasons_to_refuse(rows: Sequence[TargetRow], may_set: Places, lines: Collection[str]) -> Iterator[tuple[int, str]]:
    """(place in the list, what is wrong) of every row that cannot be taken in; `lines` are the catalogue's."""
    times = Counter(key_of(row) for row in rows)
    for place, row in enumerate(rows):
        for reason in _reasons(row, may_set, lines):
            yield place, reason
        if times[key_of(row)] > 1:
            yield place, f"{row.region} {row.kind} {row.year} stands more than once"


def key_of(row: Any) -> tuple[Any, ...]:
    """What a version is a version of: the same key again with other units is a correction."""
    return row.region, row.year, row.kind, row.line, row.effective_on


def _reasons(row: TargetRow, may_set: Places, lines: Collection[str]) -> Iterator[str]:
    if not may_set(row.region):
        yield f"{row.region} is no region that you may set"
    if row.line and row.line not in lines:
        yield f"{row.line} is no product line; the catalogue has: {', '.join(sorted(lines)) or 'none yet'}"
    if row.units > MOST_UNITS:
        yield f"more than {MOST_UNITS:,} units"
    if not date(row.year - 1, 1, 1) <= row.effective_on <= date(row.year, 12, 31):
        yield f"effective_on {row.effective_on} is not between {row.year - 1}-01-01 and {row.year}-12-31"


def day_of_planning(today: date, year: int, start_month: int) -> date:
    """The day whose targets a plan for the year builds on: today, or the year's last day while it lies ahead."""
    return today if today >= first_day_of(year, start_month) else last_day_of(year, start_month)


def day_of_effect(today: date, year: int, start_month: int, revised: Iterable[date]) -> date:
    """From when a plan made today counts: within its year, and not before the targets that it builds on."""
    begins = min(max(today, first_day_of(year, start_month)), last_day_of(year, start_month))
    return max([begins, *revised])


def versions_in_force(versions: Iterable[Mapping[str, Any]], day: date) -> set[int]:
    """The version numbers that count on a day: per kind and product line the newest that is effective by then."""
    newest: dict[tuple[str, str], tuple[date, int]] = {}
    for row in versions:
        if row["effective_on"] <= day:
            key, place = (row["kind"], row["line"]), (row["effective_on"], row["version"])
            newest[key] = max(newest.get(key, place), place)
    return {version for _, version in newest.values()}


@dataclass(frozen=True)
class Part:
    """What one child region gets, and its share of the whole before rounding."""

    units: int
    share: float


def divided(units: int, basis: Mapping[str, int], weights: Mapping[str, Decimal]) -> dict[str, Part] | None:
    """Units by basis x weight (1 unless given, four decimals), exactly, ties by code; None if all of it is 0."""
    codes = sorted(basis)
    weighted = [int(basis[code] * weights.get(code, 1) * 10_000) for code in codes]
    whole = sum(weighted)
    if whole == 0:
        return None
    parts = largest_remainder(units, weighted)
    return {code: Part(part, weight / whole) for code, part, weight in zip(codes, parts, weighted, strict=True)}


@dataclass(frozen=True)
class Node:
    """A region in the cascade; amounts are units. `children` is None below the depth that was asked for."""

    region: dict[str, str]
    target: int | None
    handed_down: int | None
    children: "tuple[Node, ...] | None"

    @property
    def unassigned(self) -> int | None:
        """What no child has been given yet; negative: the children were given more than there is."""
        return None if self.target is None or self.handed_down is None else self.target - self.handed_down

    def shown(self) -> dict[str, Any]:
        children = None if self.children is None else [child.shown() for child in self.children]
        return {
            "region": self.region,
            "target": self.target,
            "handed_down": self.handed_down,
            "unassigned": self.unassigned,
            "children": children,
        }


def cascade(regions: Sequence[Mapping[str, str]], units: Mapping[str, int], root: str, depth: int) -> Node:
    """The tree from `root` down `depth` levels; `regions` are all of them, in the order of their codes."""
    below: defaultdict[str | None, list[dict[str, str]]] = defaultdict(list)
    for region in regions:
        below[parent_of(region["code"])].append(dict(region))
    top = next(dict(region) for region in regions if region["code"] == root)
    return _node(top, below, units, depth)


def _node(
    region: dict[str, str], below: Mapping[str | None, list[dict[str, str]]], units: Mapping[str, int], depth: int
) -> Node:
    code = region["code"]
    if depth == 0:
        return Node(region, units.get(code), None, None)
    children = tuple(_node(child, below, units, depth - 1) for child in below.get(code, ()))
    return Node(region, units.get(code), sum(child.target or 0 for child in children), children)
