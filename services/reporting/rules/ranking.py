"""Places in a ranking: equal values share one (1, 2, 2, 4), missing values come last without one."""

import math
from collections.abc import Mapping
from typing import cast

Value = float | int | None


def in_order(values: Mapping[str, Value]) -> list[str]:
    """Codes, the highest value first, missing ones last, equal ones by code."""
    return sorted(values, key=lambda code: (values[code] is None, -(values[code] or 0), code))


def ranks_of(values: Mapping[str, Value]) -> dict[str, int]:
    """The place of every code that has a value."""
    ranks: dict[str, int] = {}
    shared_place, before = 0, cast(Value, None)
    for place, code in enumerate(in_order(values), 1):
        if (value := values[code]) is None:
            break
        shared_place = shared_place if value == before else place
        ranks[code], before = shared_place, value
    return ranks


def units_to_next(values: Mapping[str, Value], units_per_value: Mapping[str, float | None]) -> dict[str, int | None]:
    """Units that lift each code past the next higher value: 0 for the first, None where units do not decide.

    `units_per_value`: how many units one whole of the value is worth (1 for units, the target for a completion,
    the residents for penetration).
    """
    order = [code for code in in_order(values) if values[code] is not None]
    gaps: dict[str, int | None] = dict.fromkeys(values)
    higher: float | None = None
    for place, code in enumerate(order):
        value = values[code] or 0
        if place and value != (values[order[place - 1]] or 0):
            higher = values[order[place - 1]] or 0
        gaps[code] = _gap(value, higher, units_per_value.get(code))
    return gaps


def _gap(value: float, higher: float | None, worth: float | None) -> int | None:
    if worth is None:
        return None
    return 0 if higher is None else math.floor((higher - value) * worth + 1e-6) + 1


def reordered_by_price(values: Mapping[str, Value], prices: Mapping[str, float | None]) -> set[str]:
    """Codes that would hold another place if a unit counted by its price: units are not comparable between regions.

    `prices`: premium a unit in yuan; a region without one keeps its value out of the comparison.
    """
    priced = {code: value * price for code, value in values.items() if value is not None and (price := prices[code])}
    before, after = ranks_of({code: values[code] for code in priced}), ranks_of(priced)
    return {code for code in priced if before[code] != after[code]}
