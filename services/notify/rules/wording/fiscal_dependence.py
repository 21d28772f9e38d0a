"""Too much of the premium comes from public money: numerator and denominator are yuan."""

from services.notify.rules.numerals import percent, yuan
from services.notify.rules.wording.case import Case, Words, largest_gaps


def _share(case: Case, before: str) -> str:
    return "" if case.value is None else f"{before}{percent(case.value, case.threshold)}"


def _figures(case: Case) -> str:
    evidence = case.status.evidence
    total = f"保费收入{yuan(evidence.denominator)}，其中" if evidence.denominator is not None else ""
    return f"{case.opening}{total}财政出资{yuan(evidence.numerator)}{_share(case, '，占')}"


FISCAL_DEPENDENCE = Words(
    name="财政依赖",
    headline=lambda case: f"{case.name}关爱保险过于依赖财政{_share(case, '，财政出资占')}",
    good_headline=lambda case: f"{case.name}关爱保险财政出资占比回落{_share(case, '至')}",
    figures=_figures,
    line=lambda case: f"高于{percent(case.threshold)}的提醒线",
    goal="按解除标准",
    where=largest_gaps(lambda gap: f"超出{yuan(gap)}"),
    next_step="请把宣传重点转到群众自费参保，不以财政一次性统保代替入户动员；与财政部门商定资助范围，只保特殊困难家庭；"
    "一个月内提出提高自费比例的分步安排，并在平台上作出表态。",
)
