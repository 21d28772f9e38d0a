"""The weekly bulletin: this week's units, good news, who falls behind and why, what is needed a day."""

from datetime import date, timedelta

from services.reporting.rules.bulletins.charts import charts_of
from services.reporting.rules.bulletins.chat import chat_of_week
from services.reporting.rules.bulletins.document import Section
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.frame import Content
from services.reporting.rules.bulletins.good_news import good_news
from services.reporting.rules.bulletins.material import NO_FEED, Subject
from services.reporting.rules.bulletins.measures import shrinks
from services.reporting.rules.bulletins.overall import scale
from services.reporting.rules.bulletins.phrases import lowest, parts, period_in_words, sentence, where, whole
from services.reporting.rules.bulletins.problems import FEWEST_PACE, requests_of
from services.reporting.rules.bulletins.quarterly import pace
from services.reporting.rules.bulletins.tables import week_table

REASONS = {
    "low_penetration": "覆盖面偏低",
    "fiscal_dependence": "依赖财政出资",
    "one_step": "一次性集中投保",
    "elder_goal": "孝心保未达要求",
    "stalled": "连续14天以上没有新增",
    "slow_claims": "理赔偏慢",
    "low_satisfaction": "理赔满意率偏低",
    "no_agent": "有村（社区）没有协保员",
    "data_stale": "数据超期未更新",
}


def weekly(ledger: Ledger) -> Content:
    """What it says."""
    material = ledger.material
    period = period_in_words(_first_day(ledger), material.as_of)
    opening = (f"现将{period}{whole(material.region)}关爱保险工作进展情况通报如下：",)
    tables = (week_table(ledger),) if material.children else ()
    return Content(opening, _sections(ledger), tables, charts_of(ledger), chat_of_week(ledger))


def _first_day(ledger: Ledger) -> date:
    since = ledger.material.since or ledger.material.as_of - timedelta(days=7)
    return since + timedelta(days=1)


def _sections(ledger: Ledger) -> tuple[Section, ...]:
    general = Section(heading="本期进展", paragraphs=_general(ledger))
    if not ledger.material.fed:
        return (general,)
    news, behind = good_news(ledger), _behind(ledger)
    return (
        general,
        *([Section(heading="工作亮点", paragraphs=news)] if news else []),
        Section(heading="需要关注的地区", paragraphs=behind),
        Section(heading="下一步工作要求", paragraphs=requests_of(ledger, of_week=True)),
    )


def _general(ledger: Ledger) -> tuple[str, ...]:
    region = ledger.material.region
    if not region.now.has_feed:
        return (f"{whole(region)}{NO_FEED}。",)
    this = f"本期{whole(region)}{ledger.says(region, 'new_units')}。"
    return tuple(paragraph for paragraph in (this, scale(ledger), pace(ledger)) if paragraph)


def _behind(ledger: Ledger) -> tuple[str, ...]:
    """One paragraph a region, the slowest first: where it stands, why it is named, what it needs a day."""
    lagging = where(ledger.material.fed, lambda child: _is_named(ledger, child))
    if not lagging:
        return (_all_well(ledger),)
    slowest = lowest(ledger, lagging, "pace")
    others = [child for child in lagging if child not in slowest]
    silent = [child for child in ledger.material.children if not child.now.has_feed]
    said = [_standing(ledger, child) for child in (*slowest, *others)]
    return (*said, *[f"{child.name}：{NO_FEED}。" for child in silent])


def _all_well(ledger: Ledger) -> str:
    noun = parts(ledger.material.region)
    if all(ledger.value(child, "pace") is None for child in ledger.material.fed):
        return f"各{noun}尚未下达年度指导任务，未比较进度；没有地区触发后进规则。"
    return f"各{noun}均达到应有进度，没有地区触发后进规则。"


def _is_named(ledger: Ledger, child: Subject) -> bool:
    pace_now = ledger.value(child, "pace")
    return bool(child.lags) or shrinks(child) or (pace_now is not None and pace_now < FEWEST_PACE)


def _standing(ledger: Ledger, child: Subject) -> str:
    known = {name: ledger.value(child, name) for name in ("completion_guideline", "pace", "days_behind")}
    needed = ledger.value(child, "needed_per_day")
    less = f"同比{ledger.says(child, 'growth_units')}" if shrinks(child) else ""
    reasons = [REASONS[firing.rule] for firing in child.lags if firing.rule in REASONS]
    said = sentence(
        f"完成指导任务的{ledger.says(child, 'completion_guideline')}"
        if known["completion_guideline"] is not None
        else "",
        f"为应有进度的{ledger.says(child, 'pace')}" if known["pace"] is not None else "",
        ledger.says(child, "days_behind") if known["days_behind"] else "",
        less,
        *reasons,
        f"日均还需承保{ledger.says(child, 'needed_per_day')}" if needed else "",
    )
    return f"{child.name}：{said}"
