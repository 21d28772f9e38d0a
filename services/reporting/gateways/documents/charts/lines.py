"""Lines over labels: gaps where a value is missing, a light grid, round ticks, a legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor, log10

from services.reporting.gateways.documents.charts.ink import (
    GRID,
    LEGEND_HEIGHT,
    WIDTH,
    colour,
    label,
    legend,
    round_figure,
    stroke,
    tag,
)
from services.reporting.rules.bulletins.document import Chart
from services.reporting.rules.bulletins.outline import width

_HEIGHT, _FOOT, _COLUMN, _MOST_LABELS = 210, 24, 6.8, 6


@dataclass(frozen=True)
class Field:
    """The area between the axes, and which values it spans."""

    left: float
    top: float
    count: int
    ticks: Sequence[float]

    def x(self, at: int) -> float:
        """The place of the label number `at`."""
        return self.left + (WIDTH - 14 - self.left) * (at / (self.count - 1) if self.count > 1 else 0.5)

    def y(self, value: float) -> float:
        """The height of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.top + _HEIGHT * (1 - (value - low) / (high - low))


def draw_lines(chart: Chart) -> tuple[str, float]:
    """The marks, and how high they stand."""
    known = [value for one in chart.series for value in one.values if value is not None]
    ticks = _ticks(min([*known, 0]), max([*known, 0]))
    left = max(width(round_figure(tick, chart.unit)) for tick in ticks) * _COLUMN + 8
    field = Field(left, LEGEND_HEIGHT + 8, len(chart.labels), ticks)
    paths = [_path(one.values, number, field) for number, one in enumerate(chart.series)]
    marks = legend(chart.series, dashed=True) + _grid(field, chart.unit) + _names(chart.labels, field) + "".join(paths)
    return marks, field.top + _HEIGHT + _FOOT


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round values from below the lowest to above the highest."""
    raw = ((high - low) or 1) / 5
    power = 10.0 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first = floor(low / step)
    ticks = [round(number * step, 12) for number in range(first, first + 12)]
    return ticks[: next(at for at, tick in enumerate(ticks) if tick >= high and at) + 1]


def _grid(field: Field, unit: str) -> str:
    lines = [
        tag("line", x1=field.left, x2=float(WIDTH - 8), y1=field.y(tick), y2=field.y(tick), stroke=GRID, class_="grid")
        + label(field.left - 6, field.y(tick) + 4.5, round_figure(tick, unit), "end")
        for tick in field.ticks
    ]
    return "".join(lines)


def _names(labels: Sequence[str], field: Field) -> str:
    """As many labels as can be read, the last one always."""
    step = -(-len(labels) // _MOST_LABELS) or 1
    shown = list(range(len(labels) - 1, -1, -step))
    y = field.top + _HEIGHT + 18
    return "".join(label(_inside(field.x(at), labels[at]), y, labels[at], "middle") for at in shown)


def _inside(x: float, text: str) -> float:
    """The middle of a text that must not leave the picture."""
    half = width(text) * _COLUMN / 2
    return min(max(x, half), WIDTH - half)


def _path(values: Sequence[float | None], number: int, field: Field) -> str:
    """One line for each run of known values; a lonely one is a dot."""
    places = [(at, value) for at, value in enumerate(values[: field.count])]
    runs = [
        [(at, value) for at, value in run if value is not None] for _, run in groupby(places, lambda p: p[1] is None)
    ]
    return "".join(_run(run, number, field) for run in runs if run)


def _run(run: Sequence[tuple[int, float]], number: int, field: Field) -> str:
    if len(run) == 1:
        (at, value), name = run[0], f"b{number % 6}"
        return tag("circle", cx=field.x(at), cy=field.y(value), r=3, fill=colour(number), class_=name)
    points = " ".join(f"{field.x(at):.2f},{field.y(value):.2f}" for at, value in run)
    return tag("polyline", points=points, fill="none", stroke_linejoin="round", **stroke(number))
