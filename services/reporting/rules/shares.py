"""Shares of a whole number: its parts by weight, which add up to it exactly, and what makes up a given share."""

from collections.abc import Sequence


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Parts by weight, rounded down, and what is left to those who lost most by rounding, the first of equals first.

    The parts add up to `total` as long as any weight is above 0.
    """
    whole = sum(weights) or 1
    parts = [total * weight // whole for weight in weights]
    lost = [total * weight % whole for weight in weights]
    losers = sorted(range(len(weights)), key=lost.__getitem__, reverse=True)
    for i in losers[: total - sum(parts)]:
        parts[i] += 1
    return parts


def nearest_rank(counts: dict[int, int], percent: int) -> int | None:
    """The smallest value that at least `percent` % of all lie at or below; None of nothing."""
    total = sum(counts.values())
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if counts[value] and seen * 100 >= total * percent:
            return value
    return None


def largest_half(units: Sequence[int]) -> tuple[int | None, int]:
    """How many of the largest hold half of all, None of nothing, and how many they hold."""
    half, held = sum(units) / 2, 0
    for number, value in enumerate(sorted(units, reverse=True), 1):
        held += value
        if held >= half > 0:
            return number, held
    return None, 0
