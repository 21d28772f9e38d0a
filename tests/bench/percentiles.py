"""Percentiles by nearest rank: a value that was really measured."""

from collections.abc import Sequence
from math import ceil


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of all, 0 to 1, does not exceed; infinite for none."""
    if not values:
        return float("inf")
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
