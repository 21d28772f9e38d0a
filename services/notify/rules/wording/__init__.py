"""The words of a notice: a headline with the figure in it, what is the matter, where, and what to do next."""

import math
from collections.abc import Mapping
from datetime import date

from services.notify.rules.numerals import day, units
from services.notify.rules.wording.case import Case, Words
from services.notify.rules.wording.fiscal_dependence import FISCAL_DEPENDENCE
from services.notify.rules.wording.general import words_for
from services.notify.rules.wording.negative_growth import NEGATIVE_GROWTH
from services.notify.rules.wording.pace import BEHIND_PACE
from shared.contracts.judgements import Evidence, RegionRecovered, RegionStatus
from shared.contracts.values import with_ancestors

_OWN_WORDS = {
    "behind_pace": BEHIND_PACE,
    "negative_growth": NEGATIVE_GROWTH,
    "fiscal_dependence": FISCAL_DEPENDENCE,
}
_MOST_CHILDREN = 3
_SIGNED = "——关爱保险平台"


def title_and_text(status: RegionStatus, notice_id: str, names: Mapping[str, str]) -> tuple[str, str]:
    """Both in Chinese; `names` are those of the regions above, as far as they are known."""
    case = Case(status, full_name(status, names))
    words = _OWN_WORDS.get(status.rule) or words_for(status.rule)
    if isinstance(status, RegionRecovered):
        title, said = f"【好消息】{words.good_headline(case)}", _recovered(case, words, status.since)
    else:
        title, said = f"{_mark(status)}{words.headline(case)}", _lagging(case, words)
    return title, "\n".join([*said, f"{_SIGNED}（编号 {notice_id}）"])


def full_name(status: RegionStatus, names: Mapping[str, str]) -> str:
    """南宁市青秀区: with the names of the city and county above."""
    above = [names[code] for code in with_ancestors(status.region)[1:-1] if code in names]
    return "".join([*above, status.name])


def _mark(status: RegionStatus) -> str:
    return "【严重滞后】" if status.severity == "severe" else "【滞后提醒】"


def _lagging(case: Case, words: Words) -> list[str]:
    what = f"{words.figures(case)}，{words.line(case)}。"
    said = [what, _gap(case, words), _children(case.status.evidence, words), f"下一步：{words.next_step}"]
    return [paragraph for paragraph in said if paragraph]


def _gap(case: Case, words: Words) -> str:
    evidence = case.status.evidence
    if not evidence.gap_units:
        return ""
    per_day = evidence.needed_per_day
    daily = f"，到年度结束平均每天至少需承保{units(math.ceil(per_day))}" if per_day else ""
    return f"{words.goal}还差{units(evidence.gap_units)}{daily}。"


def _children(evidence: Evidence, words: Words) -> str:
    behind = sorted((child for child in evidence.children if child.gap > 0), key=lambda child: -child.gap)
    said = "、".join(f"{child.name}（{words.amount(child.gap)}）" for child in behind[:_MOST_CHILDREN])
    return f"差距主要在：{said}。" if said else ""


def _recovered(case: Case, words: Words, since: date) -> list[str]:
    days = (case.status.as_of - since).days
    lasted = f"，历时{days}天" if days > 0 else ""
    return [
        f"{words.figures(case)}，已达到解除标准。",
        f"自{day(since)}起的“{words.name}”提醒现予解除{lasted}。感谢各级付出的努力，请保持势头，防止反弹。",
    ]
