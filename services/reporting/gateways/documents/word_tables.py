"""Tables and charts in Word."""

from io import BytesIO
from typing import Any

from docx.document import Document as Draft
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from services.reporting.gateways.documents.charts import drawn, told
from services.reporting.gateways.documents.typesetting import typeset
from services.reporting.gateways.documents.word_frame import TEXT_WIDTH_MM
from services.reporting.gateways.documents.word_styles import FANGSONG, HEI, add_paragraph, element, set_font
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Chart, Document, Table

_ALIGNED = {
    "left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT,
}  # fmt: skip
_WIDEST_MM, _HIGHEST_MM = TEXT_WIDTH_MM * 0.74, 95


def add_table(draft: Draft, table: Table) -> None:
    """A grid as wide as the text, its header on every page, figures to the right."""
    grid = draft.add_table(len(table.rows) + 1, len(table.columns), "Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _set_widths(grid, outline.shares(table))
    cells = [cell for row in grid._tbl.tr_lst for cell in row.tc_lst]
    headers: list[tuple[str, str]] = [(outline.header(column), "center") for column in table.columns]
    aligned = [outline.alignment(column) for column in table.columns]
    body: list[tuple[str, str]] = [
        (text, align) for row in outline.texts(table) for text, align in zip(row, aligned, strict=True)
    ]
    size = 12 if len(table.columns) <= 6 else 10.5 if len(table.columns) <= 9 else 9
    for at, (cell, (text, align)) in enumerate(zip(cells, headers + body, strict=True)):
        _fill(cell, text, _ALIGNED[align], (HEI if at < len(headers) else FANGSONG, size))
    _repeat_header(grid)
    if table.note:
        add_paragraph(draft, table.note, "Note", before=6)


def add_charts(draft: Draft, document: Document) -> None:
    """Each chart as a picture with its words for those who do not see it."""
    data = {"charts": [drawn(chart) for chart in document.charts]}
    pictures = typeset("charts.typ", data, outline.day_of(document.signed_on), "png")
    for chart, picture in zip(document.charts, pictures, strict=True):
        add_paragraph(draft, outline.chart_title(chart), "Chart Title", before=6)
        _add_picture(draft, chart, picture)


def _add_picture(draft: Draft, chart: Chart, picture: bytes) -> None:
    run = add_paragraph(draft, "", "Picture").add_run()
    shape = run.add_picture(BytesIO(picture), width=Mm(_wide(picture)))
    shape._inline.docPr.set("descr", told(chart))
    shape._inline.docPr.set("title", chart.title)


def _wide(picture: bytes) -> float:
    """As wide as the text, less where that would be too high for half a page."""
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
    return min(_WIDEST_MM, _HIGHEST_MM * width / height)


def _set_widths(grid: Any, shares: list[int]) -> None:
    twips = [round(TEXT_WIDTH_MM * 56.69 * share / sum(shares)) for share in shares]
    for column, width in zip(grid._tbl.tblGrid.gridCol_lst, twips, strict=True):
        column.set(qn("w:w"), str(width))
    for row in grid._tbl.tr_lst:
        for cell, width in zip(row.tc_lst, twips, strict=True):
            cell.width = Pt(width / 20)


def _fill(cell: Any, text: str, align: WD_ALIGN_PARAGRAPH, font: tuple[str, float]) -> None:
    paragraph = cell.p_lst[0]
    properties = paragraph.get_or_add_pPr()
    properties.style = "Note"
    properties.jc_val = align
    run = paragraph.add_r()
    run.text = text
    set_font(run.get_or_add_rPr(), font[0])
    run.rPr.sz_val = Pt(font[1])
    cell.get_or_add_tcPr().append(element("w:vAlign", val="center"))


def _repeat_header(grid: Any) -> None:
    for at, row in enumerate(grid._tbl.tr_lst):
        properties = row.get_or_add_trPr()
        properties.append(element("w:cantSplit"))
        if at == 0:
            properties.append(element("w:tblHeader"))
