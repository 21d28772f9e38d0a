"""Tables on sheets: texts that can never become formulas, numbers that are numbers, and pages of A4."""

import re
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Cell, Column, Table
from services.reporting.rules.bulletins.rounding import WAN, decimal_of, shown

_LONGEST_TEXT = 32_000
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOT_IN_NAMES = re.compile(r"[]\[:*?/\\'\n\t]")
_A4 = 9
_HEADER_ROW = 1
Place = tuple[int, int]


class Inks:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **look: Any) -> Format:
        """The format with these properties."""
        key = tuple(sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": "宋体", **look})
        return self._made[key]


def write_text(sheet: Worksheet, at: Place, text: str, inks: Inks, **look: Any) -> None:
    """A text, whatever it begins with; what a spreadsheet would take for a formula keeps its quote when edited."""
    quoted = {"quote_prefix": True} if text.startswith(_DANGEROUS) else {}
    sheet.write_string(*at, text[:_LONGEST_TEXT], inks.of(num_format="@", **quoted, **look))


def sheet_name(number: int, title: str) -> str:
    """A name that Excel takes: at most 31 characters, none of []:*?/\\ or a quote, unlike all others."""
    return f"附{number} {_NOT_IN_NAMES.sub('', title)}"[:31].strip()


def add_table_sheet(sheet: Worksheet, inks: Inks, table: Table) -> None:
    """Title, frozen header, rows, note; printed on A4 with the header on every page."""
    last = len(table.columns) - 1
    _write_title(sheet, inks, table.title, last)
    for at, column in enumerate(table.columns):
        write_text(sheet, (_HEADER_ROW, at), outline.header(column), inks, **_HEADER)
        for row, cells in enumerate(table.rows, _HEADER_ROW + 1):
            _write_cell(sheet, (row, at), (cells[at], column), inks)
    for at, share in enumerate(outline.shares(table)):
        sheet.set_column(at, at, min(share + 3, 50))
    bottom = _HEADER_ROW + len(table.rows)
    if table.note:
        bottom += 1
        write_text(sheet, (bottom, 0), table.note, inks)
    sheet.freeze_panes(_HEADER_ROW + 1, 0)
    sheet.repeat_rows(0, _HEADER_ROW)
    set_paper(sheet, (bottom, last), is_wide=last > 7)


_HEADER = {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True, "bg_color": "#EEF2F6"}


def set_paper(sheet: Worksheet, last: Place, *, is_wide: bool) -> None:
    """A4, one page wide, with page numbers."""
    sheet.set_paper(_A4)
    if is_wide:
        sheet.set_landscape()
    sheet.set_margins(left=0.7, right=0.7, top=0.8, bottom=0.8)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, *last)
    sheet.center_horizontally()
    sheet.set_footer("&C— &P —")


def _write_title(sheet: Worksheet, inks: Inks, title: str, last: int) -> None:
    look = {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter", "text_wrap": True}
    if last:
        sheet.merge_range(0, 0, 0, last, "", inks.of(**look))
    write_text(sheet, (0, 0), title, inks, **look)
    sheet.set_row(0, 30)


def _write_cell(sheet: Worksheet, at: Place, cell: tuple[Cell, Column], inks: Inks) -> None:
    value, column = cell
    look = {"border": 1, "align": outline.alignment(column)}
    if isinstance(value, str) or column.kind == "text" or shown(value, column) == "—":
        write_text(sheet, at, shown(value, column), inks, **look)
    elif value is not None:
        number = float(decimal_of(value) / WAN) if column.kind == "money" else value
        sheet.write_number(*at, number, inks.of(num_format=_number_format(column), **look))


def _number_format(column: Column) -> str:
    decimals = f".{'0' * column.decimals}" if column.decimals else ""
    match column.kind:
        case "percent":
            return f"0{decimals}%"
        case "money":
            return f"#,##0{decimals}"
        case "signed":
            return "+#,##0;-#,##0;0"
        case "count":
            return "#,##0"
        case _:
            return "0"
