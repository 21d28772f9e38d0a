"""Charts that Excel draws itself, with the numbers they are drawn from."""

from collections.abc import Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from services.reporting.gateways.documents.charts import as_drawn
from services.reporting.gateways.documents.charts.ink import COLOURS
from services.reporting.gateways.documents.workbook_sheets import Inks, set_paper, write_text
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Chart
from services.reporting.rules.bulletins.rounding import WAN, decimal_of

_SHEET = "图示"
_DASHES = ("solid", "dash", "round_dot", "dash_dot", "long_dash", "long_dash_dot")
_NUMBERS = {"%": "0.00%", "万元": "#,##0.00"}


def add_chart_sheet(book: Workbook, inks: Inks, charts: Sequence[Chart]) -> None:
    """One block a chart: its numbers at the left, the picture beside them. Every text is a reference to a cell."""
    sheet = book.add_worksheet(_SHEET)
    sheet.set_column(0, 0, 18)
    top = 0
    for chart in map(as_drawn, charts):
        _write_numbers(sheet, inks, chart, top)
        sheet.insert_chart(top, len(chart.series) + 2, _drawn(book, chart, top))
        top += max(len(chart.labels) + 4, 22 if chart.kind == "lines" else len(chart.labels) + 8)
    set_paper(sheet, (top, max(len(chart.series) for chart in charts) + 12), is_wide=True)


def _write_numbers(sheet: Worksheet, inks: Inks, chart: Chart, top: int) -> None:
    write_text(sheet, (top, 0), outline.chart_title(chart), inks, bold=True)
    for row, label in enumerate(chart.labels, top + 2):
        write_text(sheet, (row, 0), label, inks)
    ink = inks.of(num_format=_NUMBERS.get(chart.unit, "#,##0"))
    for column, series in enumerate(chart.series, 1):
        write_text(sheet, (top + 1, column), series.name, inks, bold=True)
        for row, value in enumerate(series.values[: len(chart.labels)], top + 2):
            if value is not None:
                number = float(decimal_of(value) / WAN) if chart.unit == "万元" else value
                sheet.write_number(row, column, number, ink)


def _drawn(book: Workbook, chart: Chart, top: int) -> Any:
    drawn = book.add_chart({"type": "bar" if chart.kind == "bars" else "line"})
    drawn.set_title({"name": [_SHEET, top, 0], "name_font": {"size": 12}})
    for number in range(len(chart.series)):
        drawn.add_series(_series(chart, number, top))
    drawn.show_blanks_as("gap")
    drawn.set_legend({"position": "bottom"} if chart.kind == "lines" or len(chart.series) > 1 else {"none": True})
    height = max(300, 24 * len(chart.labels)) if chart.kind == "bars" else 380
    drawn.set_size({"width": 560, "height": height})
    if chart.kind == "bars":
        drawn.set_y_axis({"reverse": True, "label_position": "low"})
    else:
        drawn.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#D9DEE3"}}})
    return drawn


def _series(chart: Chart, number: int, top: int) -> dict[str, Any]:
    first, last = top + 2, top + 1 + len(chart.labels)
    colour = COLOURS[number % len(COLOURS)]
    cells = {
        "name": [_SHEET, top + 1, number + 1],
        "categories": [_SHEET, first, 0, last, 0],
        "values": [_SHEET, first, number + 1, last, number + 1],
    }
    if chart.kind == "bars":
        return {**cells, "fill": {"color": colour}, "gap": 60, "data_labels": {"value": True}}
    return {**cells, "line": {"color": colour, "width": 2.25, "dash_type": _DASHES[number % len(_DASHES)]}}
