"""A bulletin as one HTML file that needs nothing else: no script, one style sheet, charts in the page; prints on A4."""

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files

from services.reporting.gateways.documents.charts import as_drawn, drawn
from services.reporting.gateways.documents.charts.ink import figure
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Chart, Document, Table


def write(document: Document) -> bytes:
    """UTF-8."""
    body = [_head(document), _text(document), _signature(document), _closing(document), _attachments(document)]
    page = (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{content_security_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{_tag('title', document.title)}\n<style>{_style()}</style>\n</head>\n"
        f"<body><main>\n{''.join(body)}{_imprint(document)}</main></body>\n</html>\n"
    )
    return page.encode()


def content_security_policy() -> str:
    """The strictest policy under which the page looks as it should."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return files(__package__).joinpath("templates", "page.css").read_text(encoding="utf-8")


def _tag(name: str, text: str, look: str = "") -> str:
    """An element around a text, which is escaped; nothing for no text."""
    begin = f'{name} class="{look}"' if look else name
    return f"<{begin}>{escape(text)}</{name}>" if text else ""


def _head(document: Document) -> str:
    mark = _tag("p", outline.DRAFT if document.is_draft else "", "draft")
    reference = f'<p class="reference">{escape(document.reference)}</p>'
    title = f"<h1>{escape(document.title)}</h1>"
    pointer = _tag("p", outline.pointer(document), "pointer")
    return f"<header>{mark}{_tag('p', document.issuer, 'issuer')}{reference}{title}{pointer}</header>\n"


def _text(document: Document) -> str:
    parts = [_tag("p", outline.salutation(document), "flush"), *(_tag("p", text) for text in document.opening)]
    for heading, section in outline.numbered(document.sections):
        parts += [_tag("h2", heading), *(_tag("p", text) for text in section.paragraphs)]
    return "".join(parts) + "\n"


def _signature(document: Document) -> str:
    return _tag("p", document.issuer, "signature") + _tag("p", outline.long_date(document.signed_on), "signature")


def _closing(document: Document) -> str:
    parts = [
        f"<section>{_tag('h2', part.heading)}{''.join(_tag('p', line) for line in part.lines)}</section>\n"
        for part in outline.closing(document)
    ]
    return "".join(parts)


def _attachments(document: Document) -> str:
    tables = [
        _table(table, outline.attachment_mark(number, document)) for number, table in enumerate(document.tables, 1)
    ]
    charts = [_chart(chart, f"chart{number}") for number, chart in enumerate(document.charts, 1)]
    heading = _tag("h2", f"{outline.attachment_mark(len(tables) + 1, document)}　{outline.DRAWINGS}") if charts else ""
    return "".join(tables) + heading + "".join(charts)


def _table(table: Table, mark: str) -> str:
    looks = [outline.alignment(column) for column in table.columns]
    heads = [
        f'<th scope="col" class="{look}">{escape(outline.header(column))}</th>'
        for column, look in zip(table.columns, looks, strict=True)
    ]
    named = next((at for at, column in enumerate(table.columns) if column.kind == "text"), 0)
    rows = [
        "".join(_cell(text, looks[at], is_head=at == named) for at, text in enumerate(row))
        for row in outline.texts(table)
    ]
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    caption = _tag("caption", f"{mark}　{table.title}")
    grid = f"<table>{caption}<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>{body}</tbody></table>"
    return f'<div class="scroll" tabindex="0">{grid}</div>{_tag("p", table.note, "note")}\n'


def _cell(text: str, look: str, *, is_head: bool) -> str:
    name, scope = ("th", ' scope="row"') if is_head else ("td", "")
    return f'<{name}{scope} class="{look}">{escape(text)}</{name}>'


def _chart(chart: Chart, name: str) -> str:
    """The drawing, and its numbers as a table for those who do not see it."""
    shown = as_drawn(chart)
    heads = "".join(f'<th scope="col" class="right">{escape(one.name)}</th>' for one in shown.series)
    rows = [
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(_cell(figure(one.values[at], chart.unit), "right", is_head=False) for one in shown.series)
        + "</tr>\n"
        for at, label in enumerate(shown.labels)
    ]
    grid = f"<table>{_tag('caption', chart.title)}"
    grid += f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    numbers = f'<details><summary>数据</summary><div class="scroll" tabindex="0">{grid}</div></details>'
    caption = _tag("figcaption", outline.chart_title(chart))
    return f"<figure>{caption}{drawn(chart, name)}{numbers}</figure>\n"


def _imprint(document: Document) -> str:
    copies = f"抄送：{document.copies_to}" if document.copies_to else ""
    return (
        f"<footer>{_tag('div', copies)}<div>{escape(document.issuer)}　{outline.printed_on(document)}</div></footer>\n"
    )
