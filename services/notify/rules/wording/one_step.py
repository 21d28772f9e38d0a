"""A target met by one bulk purchase: numerator is one payer's units of one day, denominator the target."""

from services.notify.rules.numerals import percent, units, units_in_short
from services.notify.rules.wording.case import Case, Marks, Words


def _share(case: Case, target: str = "") -> str:
    return "" if case.value is None else f"，占年度任务{target}的{percent(case.value, case.threshold)}"


def _figures(case: Case) -> str:
    evidence = case.status.evidence
    target = units(evidence.denominator) if evidence.denominator is not None else ""
    return f"{case.opening}由同一出资方在一天内集中承保{units(evidence.numerator)}{_share(case, target)}"


ONE_STEP = Words(
    name="一步到岸",
    headline=lambda case: (
        f"{case.name}关爱保险“一步到岸”，一天集中承保{units_in_short(case.status.evidence.numerator)}{_share(case)}"
    ),
    good_headline=lambda case: f"{case.name}关爱保险“一步到岸”提醒已由人工确认",
    figures=_figures,
    line=lambda case: f"达到{percent(case.threshold)}的提醒线",
    next_step="请核对这批承保的出资文件和参保名单，逐户确认家庭知情、保单已经送到；对其余家庭继续入户动员，"
    "不以一次集中统保代替家庭自愿参保；在平台上作出表态并报上一级核实。本提醒只由人工确认后解除。",
    ending="已由人工确认",
    farewell="请继续做好入户宣传，让更多家庭自愿参保。",
    marks=Marks("核实提醒", "核实提醒", "已确认"),
)
