"""The annual bulletin: the year's result, who leads, what goes wrong, what comes next."""

from services.reporting.rules.bulletins.charts import charts_of
from services.reporting.rules.bulletins.chat import chat_of_period
from services.reporting.rules.bulletins.children import progress_of_children
from services.reporting.rules.bulletins.document import Section, Table
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.frame import Content
from services.reporting.rules.bulletins.overall import overall
from services.reporting.rules.bulletins.phrases import parts, period_in_words, whole
from services.reporting.rules.bulletins.problems import problems_of, requests_of
from services.reporting.rules.bulletins.tables import money_table, task_table
from services.reporting.rules.pace import last_day_of
from shared.contracts.values import first_day_of


def annual(ledger: Ledger) -> Content:
    """What it says."""
    return Content(_opening(ledger), sections_of(ledger), tables_of(ledger), charts_of(ledger), chat_of_period(ledger))


def _opening(ledger: Ledger) -> tuple[str, ...]:
    material = ledger.material
    first, last = first_day_of(material.year, material.start_month), last_day_of(material.year, material.start_month)
    what = f"{material.year}年度（{period_in_words(first, last)}）{whole(material.region)}关爱保险工作"
    return (f"现将{what}有关情况通报如下：",)


def sections_of(ledger: Ledger) -> tuple[Section, ...]:
    """The four chapters; without a single report the last three have nothing to stand on."""
    general = Section(heading="总体情况", paragraphs=overall(ledger))
    if not ledger.material.fed:
        return (general,)
    return (
        general,
        Section(heading=f"各{parts(ledger.material.region)}进展情况", paragraphs=progress_of_children(ledger)),
        Section(heading="存在的问题", paragraphs=problems_of(ledger)),
        Section(heading="下一步工作要求", paragraphs=requests_of(ledger)),
    )


def tables_of(ledger: Ledger) -> tuple[Table, ...]:
    """Tasks, and money."""
    return (task_table(ledger), money_table(ledger)) if ledger.material.children else ()
