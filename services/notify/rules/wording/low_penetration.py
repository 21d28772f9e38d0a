"""Few of the residents are covered, held against the parent region: numerator is units, denominator residents."""

from services.notify.rules.numerals import fine_percent, people, units
from services.notify.rules.wording.case import Case, Words, largest_gaps


def _share(case: Case) -> str:
    return "" if case.value is None else f"，占常住人口的{fine_percent(case.value, case.threshold)}"


def _figures(case: Case) -> str:
    evidence = case.status.evidence
    residents = f"，常住人口{people(evidence.denominator)}" if evidence.denominator is not None else ""
    return f"{case.opening}累计承保{units(evidence.numerator)}{residents}{_share(case)}"


LOW_PENETRATION = Words(
    name="覆盖率偏低",
    headline=lambda case: f"{case.name}关爱保险覆盖率偏低{_share(case)}",
    good_headline=lambda case: f"{case.name}关爱保险覆盖率回升{_share(case)}",
    figures=_figures,
    line=lambda case: f"低于{fine_percent(case.threshold)}的提醒线（按上一级平均水平折算）",
    where=largest_gaps(lambda gap: f"差{units(gap)}"),
    next_step="请逐村摸清尚未参保的家庭，列出清单分到每名协保员上门宣传；到覆盖较好的邻近地区学习做法；"
    "外出务工的家庭用电话和微信联系；并在平台上对本提醒作出表态，写明每月新增的份数。",
)
