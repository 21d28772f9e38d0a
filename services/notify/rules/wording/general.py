"""Words for every other rule, whatever it measures: the reading against its threshold."""

from collections.abc import Callable
from dataclasses import dataclass

from services.notify.rules.numerals import percent, plain, units
from services.notify.rules.wording.case import Case, Words

Spoken = Callable[[float], str]


def _number(value: float) -> str:
    return plain(value, 2)


@dataclass(frozen=True)
class Rule:
    """A rule's name and how its reading is said."""

    name: str
    spoken: Spoken = _number


def _fine_percent(value: float) -> str:
    return f"{plain(value * 100, 2)}%"


_RULES = {
    "low_penetration": Rule("覆盖率偏低", _fine_percent),
    "one_step": Rule("一次性统保占比过高", percent),
    "elder_goal": Rule("孝心保未达目标", units),
    "stalled": Rule("承保停滞", lambda days: f"{plain(days, 0)}天"),
    "slow_claims": Rule("理赔迟缓", percent),
    "low_satisfaction": Rule("满意率偏低", percent),
    "no_agent": Rule("有村没有协保员", lambda villages: f"{plain(villages, 0)}个村"),
}


def words_for(rule: str) -> Words:
    """A rule that nobody has named yet goes by its identifier."""
    known = _RULES.get(rule, Rule(rule))
    return Words(
        name=known.name,
        headline=lambda case: f"{case.name}关爱保险“{known.name}”{_reading(case, known.spoken)}",
        good_headline=lambda case: f"{case.name}关爱保险“{known.name}”提醒解除{_reading(case, known.spoken)}",
        figures=lambda case: _figures(case, known),
        line=lambda case: f"提醒线为{known.spoken(case.threshold)}",
        goal="达到解除标准",
        amount=_number,
        next_step="请核实数据、查明原因，逐项提出改进措施，并在平台上对本提醒作出表态，写明责任人和完成日期。",
    )


def _reading(case: Case, spoken: Spoken) -> str:
    return "" if case.value is None else f"：{spoken(case.value)}"


def _figures(case: Case, rule: Rule) -> str:
    reading = "" if case.value is None else f"为{rule.spoken(case.value)}"
    return f"{case.opening}“{rule.name}”指标{reading}{_fraction(case)}"


def _fraction(case: Case) -> str:
    evidence = case.status.evidence
    if evidence.denominator is None:
        return ""
    return f"（分子{_number(evidence.numerator)}，分母{_number(evidence.denominator)}）"
