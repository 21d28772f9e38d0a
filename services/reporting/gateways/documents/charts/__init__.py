"""Charts as SVG: drawn once, shown on pages, in documents and in pictures alike."""

from services.reporting.gateways.documents.charts.bars import draw_bars, ranked
from services.reporting.gateways.documents.charts.ink import WIDTH, figure, tag, written
from services.reporting.gateways.documents.charts.lines import draw_lines
from services.reporting.rules.bulletins.document import Chart

__all__ = ["as_drawn", "drawn", "told"]
_MOST_TOLD = 20


def as_drawn(chart: Chart) -> Chart:
    """The chart in the order in which it is shown: bars are ranked by their first series."""
    return ranked(chart) if chart.kind == "bars" else chart


def drawn(chart: Chart, name: str = "chart") -> str:
    """An SVG element; `name` makes the ids of its title and description unique on a page."""
    marks, height = draw_bars(ranked(chart)) if chart.kind == "bars" else draw_lines(chart)
    words = tag("title", written(chart.title), id=f"{name}-title") + tag(
        "desc", written(told(chart)), id=f"{name}-desc"
    )
    return tag(
        "svg",
        words + marks,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        font_family="FangSong, 'Noto Sans CJK SC', SimHei, sans-serif",
        font_size=13,
    )


def told(chart: Chart) -> str:
    """What the chart shows, for those who do not see it: bars one by one, of lines the first and last value."""
    shown = as_drawn(chart)
    if chart.kind == "bars":
        values = zip(shown.labels, shown.series[0].values, strict=False) if shown.series else ()
        listed = [f"{label} {figure(value, chart.unit)}" for label, value in values]
        rest = f"……共{len(listed)}项" if len(listed) > _MOST_TOLD else ""
        return f"{chart.title}（{chart.unit}）：{'，'.join(listed[:_MOST_TOLD])}{rest}"
    lines = [f"{series.name}{_from_to(chart, series.values)}" for series in chart.series]
    return f"{chart.title}（{chart.unit}）：{'；'.join(lines)}"


def _from_to(chart: Chart, values: tuple[float | None, ...]) -> str:
    known = [(label, value) for label, value in zip(chart.labels, values, strict=False) if value is not None]
    if not known:
        return "没有数据"
    (first, start), (last, end) = known[0], known[-1]
    return f"从{first}的{figure(start, chart.unit)}到{last}的{figure(end, chart.unit)}"
