"""A bulletin as plain text: tables stand in columns where a Chinese character is two wide."""

from collections.abc import Sequence

from services.reporting.gateways.documents.charts import told
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Document, Table

_INDENT = "　　"


def write(document: Document) -> bytes:
    """UTF-8."""
    lines = lines_without_tables(document)
    for number, table in enumerate(document.tables, 1):
        lines += ["", f"{outline.attachment_mark(number, document)}　{table.title}", "", *_aligned(table)]
    if document.charts:
        mark = outline.attachment_mark(len(document.tables) + 1, document)
        lines += ["", f"{mark}　{outline.DRAWINGS}", "", *map(told, document.charts)]
    return "\n".join([*lines, ""]).encode()


def lines_without_tables(document: Document) -> list[str]:
    """Everything that is said in sentences, in the order of the document."""
    head = [outline.DRAFT if document.is_draft else "", document.issuer, document.reference]
    title = [document.title, outline.pointer(document), outline.salutation(document)]
    opening = [_INDENT + text for text in document.opening]
    return [*_given(head), "", *_given(title), *opening, *_chapters(document), "", *_end(document)]


def _chapters(document: Document) -> list[str]:
    lines: list[str] = []
    for heading, section in outline.numbered(document.sections):
        lines += [_INDENT + text for text in _given([heading, *section.paragraphs])]
    return lines


def _end(document: Document) -> list[str]:
    titles = outline.attachments(document)
    listed = [
        f"附件{number}：{title}" if len(titles) > 1 else f"附件：{title}" for number, title in enumerate(titles, 1)
    ]
    signature = ["", document.issuer, outline.long_date(document.signed_on)]
    closing = [line for part in outline.closing(document) for line in ("", f"【{part.heading}】", *part.lines)]
    copies = ["", f"抄送：{document.copies_to}"] if document.copies_to else []
    return [*listed, *signature, *closing, *copies]


def _given(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text]


def _aligned(table: Table) -> list[str]:
    rows = [[outline.header(column) for column in table.columns], *outline.texts(table)]
    rows = [[text.replace("\n", " ") for text in row] for row in rows]
    widths = [max(map(outline.width, column)) for column in zip(*rows, strict=True)]
    to_right = [outline.alignment(column) == "right" for column in table.columns]
    lines = [
        "  ".join(_padded(text, wide, right) for text, wide, right in zip(row, widths, to_right, strict=True)).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:], *_given([table.note])]


def _padded(text: str, wide: int, to_right: bool) -> str:
    space = " " * (wide - outline.width(text))
    return space + text if to_right else text + space
