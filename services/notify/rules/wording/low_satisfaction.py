"""Families are not content with how claims are handled: numerator is satisfied answers, denominator all answers."""

from services.notify.rules.numerals import percent, plain
from services.notify.rules.wording.case import Case, Words


def _rate(case: Case, before: str) -> str:
    return "" if case.value is None else f"{before}{percent(case.value, case.threshold)}"


def _figures(case: Case) -> str:
    evidence = case.status.evidence
    answers = (
        f"理赔回访收到答复{plain(evidence.denominator, 0)}条，其中" if evidence.denominator is not None else "理赔回访"
    )
    return f"{case.opening}{answers}满意{plain(evidence.numerator, 0)}条{_rate(case, '，满意率')}"


LOW_SATISFACTION = Words(
    name="满意率偏低",
    headline=lambda case: f"{case.name}理赔满意率偏低{_rate(case, '，为')}",
    good_headline=lambda case: f"{case.name}理赔满意率回升{_rate(case, '至')}",
    figures=_figures,
    line=lambda case: f"低于{percent(case.threshold)}的要求",
    next_step="请承保机构在一周内逐户回访答复不满意的家庭，分清是时效、金额还是态度问题，能改的当场改，不能赔的把理由讲清；"
    "同类问题集中整改，结果报同级计生协，并在平台上作出表态。",
)
