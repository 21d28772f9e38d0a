"""A bulletin as a Word document, laid out like an official document (GB/T 9704-2012)."""

import zipfile
from datetime import UTC, date, datetime, time
from io import BytesIO

import docx
from docx.document import Document as Draft

from services.reporting.gateways.documents.word_frame import add_imprint, add_red_head, set_pages
from services.reporting.gateways.documents.word_styles import add_paragraph, set_styles
from services.reporting.gateways.documents.word_tables import add_charts, add_table
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Document


def write(document: Document) -> bytes:
    """The bytes of the .docx."""
    draft = docx.Document()
    set_styles(draft)
    set_pages(draft, document)
    add_red_head(draft, document)
    _add_text(draft, document)
    _add_signature(draft, document)
    _add_closing(draft, document)
    _add_attachments(draft, document)
    add_imprint(draft, document)
    _set_properties(draft, document)
    return _sealed(draft, outline.day_of(document.signed_on))


def _add_text(draft: Draft, document: Document) -> None:
    add_paragraph(draft, "\n".join(outline.title_lines(document.title)), "Title")
    if pointer := outline.pointer(document):
        add_paragraph(draft, pointer, "Subtitle")
    add_paragraph(draft, "")
    if salutation := outline.salutation(document):
        add_paragraph(draft, salutation, "Flush")
    for text in document.opening:
        add_paragraph(draft, text)
    for heading, section in outline.numbered(document.sections):
        if heading:
            add_paragraph(draft, heading, "Heading 1")
        for text in section.paragraphs:
            _add_body(draft, text)


def _add_body(draft: Draft, text: str) -> None:
    lead, rest = outline.lead(text)
    paragraph = add_paragraph(draft, "")
    if lead:
        paragraph.add_run(lead, "Kai")
    paragraph.add_run(rest)


def _add_signature(draft: Draft, document: Document) -> None:
    """The list of attachments, the issuer centred over the day, the day four characters from the right."""
    titles = outline.attachments(document)
    for number, title in enumerate(titles, 1):
        numeral = f"{number}." if len(titles) > 1 else ""
        style = "Attachment" if number == 1 else "Next Attachment"
        blank = {"before": 14} if number == 1 else {}
        add_paragraph(draft, f"{'附件：' if number == 1 else ''}{numeral}{title}", style, **blank)
    day = outline.long_date(document.signed_on)
    indent = max(0, 64 + (outline.width(day) - outline.width(document.issuer)) * 4)
    issuer = add_paragraph(draft, document.issuer, "Signature", right=indent, before=58)
    issuer.paragraph_format.keep_with_next = True
    add_paragraph(draft, day, "Signature", right=64)


def _add_closing(draft: Draft, document: Document) -> None:
    for part in outline.closing(document):
        add_paragraph(draft, part.heading, "Heading 1", before=14)
        for line in part.lines:
            add_paragraph(draft, line)


def _add_attachments(draft: Draft, document: Document) -> None:
    for number, table in enumerate(document.tables, 1):
        _begin_attachment(draft, document, number)
        add_table(draft, table)
    if document.charts:
        _begin_attachment(draft, document, len(document.tables) + 1)
        add_charts(draft, document)


def _begin_attachment(draft: Draft, document: Document, number: int) -> None:
    mark = add_paragraph(draft, outline.attachment_mark(number, document), "Mark")
    mark.paragraph_format.page_break_before = True
    add_paragraph(draft, "\n".join(outline.title_lines(outline.attachments(document)[number - 1], 44)), "Heading 2")


def _set_properties(draft: Draft, document: Document) -> None:
    """Author and times say who signed and when, never who wrote the file and now."""
    signed_at = datetime.combine(outline.day_of(document.signed_on), time(4), UTC)
    properties = draft.core_properties
    properties.title, properties.author = document.title[:255], document.issuer[:255]
    properties.last_modified_by, properties.keywords = document.issuer[:255], document.reference[:255]
    properties.created = properties.modified = signed_at
    properties.comments, properties.language, properties.revision = "", "zh-CN", 1


def _sealed(draft: Draft, day: date) -> bytes:
    """The package with the signed day on every entry, so that it never depends on now."""
    written, sealed = BytesIO(), BytesIO()
    draft.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(sealed, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            stamped = zipfile.ZipInfo(entry.filename, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
            stamped.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(stamped, source.read(entry))
    return sealed.getvalue()
