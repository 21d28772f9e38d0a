"""A bulletin as an Excel workbook: the text, a sheet a table with typed, unrounded numbers, and native charts."""

from datetime import UTC, datetime, time
from io import BytesIO

from xlsxwriter import Workbook

from services.reporting.gateways.documents.plain_text import lines_without_tables
from services.reporting.gateways.documents.workbook_charts import add_chart_sheet
from services.reporting.gateways.documents.workbook_sheets import (
    Inks,
    add_table_sheet,
    set_paper,
    sheet_name,
    write_text,
)
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Document

_NOTHING_IS_CODE = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


_LINE: dict[str, object] = {"text_wrap": True, "valign": "top", "font_size": 12}


def write(document: Document) -> bytes:
    """The bytes of the .xlsx."""
    written = BytesIO()
    book = Workbook(written, _NOTHING_IS_CODE)
    _set_properties(book, document)
    inks = Inks(book)
    _add_text_sheet(book, inks, document)
    for number, table in enumerate(document.tables, 1):
        add_table_sheet(book.add_worksheet(sheet_name(number, table.title)), inks, table)
    if document.charts:
        add_chart_sheet(book, inks, document.charts)
    book.close()
    return written.getvalue()


def _add_text_sheet(book: Workbook, inks: Inks, document: Document) -> None:
    sheet = book.add_worksheet("正文")
    sheet.set_column(0, 0, 88)
    looks: dict[str, dict[str, object]] = {
        document.title: {"bold": True, "font_size": 18, "align": "center"},
        outline.DRAFT: {"font_color": "#D7000F"},
    }
    rows = [line for line in lines_without_tables(document) if line]
    for row, line in enumerate(rows):
        write_text(sheet, (row, 0), line, inks, **{**_LINE, **looks.pop(line, {})})
    set_paper(sheet, (len(rows) - 1, 0), is_wide=False)


def _set_properties(book: Workbook, document: Document) -> None:
    signed_at = datetime.combine(outline.day_of(document.signed_on), time(4), UTC).replace(tzinfo=None)
    shown = {"title": document.title[:255], "author": document.issuer[:255], "keywords": document.reference[:255]}
    book.set_properties({**shown, "created": signed_at})
