"""A bulletin as PDF, laid out like an official document (GB/T 9704-2012)."""

from typing import Any

from services.reporting.gateways.documents.charts import drawn, told
from services.reporting.gateways.documents.typesetting import typeset
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Chart, Document, Table

_WIDTH, _MOST_BARS = 76, 28


def write(document: Document) -> bytes:
    """The bytes of the PDF."""
    return typeset("official.typ", _spoken(document), outline.day_of(document.signed_on))[0]


def _spoken(document: Document) -> dict[str, Any]:
    """Everything that is printed, as text."""
    return {
        **document.model_dump(include={"issuer", "reference", "title", "opening", "copies_to"}),
        "draft": outline.DRAFT if document.is_draft else "",
        "title-lines": outline.title_lines(document.title),
        "pointer": outline.pointer(document),
        "salutation": outline.salutation(document),
        "sections": _sections(document),
        "signed": outline.long_date(document.signed_on),
        "printed": outline.printed_on(document),
        "closing": [{"heading": part.heading, "lines": list(part.lines)} for part in outline.closing(document)],
        "attachments": _attachments(document),
    }


def _sections(document: Document) -> list[dict[str, Any]]:
    numbered = outline.numbered(document.sections)
    return [
        {"heading": heading, "paragraphs": [_paragraph(text) for text in section.paragraphs]}
        for heading, section in numbered
    ]


def _paragraph(text: str) -> dict[str, str]:
    lead, rest = outline.lead(text)
    return {"lead": lead, "rest": rest}


def _attachments(document: Document) -> list[dict[str, Any]]:
    tables = [_table(table) for table in document.tables]
    charts = [{"title": outline.DRAWINGS, "charts": [_chart(chart) for chart in document.charts]}]
    listed = tables + (charts if document.charts else [])
    return [{**one, "mark": outline.attachment_mark(number, document)} for number, one in enumerate(listed, 1)]


def _table(table: Table) -> dict[str, Any]:
    columns = [
        {"title": outline.header(column), "align": outline.alignment(column), "share": share}
        for column, share in zip(table.columns, outline.shares(table), strict=True)
    ]
    return {"title": table.title, "note": table.note, "columns": columns, "rows": outline.texts(table)}


def _chart(chart: Chart) -> dict[str, Any]:
    """Tall charts are drawn smaller, so that the picture stays on its page."""
    bars = len(chart.labels) * len(chart.series) if chart.kind == "bars" else 0
    width = _WIDTH if bars <= _MOST_BARS else max(25, _WIDTH * _MOST_BARS // bars)
    return {"title": outline.chart_title(chart), "svg": drawn(chart), "told": told(chart), "width": width}
