"""The quarterly bulletin: what the quarter added, where the year stands, and whether it will be reached."""

from datetime import timedelta

from services.reporting.rules.bulletins.annual import sections_of, tables_of
from services.reporting.rules.bulletins.charts import charts_of
from services.reporting.rules.bulletins.chat import chat_of_period
from services.reporting.rules.bulletins.document import Section
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.frame import Content
from services.reporting.rules.bulletins.periods import quarter_name, quarter_of
from services.reporting.rules.bulletins.phrases import period_in_words, sentence, whole


def quarterly(ledger: Ledger) -> Content:
    """What it says."""
    material = ledger.material
    quarter, first = quarter_of(material.as_of, material.year, material.start_month)
    period = f"{material.year}年度{quarter_name(quarter)}（{period_in_words(first, material.as_of)}）"
    opening = (f"现将{period}{whole(material.region)}关爱保险工作有关情况通报如下：",)
    general, *others = sections_of(ledger)
    paragraphs = (*general.paragraphs, *[p for p in (_added(ledger, quarter), pace(ledger)) if p])
    sections = (Section(heading=general.heading, paragraphs=paragraphs), *others)
    return Content(opening, sections, tables_of(ledger), charts_of(ledger), chat_of_period(ledger))


def _added(ledger: Ledger, quarter: int) -> str:
    region, since = ledger.material.region, ledger.material.since
    if since is None or ledger.value(region, "new_units") is None:
        return ""
    period = period_in_words(since + timedelta(days=1), ledger.material.as_of)
    return f"{quarter_name(quarter)}（{period}）{ledger.says(region, 'new_units')}。"


def pace(ledger: Ledger) -> str:
    """Where the region should stand, and what the days left ask of it."""
    region = ledger.material.region
    if ledger.value(region, "pace") is None:
        return ""
    behind, needed = ledger.value(region, "days_behind"), ledger.value(region, "needed_per_day")
    projected = ledger.value(region, "projected_completion")
    return sentence(
        f"对照上年度同期进度，达到应有进度的{ledger.says(region, 'pace')}",
        ledger.says(region, "days_behind") if behind is not None else "",
        f"预计全年完成指导任务的{ledger.says(region, 'projected_completion')}" if projected is not None else "",
        f"年度内日均还需承保{ledger.says(region, 'needed_per_day')}" if needed else "",
    )
