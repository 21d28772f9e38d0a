"""Figures as a Chinese reader expects them: 份, 万元, percent without noise, dates; half up, only when shown."""

import math
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

WAN = 10_000
_MOST_DECIMALS = 4
_ANY_SIZE = Context(prec=400)


def rounded(value: float, decimals: int) -> Decimal:
    """Half up, as by hand: 0.125 -> 0.13."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _ANY_SIZE)


def plain(value: float, decimals: int) -> str:
    """At most `decimals`, without zeros at the end: 12.50 -> 12.5, 3.00 -> 3."""
    if not math.isfinite(value):
        return "—"
    text = f"{rounded(value, decimals):f}"
    trimmed = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if trimmed == "-0" else trimmed


def units(value: float) -> str:
    """Exact, as bulletins name them: 459005份."""
    return f"{plain(value, 0)}份"


def units_in_short(value: float) -> str:
    """For headlines: 31525 -> 3.15万份, 9815 -> 9815份."""
    return f"{plain(value / WAN, 2)}万份" if abs(value) >= WAN else units(value)


def yuan(value: float) -> str:
    """4149200 -> 414.92万元, 9815.5 -> 9815.5元."""
    return f"{plain(value / WAN, 2)}万元" if abs(value) >= WAN else f"{plain(value, 2)}元"


def percent(value: float, against: float | None = None) -> str:
    """0.873 -> 87.3%; finer where rounding would make it equal to the threshold that it is held `against`."""
    for decimals in range(1, _MOST_DECIMALS + 1):
        text = plain(value * 100, decimals)
        if against is None or value == against or text != plain(against * 100, decimals):
            break
    return f"{text}%"


def fine_percent(value: float, against: float | None = None) -> str:
    """0.139 -> 13.90%: two decimals as bulletins show penetration, finer where `percent` would be."""
    for decimals in range(2, _MOST_DECIMALS + 1):
        text = f"{rounded(value * 100, decimals):f}"
        if against is None or value == against or rounded(against * 100, decimals) != rounded(value * 100, decimals):
            break
    return f"{text}%"


def people(value: float) -> str:
    """8741584人."""
    return f"{plain(value, 0)}人"


def days(value: float) -> str:
    """14天."""
    return f"{plain(value, 0)}天"


def day(on: date) -> str:
    """2021年8月31日."""
    return f"{on.year}年{on.month}月{on.day}日"
