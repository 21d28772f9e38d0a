"""Fewer units than by the same day of last year: numerator is the growth, denominator last year's units."""

from services.notify.rules.numerals import percent, units, units_in_short
from services.notify.rules.wording.case import Case, Words, largest_gaps


def _growth(case: Case) -> float:
    evidence = case.status.evidence
    return evidence.numerator if evidence.value is None else evidence.value


def _figures(case: Case) -> str:
    past, growth = case.status.evidence.denominator, _growth(case)
    moved = "减少" if growth < 0 else "增加"
    if past is None:
        return f"{case.opening}承保同比{moved}{units(abs(growth))}"
    rate = f"（{'下降' if growth < 0 else '增长'}{percent(abs(growth) / past)}）" if past and growth else ""
    changed = f"同比{moved}{units(abs(growth))}{rate}" if growth else "与上年同期持平"
    return f"{case.opening}累计承保{units(past + growth)}，上年同期为{units(past)}，{changed}"


def _good_headline(case: Case) -> str:
    growth = _growth(case)
    return f"{case.name}关爱保险" + (f"恢复增长，同比增加{units_in_short(growth)}" if growth > 0 else "已追平上年同期")


NEGATIVE_GROWTH = Words(
    name="同比下降",
    headline=lambda case: f"{case.name}关爱保险同比减少{units_in_short(abs(_growth(case)))}",
    good_headline=_good_headline,
    figures=_figures,
    line=lambda case: f"低于同比增量不少于{units(case.threshold)}的要求",
    goal="追平上年同期",
    where=largest_gaps(lambda gap: f"少{units(gap)}"),
    next_step="请会同承保机构核对上年参保、今年尚未续保的家庭，逐户回访，弄清是没有通知到、不愿续保还是已经外出，"
    "十日内补齐能够续保的份数；减少最多的地方由负责人到场督办，并在平台上作出表态。",
)
