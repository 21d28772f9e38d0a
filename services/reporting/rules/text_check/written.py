"""A number as somebody wrote it, and whether a value agrees with it at the precision it was written in."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Unit = Literal[
    "units", "households", "claims", "persons", "yuan", "ratio", "points", "days", "regions", "rank", "", "other"
]
Hedge = Literal["", "more", "over", "near", "under", "about"]
Fit = Literal["exact", "loose"]

WORD: dict[str, str] = {
    "units": "份", "households": "户", "claims": "件", "persons": "人", "yuan": "元", "days": "天", "regions": "个",
}  # fmt: skip
RANGE_NEAR, RANGE_ABOUT = Decimal("0.9"), Decimal("0.02")
HALF = Decimal("0.5")


@dataclass(frozen=True)
class Written:
    """`amount` in the base unit (a ratio, units, yuan), `scale` what one written whole is worth (1, 10000, 0.01)."""

    text: str
    start: int
    end: int
    amount: Decimal
    scale: Decimal
    decimals: int
    unit: Unit
    hedge: Hedge = ""

    @property
    def step(self) -> Decimal:
        """What the last written digit is worth."""
        return self.scale.scaleb(-self.decimals)

    @property
    def grain(self) -> Decimal:
        """What the last written digit other than a trailing 0 is worth."""
        written = self.amount / self.scale
        zeros = 0
        while not self.decimals and written and zeros < 14 and written % Decimal(10) ** (zeros + 1) == 0:
            zeros += 1
        return self.step.scaleb(zeros)

    @property
    def digits(self) -> int:
        """How many significant digits were written: how telling an agreement is."""
        return len(str(int(abs(self.amount) / min(self.grain, self.step.scaleb(9)))))


def _between(low: Decimal, value: Decimal, high: Decimal) -> bool:
    return low <= value < high


_HEDGED: dict[Hedge, Callable[[Written, Decimal], bool]] = {
    "more": lambda w, known: _between(w.amount, known, w.amount + w.grain),
    "over": lambda w, known: w.amount < known <= w.amount + w.grain,
    "near": lambda w, known: _between(w.amount * RANGE_NEAR, known, w.amount),
    "under": lambda w, known: _between(w.amount - w.grain, known, w.amount),
    "about": lambda w, known: abs(known - w.amount) <= max(w.grain * HALF, w.amount * RANGE_ABOUT),
}


def fit_of(written: Written, known: float, falling: bool = False) -> Fit | None:
    """How a value agrees: `exact` as written, `loose` if rounded or hedged otherwise, None if not.

    `falling`: the text calls it a decrease, so that the value has to be negative.
    """
    value = Decimal(repr(known)) * (-1 if falling else 1)
    said = written.amount
    if said < 0:
        said, value = -said, -value
    if value < 0:
        return None
    positive = Written(**{**written.__dict__, "amount": said})
    if written.hedge:
        agrees = _HEDGED[written.hedge](positive, value)
        return ("exact" if written.hedge == "more" else "loose") if agrees else None
    return _plain(positive, value)


def _plain(written: Written, value: Decimal) -> Fit | None:
    said, step, grain = written.amount, written.step, written.grain
    if _between(said - step * HALF, value, said + step * HALF):
        return "exact"
    truncated = written.scale != 1 and _between(said, value, said + step)
    rounded = written.scale == 1 and grain > step and _between(said - grain * HALF, value, said + grain * HALF)
    return "loose" if truncated or rounded else None


def shown(value: float, like: Written, more_decimals: bool = False) -> str:
    """A value in the way the other number was written; with some decimals more to show a difference."""
    fewest = (1 if like.unit == "ratio" else 2 if like.scale > 1 or like.unit == "yuan" else 0) if more_decimals else 0
    places = max(like.decimals, fewest)
    number = (Decimal(repr(value)) / like.scale).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{number:f}{_after(like)}"


def _after(like: Written) -> str:
    if like.unit == "ratio":
        return "%"
    return {10_000: "万", 100_000_000: "亿"}.get(int(like.scale), "") + WORD.get(like.unit, "")


def amount_shown(value: float, unit: str) -> str:
    """An amount as bulletins write it: money in 万元 with two decimals, counts exact."""
    if unit == "yuan":
        return f"{(Decimal(repr(value)) / 10_000).quantize(Decimal('0.01'), ROUND_HALF_UP):f}万元"
    return f"{Decimal(repr(value)).quantize(Decimal(1), ROUND_HALF_UP):f}{WORD.get(unit, '')}"
