"""Nothing has been sold for days while the target is open: numerator is the days since."""

from services.notify.rules.numerals import days, units
from services.notify.rules.wording.case import Words, largest_gaps

STALLED = Words(
    name="承保停滞",
    headline=lambda case: f"{case.name}关爱保险已连续{days(case.count)}没有新增承保",
    good_headline=lambda case: f"{case.name}关爱保险恢复承保",
    figures=lambda case: f"{case.opening}已连续{days(case.count)}没有新增承保",
    line=lambda case: f"达到{days(case.threshold)}的提醒线",
    goal="完成年度任务",
    where=largest_gaps(lambda gap: f"差{units(gap)}"),
    next_step="请在三日内查明原因：协保员是否在岗、宣传是否停顿、收了保费是否还没有录入；能够当天解决的当天解决，"
    "系统或单证问题请承保机构协助；并在平台上对本提醒作出表态，写明恢复承保的日期。",
    good_figures=lambda case: f"{case.opening}又有新的承保",
)
