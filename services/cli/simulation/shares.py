"""Ways to divide a whole number so that the parts add up to it exactly."""

from collections.abc import Iterable, Iterator, Sequence

from services.reporting.rules.shares import largest_remainder


def even(total: int, parts: int) -> list[int]:
    """Equal parts; the first ones get one more where it does not divide."""
    share, extra = divmod(total, parts)
    return [share + 1] * extra + [share] * (parts - extra)


def proportional(total: int, weights: Iterable[int], whole: int) -> Iterator[int]:
    """Parts by weight, each less than 1 away from its exact share; `whole` is the sum of the weights."""
    weight_so_far = given = 0
    for weight in weights:
        weight_so_far += weight
        upto = total * weight_so_far // (whole or 1)
        yield upto - given
        given = upto


def apportion(total: int, weights: Sequence[int], least: Sequence[int]) -> list[int]:
    """Largest remainder in which nobody gets less than their `least`; the total must cover the sum of `least`."""
    parts = largest_remainder(total, weights)
    short = {i for i, part in enumerate(parts) if part < least[i]}
    if not short:
        return parts
    others = [0 if i in short else weight for i, weight in enumerate(weights)]
    spoken_for = sum(least[i] for i in short)
    rest = apportion(total - spoken_for, others, [0 if i in short else low for i, low in enumerate(least)])
    return [least[i] if i in short else rest[i] for i in range(len(parts))]
