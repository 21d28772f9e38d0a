"""The measures that bulletins speak of: their Chinese titles, their forms, and how they are read from figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.reporting.rules.bulletins.material import Material, Subject, Yardstick
from services.reporting.rules.indicators import Figures, Reading

Read = Callable[[Subject, Material], Reading]
MISSING = Reading(None)


@dataclass(frozen=True)
class Measure:
    """A title, the form that shows it unless another is asked for, and the way to read it."""

    title: str
    form: str
    read: Read


def _indicator(name: str) -> Read:
    return lambda subject, _: subject.readings[name]


def _sum(value: Callable[[Figures], int | None], basis: str = "") -> Read:
    """A sum of the books; nothing can be said of a region that nobody reports from."""
    return lambda subject, _: Reading(value(subject.now), basis=basis) if subject.now.has_feed else MISSING


def _target(kind: str) -> Read:
    return lambda subject, _: Reading(subject.now.targets.get(kind))


def _premium_growth(subject: Subject, _: Material) -> Reading:
    now, last = subject.now.now, subject.now.last
    if last is None or not subject.now.has_feed:
        return MISSING
    basis = "written premium - written premium of the same day of last year"
    return Reading(now.premium_fen - last.premium_fen, now.premium_fen / 100, last.premium_fen / 100, basis)


def _premium_growth_rate(subject: Subject, material: Material) -> Reading:
    growth = _premium_growth(subject, material)
    if growth.value is None or not growth.denominator:
        return MISSING
    fen = float(growth.value) / 100
    return Reading(fen / growth.denominator, fen, growth.denominator, f"({growth.basis}) / the latter")


def _new_units(subject: Subject, _: Material) -> Reading:
    if subject.before is None or not subject.now.has_feed:
        return MISSING
    now, then = subject.now.now.units, subject.before.now.units
    return Reading(now - then, now, then, "units - units on the day before the period")


def _count(holds: Callable[[Subject], bool]) -> Read:
    """How many children something holds for."""
    return lambda _, material: Reading(sum(map(holds, material.fed)), None, len(material.children), "child regions")


def reached(subject: Subject, kind: str) -> bool:
    """Whether a region has reached its target of a kind."""
    completion = subject.readings.get(f"completion_{kind}", MISSING).value
    return completion is not None and completion >= 1


def shrinks(subject: Subject) -> bool:
    """Whether it has fewer units than on the same day of last year."""
    growth = subject.readings["growth_units"].value
    return growth is not None and growth < 0


def grows(subject: Subject) -> bool:
    """Whether it has more units than on the same day of last year."""
    growth = subject.readings["growth_units"].value
    return growth is not None and growth > 0


def misses(subject: Subject) -> bool:
    """Whether it has a guideline that it has not reached."""
    return subject.now.targets.get("guideline") is not None and not reached(subject, "guideline")


def _above_average(child: Subject, material: Material) -> bool:
    own, whole = child.readings["penetration"].value, material.region.readings["penetration"].value
    return own is not None and whole is not None and own > whole


def above_average(material: Material) -> list[Subject]:
    """The children whose penetration lies above the whole region's."""
    return [child for child in material.fed if _above_average(child, material)]


def _count_above_average(_: Subject, material: Material) -> Reading:
    return Reading(len(above_average(material)), None, len(material.children), "child regions")


def target_behind(subject: Subject, measure: str) -> Yardstick | None:
    """The target that a measure is held against."""
    if measure.startswith(("completion_", "target_")):
        return subject.targets.get(measure.partition("_")[2])
    return subject.targets.get("guideline") if measure in _BY_GUIDELINE else None


_BY_GUIDELINE = {
    "pace", "days_behind", "needed_per_day", "projected_units", "projected_completion", "elder_to_target", "missing",
}  # fmt: skip


def _missing(subject: Subject, _: Material) -> Reading:
    target = subject.now.targets.get("guideline")
    if target is None or not subject.now.has_feed:
        return MISSING
    return Reading(max(target - subject.now.now.units, 0), subject.now.now.units, target, "guideline target - units")


def _fen(name: str) -> Callable[[Figures], Any]:
    return lambda figures: getattr(figures.now, name)


