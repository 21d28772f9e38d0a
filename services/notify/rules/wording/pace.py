"""Behind the pace: units against what the region's own curve expects by this day."""

from services.notify.rules.numerals import percent, units
from services.notify.rules.wording.case import Case, Words, largest_gaps


def _share(case: Case) -> str:
    return "" if case.value is None else f"，为应达进度的{percent(case.value, case.threshold)}"


def _figures(case: Case) -> str:
    evidence = case.status.evidence
    expected = f"，按序时进度应承保{units(evidence.denominator)}" if evidence.denominator is not None else ""
    return f"{case.opening}累计承保{units(evidence.numerator)}{expected}{_share(case)}"


BEHIND_PACE = Words(
    name="进度落后",
    headline=lambda case: f"{case.name}关爱保险进度落后{_share(case)}",
    good_headline=lambda case: f"{case.name}关爱保险已赶上进度{_share(case)}",
    figures=_figures,
    line=lambda case: f"低于{percent(case.threshold)}的提醒线",
    where=largest_gaps(lambda gap: f"差{units(gap)}"),
    next_step="请于本周内把所差份数逐级分解到下一级和每名协保员，每天报送进展；优先走访上年参保、今年尚未续保的家庭；"
    "并在平台上对本提醒作出表态，写明赶上进度的日期和措施。",
)
