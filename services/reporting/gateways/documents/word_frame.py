"""What frames an official document in Word: margins, page numbers, the red head, the imprint at the end."""

from typing import Any

from docx.document import Document as Draft
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from services.reporting.gateways.documents.word_styles import add_paragraph, element
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Document

TEXT_WIDTH_MM = 156
_TEXT_WIDTH_PT, _HEAD_SIZE = 442, 40
_AFTER_BORDERS_OF_TABLES = ("w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
_AFTER_BORDERS = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")


def set_pages(draft: Draft, document: Document) -> None:
    """A4 with the margins of the standard; page numbers outside; the mark of a draft on every page."""
    section = draft.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(20), Mm(22)
    grid = section._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), "579")
    draft.settings.odd_and_even_pages_header_footer = True
    _number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    for header in (section.header, section.even_page_header):
        header.paragraphs[0].style = "Draft Mark"
        header.paragraphs[0].add_run(outline.DRAFT if document.is_draft else "")


def add_red_head(draft: Draft, document: Document) -> None:
    """发文机关标志, 发文字号 and the red line."""
    issuer = draft.paragraphs[0] if draft.paragraphs else draft.add_paragraph()
    issuer.style = "Issuer"
    run = issuer.add_run(document.issuer)
    wide = outline.width(document.issuer) / 2
    run.font.size = Pt(int(max(20, min(_HEAD_SIZE, _TEXT_WIDTH_PT / max(wide, 1) - 1))))
    issuer.paragraph_format.space_before = Mm(35 - 6)
    reference = add_paragraph(draft, document.reference, "Reference", before=58 if document.reference else 0)
    reference.paragraph_format.space_after = Pt(29)
    _draw_line_below(reference)


def add_imprint(draft: Draft, document: Document) -> None:
    """版记: who gets copies, who printed it and when, at the foot of the last page."""
    table = draft.add_table(0, 1)
    _put_at_the_foot(table)
    if document.copies_to:
        _add_row(table, f"抄送：{document.copies_to}")
    printed = _add_row(table, f"{document.issuer}\t{outline.printed_on(document)}")
    printed.paragraph_format.tab_stops.add_tab_stop(Pt(_TEXT_WIDTH_PT - 28), WD_TAB_ALIGNMENT.RIGHT)
    add_paragraph(draft, "", "Anchor")


def _add_row(table: Any, text: str) -> Paragraph:
    paragraph: Paragraph = table.add_row().cells[0].paragraphs[0]
    paragraph.style = "Imprint"
    paragraph.add_run(text)
    return paragraph


def _put_at_the_foot(table: Any) -> None:
    properties = table._tbl.tblPr
    place = element("w:tblpPr", vertAnchor="margin", horzAnchor="margin", tblpX=1, tblpYSpec="bottom")
    properties.insert_element_before(place, "w:tblW", "w:jc", *_AFTER_BORDERS_OF_TABLES)
    borders = element("w:tblBorders")
    for side, size in (("top", 8), ("bottom", 8), ("insideH", 6)):
        borders.append(element(f"w:{side}", val="single", sz=size, space=0, color="000000"))
    properties.insert_element_before(borders, *_AFTER_BORDERS_OF_TABLES)


def _number(paragraph: Paragraph, align: WD_ALIGN_PARAGRAPH) -> None:
    """— 1 —, one character from the edge."""
    paragraph.style = "Page Number"
    paragraph.alignment = align
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
    paragraph.add_run("— ")
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        run = paragraph.add_run()._r
        if kind:
            run.append(element("w:fldChar", fldCharType=kind))
        else:
            run.append(element("w:instrText", text))
    paragraph.add_run(" —")


def _draw_line_below(paragraph: Paragraph) -> None:
    borders = element("w:pBdr")
    borders.append(element("w:bottom", val="single", sz=18, space=11, color="D7000F"))
    paragraph._p.get_or_add_pPr().insert_element_before(borders, *_AFTER_BORDERS)
