"""A bulletin as one picture for a chat group: the title, big figures, the first chart."""

from services.reporting.gateways.documents.charts import as_drawn, drawn
from services.reporting.gateways.documents.chat_text import spoken
from services.reporting.gateways.documents.typesetting import typeset
from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Chart, Document

_MOST_BARS = 20


def write(document: Document) -> bytes:
    """The bytes of the PNG, 1080 pixels wide."""
    charts = [_topmost(chart) for chart in document.charts[:1]]
    data = {
        "issuer": outline.shortened(document.issuer, 60),
        "title-lines": outline.title_lines(outline.shortened(document.title, 160), 34),
        "draft": outline.DRAFT if document.is_draft else "",
        "lines": [line for line in spoken(document.model_copy(update={"is_draft": False})) if line.strip()],
        "charts": [{"title": outline.chart_title(chart), "svg": drawn(chart)} for chart in charts],
        "source": _source(document),
    }
    return typeset("chat.typ", data, outline.day_of(document.signed_on), "png")[0]


def _source(document: Document) -> str:
    parts = (document.issuer, document.reference, outline.long_date(document.signed_on))
    return outline.shortened("　".join(part for part in parts if part), 90)


def _topmost(chart: Chart) -> Chart:
    """A picture in a chat shows the first twenty bars."""
    shown = as_drawn(chart)
    if chart.kind == "lines" or len(shown.labels) <= _MOST_BARS:
        return shown
    series = tuple(one.model_copy(update={"values": one.values[:_MOST_BARS]}) for one in shown.series)
    title = f"{chart.title}（前{_MOST_BARS}位）"
    return shown.model_copy(update={"title": title, "labels": shown.labels[:_MOST_BARS], "series": series})
