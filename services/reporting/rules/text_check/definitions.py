"""What the indicators are called in Chinese, what they divide by what, and which ones are taken for one another."""

from dataclasses import dataclass

BASES = {
    "units": ("承保份数", "units"), "premium": ("保费", "yuan"), "self_paid": ("群众自费保费", "yuan"),
    "fiscal": ("财政出资", "yuan"), "donated": ("其他资助", "yuan"), "households": ("参保户数", "households"),
    "persons": ("被保险人数", "persons"), "policies": ("保单件数", "claims"), "claims_reported": ("报案件数", "claims"),
    "claims_settled": ("结案件数", "claims"), "claims_paid": ("理赔件数", "claims"),
    "claims_rejected": ("拒赔件数", "claims"), "settled_amount": ("结案金额", "yuan"),
    "paid_amount": ("赔付金额", "yuan"),
    "elder_units": ("孝心保份数", "units"), "units_fiscal": ("财政出资份数", "units"),
}  # fmt: skip
"""Amounts: their name and unit."""


@dataclass(frozen=True)
class Definition:
    """`numerator` and `denominator` in words, with the units they are counted in."""

    name: str
    unit: str
    numerator: str = ""
    denominator: str = ""
    parts: tuple[str, str] = ("", "")

    @property
    def words(self) -> str:
        return f"{self.numerator}/{self.denominator}" if self.denominator else self.name


def _ratio(name: str, numerator: str, denominator: str, of: str, by: str) -> Definition:
    return Definition(name, "ratio", numerator, denominator, (of, by))


_GIVEN: dict[str, Definition] = {
    "completion_guideline": _ratio("完成指导任务的比例", "承保份数", "指导任务", "units", "units"),
    "completion_stretch": _ratio("完成力争目标的比例", "承保份数", "力争目标", "units", "units"),
    "penetration": _ratio("占常住人口比例", "承保份数", "常住人口", "units", "persons"),
    "household_participation": _ratio("家庭参保率", "参保户数", "应参保户数", "households", "households"),
    "elder_share": _ratio("孝心保占承保份数的比例", "孝心保份数", "承保份数", "units", "units"),
    "elder_to_target": _ratio("孝心保占指导任务的比例", "孝心保份数", "指导任务", "units", "units"),
    "fiscal_share": _ratio("财政占比", "财政出资", "全部保费", "yuan", "yuan"),
    "fiscal_share_funded": _ratio("财政占比", "财政出资", "有财政出资的各地保费", "yuan", "yuan"),
    "self_paid_share": _ratio("自费占比", "群众自费保费", "全部保费", "yuan", "yuan"),
    "loss_ratio_paid_written": _ratio("赔付率", "已付赔款", "承保保费", "yuan", "yuan"),
    "loss_ratio_incurred_written": _ratio("赔付率", "已付和未决赔款", "承保保费", "yuan", "yuan"),
    "loss_ratio_paid_earned": _ratio("赔付率", "已付赔款", "已赚保费", "yuan", "yuan"),
    "satisfaction": _ratio("满意率", "满意的回访", "回访", "claims", "claims"),
    "feedback_response": _ratio("回访率", "回访", "已付赔案", "claims", "claims"),
    "premium_per_unit": Definition("份均保费", "yuan", "保费", "承保份数", ("yuan", "units")),
    "premium_per_household": Definition("户均保费", "yuan", "保费", "参保户数", ("yuan", "households")),
    "paid_per_claim": Definition("件均赔付", "yuan", "赔付金额", "理赔件数", ("yuan", "claims")),
    "claims_per_100_units": Definition("每百份理赔件数", "claims", "理赔件数", "承保份数", ("claims", "units")),
    "days_to_pay_p50": Definition("报案到赔付天数的中位数", "days"),
    "days_to_pay_p90": Definition("报案到赔付天数的九成分位数", "days"),
    "residents": Definition("常住人口", "persons"),
    "outstanding_amount": Definition("未决赔款", "yuan"),
    "elder_premium": Definition("孝心保保费", "yuan"),
    "target_guideline": Definition("指导任务", "units"),
    "target_stretch": Definition("力争目标", "units"),
}


def _amounts() -> dict[str, Definition]:
    found = {name: Definition(words, unit) for name, (words, unit) in BASES.items()}
    for name, (words, unit) in BASES.items():
        found[f"{name}_last"] = Definition(f"上年同日{words}", unit)
        found[f"{name}_last_full"] = Definition(f"上年全年{words}", unit)
        for suffix, day in (("", "上年同日"), ("_full", "上年全年")):
            rate = growth_rate(name) + suffix
            found[f"growth_{name}{suffix}"] = Definition(f"{words}比{day}的增量", unit)
            found[rate] = _ratio(f"{words}比{day}的增幅", f"{words}增量", f"{day}{words}", unit, unit)
    return found


def growth_rate(base: str) -> str:
    """The identifier of a base's rate of growth; of units it carries no name."""
    return "growth_rate" if base == "units" else f"growth_rate_{base}"


DEFINITIONS = _amounts() | _GIVEN


def definition_of(identifier: str) -> Definition:
    """What is known of an indicator; one of a kind of target of its own is a completion."""
    if identifier in DEFINITIONS:
        return DEFINITIONS[identifier]
    if identifier.startswith("completion_"):
        return _ratio("完成任务的比例", "承保份数", "任务", "units", "units")
    return Definition(identifier, "")


_FAMILIES = (
    ("loss_ratio_paid_written", "loss_ratio_paid_earned", "loss_ratio_incurred_written"),
    ("fiscal_share", "fiscal_share_funded"),
    ("completion_guideline", "completion_stretch"),
    ("elder_share", "elder_to_target"),
    ("penetration", "household_participation"),
    ("premium_per_unit", "premium_per_household"),
    ("days_to_pay_p50", "days_to_pay_p90"),
    ("claims_paid", "claims_settled", "claims_reported"),
    ("paid_amount", "settled_amount"),
    ("premium", "self_paid", "fiscal"),
    ("units", "policies", "persons"),
    ("households", "policies"),
    ("target_guideline", "target_stretch"),
)


def siblings_of(identifier: str) -> list[str]:
    """Other definitions that people mean by the same words, the likeliest first."""
    family = [other for members in _FAMILIES if identifier in members for other in members if other != identifier]
    return [*family, *_of_other_years(identifier)]


def _of_other_years(identifier: str) -> list[str]:
    if identifier in BASES:
        return [f"{identifier}_last_full", f"{identifier}_last"]
    if identifier.startswith("growth_"):
        return [identifier.removesuffix("_full") if identifier.endswith("_full") else f"{identifier}_full"]
    for ending, other in (("_last_full", "_last"), ("_last", "_last_full")):
        if identifier.endswith(ending):
            return [identifier.removesuffix(ending) + other]
    return []