MEASURES: dict[str, Measure] = {
    "units": Measure("承保份数", "units", _sum(lambda f: f.now.units)),
    "new_units": Measure("本期新增份数", "added", _new_units),
    "households": Measure("参保家庭户数", "households", _sum(lambda f: f.now.households)),
    "target_guideline": Measure("年度指导任务", "target", _target("guideline")),
    "target_stretch": Measure("力争目标", "target", _target("stretch")),
    "completion_guideline": Measure("指导任务完成率", "whole_percent", _indicator("completion_guideline")),
    "completion_stretch": Measure("力争目标完成率", "whole_percent", _indicator("completion_stretch")),
    "missing": Measure("距指导任务的份数", "units", _missing),
    "penetration": Measure("占常住人口比例", "percent_2", _indicator("penetration")),
    "growth_units": Measure("同比增量", "change", _indicator("growth_units")),
    "growth_rate": Measure("同比增长率", "rate", _indicator("growth_rate")),
    "premium": Measure("保费", "money", _sum(lambda f: f.now.premium_fen)),
    "premium_growth": Measure("保费同比增量", "money_change", _premium_growth),
    "premium_growth_rate": Measure("保费同比增长率", "rate", _premium_growth_rate),
    "self_paid": Measure("群众自费保费", "money", _sum(_fen("self_paid_fen"))),
    "fiscal": Measure("财政出资保费", "money", _sum(_fen("fiscal_fen"))),
    "donated": Measure("其他资助保费", "money", _sum(_fen("donated_fen"))),
    "self_paid_share": Measure("群众自费占保费比例", "whole_percent", _indicator("self_paid_share")),
    "fiscal_share": Measure("财政出资占保费比例", "whole_percent", _indicator("fiscal_share")),
    "fiscal_share_funded": Measure("有财政出资地区的财政占比", "whole_percent", _indicator("fiscal_share_funded")),
    "premium_per_unit": Measure("份均保费", "yuan", _indicator("premium_per_unit")),
    "elder_units": Measure("孝心保份数", "units", _indicator("elder_units")),
    "elder_share": Measure("孝心保占承保份数比例", "percent_1", _indicator("elder_share")),
    "elder_to_target": Measure("孝心保占指导任务比例", "percent_1", _indicator("elder_to_target")),
    "claims_paid": Measure("赔付件数", "claims", _sum(_fen("claims_paid"))),
    "paid": Measure("赔付金额", "money", _sum(_fen("paid_fen"))),
    "outstanding": Measure("未决赔款", "money", _sum(lambda f: f.stocks.outstanding_fen)),
    "paid_per_claim": Measure("件均赔付", "yuan", _indicator("paid_per_claim")),
    "loss_ratio_paid_written": Measure(
        "赔付率（已付赔款/承保保费）", "percent_1", _indicator("loss_ratio_paid_written")
    ),
    "loss_ratio_paid_earned": Measure("赔付率（已付赔款/已赚保费）", "percent_1", _indicator("loss_ratio_paid_earned")),
    "loss_ratio_incurred_written": Measure(
        "赔付率（已付和未决赔款/承保保费）", "percent_1", _indicator("loss_ratio_incurred_written")
    ),
    "days_to_pay_p50": Measure("报案到赔付天数中位数", "day_count", _indicator("days_to_pay_p50")),
    "days_to_pay_p90": Measure("报案到赔付天数九成位数", "day_count", _indicator("days_to_pay_p90")),
    "overdue_share": Measure("超时未结占在办案件比例", "percent_1", _indicator("overdue_share")),
    "satisfaction": Measure("理赔满意率", "percent_1", _indicator("satisfaction")),
    "pace": Measure("进度比", "pace", _indicator("pace")),
    "days_behind": Measure("进度落后天数", "days", _indicator("days_behind")),
    "needed_per_day": Measure("日均需完成份数", "per_day", _indicator("needed_per_day")),
    "projected_units": Measure("预计全年份数", "projected", _indicator("projected_units")),
    "projected_completion": Measure("预计全年完成率", "whole_percent", _indicator("projected_completion")),
    "children": Measure("下级地区数", "regions", lambda _, material: Reading(len(material.children))),
    "reached_guideline": Measure("完成指导任务的地区数", "regions", _count(lambda s: reached(s, "guideline"))),
    "reached_stretch": Measure("达到力争目标的地区数", "regions", _count(lambda s: reached(s, "stretch"))),
    "missed_guideline": Measure("未完成指导任务的地区数", "regions", _count(misses)),
    "shrinking": Measure("同比减少的地区数", "regions", _count(shrinks)),
    "growing": Measure("同比增加的地区数", "regions", _count(grows)),
    "above_average": Measure("占比高于平均的地区数", "regions", _count_above_average),
    "funded": Measure("有财政出资的地区数", "regions", _count(lambda s: s.now.now.fiscal_fen > 0)),
    "all_self_paid": Measure(
        "全部群众自费的地区数", "regions", _count(lambda s: s.readings["all_self_paid"].value is True)
    ),
}  # fmt: skip
