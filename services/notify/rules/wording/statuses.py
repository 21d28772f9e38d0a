"""A region lags, or has recovered: the rule's own words in the same order for all rules."""

import math
from collections.abc import Mapping
from datetime import date

from services.notify.rules.numerals import day, units
from services.notify.rules.wording.case import Case, Words
from services.notify.rules.wording.letterhead import full_name, signed
from services.notify.rules.wording.vocabulary import words_for
from shared.contracts.judgements import RegionRecovered, RegionStatus


def title_and_text(status: RegionStatus, notice_id: str, names: Mapping[str, str]) -> tuple[str, str]:
    """`names` are those of the regions above, as far as they are known."""
    case = Case(status, full_name(status.region, status.name, names))
    words = words_for(status.rule)
    if isinstance(status, RegionRecovered):
        title, said = f"【{words.marks.good}】{words.good_headline(case)}", _recovered(case, words, status.since)
    else:
        title, said = f"【{_mark(status, words)}】{words.headline(case)}", _lagging(case, words)
    return title, signed(said, notice_id)


def _mark(status: RegionStatus, words: Words) -> str:
    return words.marks.severe if status.severity == "severe" else words.marks.warning


def _lagging(case: Case, words: Words) -> list[str]:
    what = f"{words.figures(case)}，{words.line(case)}。"
    return [what, _gap(case, words), words.where(case), f"下一步：{words.next_step}"]


def _gap(case: Case, words: Words) -> str:
    evidence = case.status.evidence
    if not evidence.gap_units:
        return ""
    per_day = evidence.needed_per_day
    daily = f"，到年度结束平均每天至少需承保{units(math.ceil(per_day))}" if per_day else ""
    return f"{words.goal}还差{units(evidence.gap_units)}{daily}。"


def _recovered(case: Case, words: Words, since: date) -> list[str]:
    days = (case.status.as_of - since).days
    lasted = f"，历时{days}天" if days > 0 else ""
    figures = words.good_figures or words.figures
    return [
        f"{figures(case)}，{words.ending}。",
        f"自{day(since)}起的“{words.name}”提醒现予解除{lasted}。{words.farewell}",
    ]
