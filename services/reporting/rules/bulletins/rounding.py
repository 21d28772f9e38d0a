"""How a figure is shown: rounded half up on exact decimals, once, at the very end."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from math import isfinite

from services.reporting.rules.bulletins.document import Cell, Column

DASH = "—"
WAN = 10_000

Number = int | float | Decimal


def percent(ratio: Number | None, decimals: int) -> str:
    """0.138998 -> "13.90%" with two decimals; a missing ratio is a dash."""
    if (known := _known(ratio)) is None:
        return DASH
    return f"{half_up(decimal_of(known) * 100, decimals)}%"


def wan_yuan(yuan: Number | None, decimals: int = 2) -> str:
    """4273200 -> "427.32万元"; whole 万 stay bare: 131510000 -> "13151万元"."""
    if (known := _known(yuan)) is None:
        return DASH
    wan = decimal_of(known) / WAN
    return f"{half_up(wan, 0 if wan == wan.to_integral_value() else decimals)}万元"


def wan_yuan_of_fen(fen: int | None, decimals: int = 2) -> str:
    """The same of fen: 427320000 -> "427.32万元"."""
    return DASH if fen is None else wan_yuan(Decimal(fen) / 100, decimals)


def wan_more(units: int) -> str:
    """One decimal, truncated: 3061912 -> "306.1万余", 68412 -> "6.8万余", 2530000 -> "253万", 9876 -> "9876"."""
    if abs(units) < WAN:
        return str(units)
    exactly = Decimal(units) / WAN
    tenths = exactly.quantize(Decimal("0.1"), ROUND_DOWN)
    shown = f"{tenths:f}".removesuffix(".0")
    return f"{shown}万" if tenths == exactly else f"{shown}万余"


def exact(units: int) -> str:
    """459005 -> "459005份", as a bulletin names the units of one region."""
    return f"{units}份"


def counted(number: Number | None) -> str:
    """459005 -> "459,005", as tables show counts."""
    known = _known(number)
    return DASH if known is None else f"{half_up(decimal_of(known), 0):,}"


def signed(number: Number | None) -> str:
    """4127 -> "+4,127", -6118 -> "-6,118"."""
    known = _known(number)
    return DASH if known is None else f"{'+' if known > 0 else ''}{counted(known)}"


def shown(cell: Cell, column: Column) -> str:
    """A cell of a table as people read it; money is given in yuan and shown in 万元 without the unit."""
    if isinstance(cell, str):
        return cell
    match column.kind:
        case "percent":
            return percent(cell, column.decimals)
        case "money":
            return _wan(cell, column.decimals)
        case "signed":
            return signed(cell)
        case "count":
            return counted(cell)
        case _:
            return DASH if cell is None else str(cell)


def _wan(yuan: Number | None, decimals: int) -> str:
    known = _known(yuan)
    return DASH if known is None else f"{half_up(decimal_of(known) / WAN, decimals):,}"


def decimal_of(number: Number) -> Decimal:
    """The decimal that a person would write for `number`: 0.1 is a tenth, not the nearest binary fraction."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def half_up(number: Decimal, decimals: int) -> Decimal:
    """`number` with so many decimals, halves away from zero, and never a negative zero."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def _known(number: Number | None) -> Number | None:
    """None for what is missing, and for what is no number at all."""
    return number if number is not None and isfinite(number) else None
