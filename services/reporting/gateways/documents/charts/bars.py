"""Horizontal bars, ranked, each with its value; below zero they go to the left."""

from dataclasses import dataclass
from math import inf

from services.reporting.gateways.documents.charts.ink import (
    BELOW_ZERO,
    GRID,
    LEGEND_HEIGHT,
    WIDTH,
    colour,
    figure,
    label,
    legend,
    tag,
)
from services.reporting.rules.bulletins.document import Chart
from services.reporting.rules.bulletins.outline import shortened, width

_THICK, _GAP, _LABEL_COLUMNS, _COLUMN = 15, 9, 18, 6.8


@dataclass(frozen=True)
class Scale:
    """Where values lie across the picture."""

    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        """The place of a value."""
        return self.left + (value - self.low) / ((self.high - self.low) or 1) * (self.right - self.left)


def ranked(chart: Chart) -> Chart:
    """The chart with its labels in the order of the first series; what is missing comes last."""
    if not chart.series:
        return chart
    first = chart.series[0].values
    order = sorted(range(len(chart.labels)), key=lambda at: -_or_least(first[at] if at < len(first) else None))
    labels = tuple(chart.labels[at] for at in order)
    series = tuple(
        one.model_copy(update={"values": tuple(one.values[at] if at < len(one.values) else None for at in order)})
        for one in chart.series
    )
    return chart.model_copy(update={"labels": labels, "series": series})


def draw_bars(chart: Chart) -> tuple[str, float]:
    """The marks, and how high they stand."""
    scale = _scale(chart)
    top = LEGEND_HEIGHT if len(chart.series) > 1 else 0
    row = _THICK * max(len(chart.series), 1) + _GAP
    bottom = top + row * len(chart.labels)
    rows = [_row(chart, at, top + row * at, scale) for at in range(len(chart.labels))]
    zero = tag("line", x1=scale.x(0), x2=scale.x(0), y1=top, y2=bottom, stroke=GRID, class_="grid")
    names = legend(chart.series, dashed=False) if top else ""
    return names + zero + "".join(rows), bottom + 4


def _scale(chart: Chart) -> Scale:
    known = [value for one in chart.series for value in one.values if value is not None]
    names = min(max([width(text) for text in chart.labels], default=0), _LABEL_COLUMNS)
    room = max([width(figure(value, chart.unit)) for value in known], default=0) * _COLUMN + 8
    low, high = min([*known, 0]), max([*known, 0])
    left = names * _COLUMN + 8 + (room if low < 0 else 0)
    return Scale(left, WIDTH - room if high > 0 else WIDTH - 4, low, high)


def _row(chart: Chart, at: int, top: float, scale: Scale) -> str:
    middle = top + (_THICK * len(chart.series) + _GAP) / 2 + 4.5
    name = label(0, middle, shortened(chart.labels[at], _LABEL_COLUMNS))
    values = [one.values[at] for one in chart.series]
    tops = [top + _GAP / 2 + _THICK * number for number in range(len(values))]
    bars = [_bar(value, number, tops[number], scale) for number, value in enumerate(values)]
    return (
        name
        + "".join(bars)
        + "".join(_value(value, chart.unit, y, scale) for value, y in zip(values, tops, strict=True))
    )


def _bar(value: float | None, number: int, top: float, scale: Scale) -> str:
    ends = sorted((scale.x(0), scale.x(value or 0)))
    below = value is not None and value < 0 and number == 0
    fill, name = (BELOW_ZERO, "below") if below else (colour(number), f"b{number}")
    return tag("rect", x=ends[0], y=top, width=ends[1] - ends[0], height=float(_THICK - 2), fill=fill, class_=name)


def _value(value: float | None, unit: str, top: float, scale: Scale) -> str:
    is_below = value is not None and value < 0
    x = scale.x(value or 0) + (-4 if is_below else 4)
    return label(x, top + 11.5, figure(value, unit), "end" if is_below else "start")


def _or_least(value: float | None) -> float:
    return -inf if value is None else value
