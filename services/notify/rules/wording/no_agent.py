"""Villages without an enrolment agent: numerator counts them, denominator all villages of the township."""

from services.notify.rules.numerals import plain
from services.notify.rules.wording.case import Case, Words


def _villages(case: Case) -> str:
    return f"{plain(case.count, 0)}个村"


def _figures(case: Case) -> str:
    villages = case.status.evidence.denominator
    within = f"{plain(villages, 0)}个村中" if villages is not None else ""
    return f"{case.until}，{case.name}{within}有{_villages(case)}没有在岗协保员"


def _vacancies(case: Case) -> str:
    """Every vacancy that is named; there may be more."""
    named = [child.name for child in case.status.evidence.children]
    more = f"等{_villages(case)}" if len(named) < case.count else ""
    return f"空缺在：{'、'.join(named)}{more}。" if named else ""


NO_AGENT = Words(
    name="协保员空缺",
    headline=lambda case: f"{case.name}有{_villages(case)}没有在岗协保员",
    good_headline=lambda case: f"{case.name}村村都有了协保员",
    figures=_figures,
    line=lambda _: "未达到每个村至少有一名协保员的要求",
    where=_vacancies,
    next_step="请会同村“两委”在两周内为空缺的村推选协保员，完成培训并在平台登记；到岗之前由邻村协保员或专管员代办，"
    "参保、报案不断档；并在平台上对本提醒作出表态，写明到岗日期。",
    good_figures=lambda case: f"{case.until}，{case.name}每个村都有在岗协保员",
)
