"""How a whole number is divided by weight, so that the parts add up to it exactly."""

from collections.abc import Sequence


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Parts by weight, rounded down, and what is left to those who lost most by rounding, the first of equals first.

    The parts add up to `total` as long as any weight is above 0.
    """
    whole = sum(weights) or 1
    parts = [total * weight // whole for weight in weights]
    losers = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in losers[: total - sum(parts)]:
        parts[i] += 1
    return parts
