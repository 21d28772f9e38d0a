"""Too few elder units for this day of the year: numerator is elder units, denominator what the pace asks of them."""

from services.notify.rules.numerals import percent, units
from services.notify.rules.wording.case import Case, Words, largest_gaps


def _expected(case: Case) -> float:
    evidence = case.status.evidence
    return evidence.threshold if evidence.denominator is None else evidence.denominator


def _share(case: Case) -> str:
    expected = _expected(case)
    share = case.status.evidence.numerator / expected if expected else None
    return "" if share is None else f"，为应达进度的{percent(share, 1)}"


ELDER_GOAL = Words(
    name="孝心保进度落后",
    headline=lambda case: f"{case.name}孝心保进度落后{_share(case)}",
    good_headline=lambda case: f"{case.name}孝心保已赶上进度{_share(case)}",
    figures=lambda case: (
        f"{case.opening}中，孝心保累计承保{units(case.status.evidence.numerator)}，"
        f"按序时进度应承保{units(_expected(case))}{_share(case)}"
    ),
    line=lambda _: "低于孝心保的序时目标",
    goal="孝心保达到序时目标",
    where=largest_gaps(lambda gap: f"差{units(gap)}"),
    next_step="请对照65周岁以上老人名册逐户走访，向子女讲清孝心保的保障，借老年人体检、节日慰问和老年协会活动集中宣传；"
    "并在平台上对本提醒作出表态，写明赶上进度的日期和措施。",
)
