"""Which conditions contradict each other: whether two of them can hold of the same numbers."""

from collections import defaultdict
from collections.abc import Sequence

from services.reporting.rules.conditions import Alternative, Comparison, Condition, Term

_Sides = tuple[str, str | None]
"""What is measured and the name that it is held against, None for a number."""
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def can_hold(condition: Condition) -> bool:
    """Whether any numbers satisfy it."""
    return any(_is_possible(alternative) for alternative in condition.alternatives)


def can_hold_together(one: Condition, other: Condition) -> bool:
    """Whether any numbers satisfy both; what is measured is taken to be at least 0 where it serves as a line."""
    return any(_is_possible((*a, *b)) for a in one.alternatives for b in other.alternatives)


def _is_possible(comparisons: Alternative) -> bool:
    by_sides: defaultdict[_Sides, list[Comparison]] = defaultdict(list)
    for comparison in map(_in_order, comparisons):
        by_sides[comparison.name, comparison.line.name].append(comparison)
    return all(_leave_room(same) for same in by_sides.values())


def _in_order(comparison: Comparison) -> Comparison:
    """`b <= 2 * a` as `a >= 0.5 * b`, so that the same two names always meet in the same order."""
    name, line = comparison.name, comparison.line
    if line.name is None or line.name >= name:
        return comparison
    return Comparison(line.name, _MIRRORED[comparison.operator], Term(1 / line.factor, name))


def _leave_room(comparisons: Sequence[Comparison]) -> bool:
    lower, upper = [(float("-inf"), 0)], [(float("inf"), 0)]
    for comparison in comparisons:
        strict = int(comparison.operator in ("<", ">"))
        if comparison.is_below:
            upper.append((comparison.line.factor, -strict))
        else:
            lower.append((comparison.line.factor, strict))
    (low, low_strict), (high, high_strict) = max(lower), min(upper)
    if all(c.line.name is not None and c.operator in ("<=", ">=") for c in comparisons):
        return True  # where both sides are 0
    return low < high or (low == high and low_strict == high_strict == 0)
