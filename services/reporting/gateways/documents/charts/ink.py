"""What charts are drawn with: tags, colours that the colour-blind tell apart, dashes, and figures as words."""

from decimal import Decimal
from html import escape

from services.reporting.rules.bulletins.document import Series
from services.reporting.rules.bulletins.outline import shortened
from services.reporting.rules.bulletins.rounding import DASH, WAN, decimal_of, half_up, percent

WIDTH = 480
INK, GRID, BELOW_ZERO = "#1f2933", "#d9dee3", "#b5480a"
COLOURS = ("#0072b2", "#c4500b", "#00795a", "#a3447f", "#8a6100", "#2f86b8")
DASHES = ("", "8 4", "2 3", "10 3 2 3", "5 2 1 2 1 2", "14 4")
LEGEND_HEIGHT = 22


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """An element; underscores of attributes become hyphens, values are escaped, empty ones left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value not in ("", None)
    )
    return f"<{name}{given}>{content}</{name}>"


def written(text: str) -> str:
    """A text as the content of an element."""
    return escape(text, quote=False)


def label(x: float, y: float, text: str, anchor: str = "start") -> str:
    """Words with their baseline at y."""
    return tag("text", written(text), x=x, y=y, text_anchor=anchor, fill=INK, class_="ink")


def legend(series: tuple[Series, ...], *, dashed: bool) -> str:
    """Colour, dash and name of each series, in one row that shares the width."""
    share = WIDTH / max(len(series), 1)
    room = int((share - 40) / 6.6)
    keys = [
        _dash(number, number * share) if dashed else _patch(number, number * share) for number in range(len(series))
    ]
    names = [label(number * share + 36, 15, shortened(one.name, room)) for number, one in enumerate(series)]
    return "".join(keys) + "".join(names)


def _dash(number: int, x: float) -> str:
    return tag("line", x1=x, x2=x + 30, y1=11, y2=11, **stroke(number))


def _patch(number: int, x: float) -> str:
    return tag("rect", x=x + 14, y=5, width=16, height=12, fill=colour(number), class_=f"b{number % len(COLOURS)}")


def colour(number: int) -> str:
    """The colour of a series."""
    return COLOURS[number % len(COLOURS)]


def stroke(number: int) -> dict[str, object]:
    """Colour and dash of the line of a series."""
    return {
        "stroke": colour(number),
        "stroke_width": 2.5,
        "stroke_dasharray": DASHES[number % len(DASHES)],
        "class_": f"s{number % len(COLOURS)}",
    }


def figure(value: float | None, unit: str) -> str:
    """A value as its label: ratios as percent, yuan in 万元, whole numbers without decimals."""
    if value is None:
        return DASH
    if unit == "%":
        return percent(value, 2)
    number = decimal_of(value) / (WAN if unit == "万元" else 1)
    return f"{half_up(number, 0 if number == number.to_integral_value() else 2):,}"


def round_figure(value: float, unit: str) -> str:
    """The same without decimals that say nothing: for the ticks of an axis."""
    text = figure(value, unit)
    number, percent_sign = text.rstrip("%"), "%" * text.endswith("%")
    return (number.rstrip("0").rstrip(".") if "." in number else number) + percent_sign


def _plain(value: object) -> str:
    return f"{Decimal(repr(value)).quantize(Decimal('0.01')).normalize():f}" if isinstance(value, float) else str(value)
