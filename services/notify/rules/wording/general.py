"""Words for a rule that nobody has named yet: it goes by its identifier, the reading against its threshold."""

from services.notify.rules.numerals import plain
from services.notify.rules.wording.case import Case, Words, largest_gaps


def general_words(rule: str) -> Words:
    """A rule of any name, whatever it measures."""
    return Words(
        name=rule,
        headline=lambda case: f"{case.name}关爱保险“{rule}”指标越过提醒线{_reading(case, '，')}",
        good_headline=lambda case: f"{case.name}关爱保险“{rule}”提醒解除{_reading(case, '，')}",
        figures=lambda case: f"{case.opening}“{rule}”指标{_reading(case)}{_fraction(case)}",
        line=lambda case: f"提醒线为{_number(case.threshold)}",
        where=largest_gaps(_number),
        next_step="请核实数据、查明原因，逐项提出改进措施，并在平台上对本提醒作出表态，写明责任人和完成日期。",
    )


def _number(value: float) -> str:
    """Ratios need more decimals than amounts."""
    return plain(value, 4 if abs(value) < 1 else 2)


def _reading(case: Case, pause: str = "") -> str:
    return "" if case.value is None else f"{pause}为{_number(case.value)}"


def _fraction(case: Case) -> str:
    evidence = case.status.evidence
    if evidence.denominator is None:
        return ""
    return f"（分子{_number(evidence.numerator)}，分母{_number(evidence.denominator)}）"
