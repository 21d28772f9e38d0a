"""Nothing comes from a region's insurers any more: numerator is the days since. A matter of IT, never of lagging."""

from services.notify.rules.numerals import days
from services.notify.rules.wording.case import Marks, Words

DATA_STALE = Words(
    name="数据停止上报",
    headline=lambda case: f"{case.name}数据停止上报，已有{days(case.count)}没有收到承保机构的数据",
    good_headline=lambda case: f"{case.name}数据恢复上报",
    figures=lambda case: f"{case.until}，平台已有{days(case.count)}没有收到{case.name}任何承保机构上报的数据",
    line=lambda case: f"超过{days(case.threshold)}的时限",
    where=lambda _: "停报期间各项数字停在最后一次上报时，不反映工作进展。",
    next_step="请联系承保机构的信息技术人员，检查报送程序、网络和账号；"
    "平台管理员用 guanai doctor 检查连接、队列和待处理事件；恢复后请把停报期间的数据补报齐全。",
    good_figures=lambda case: f"{case.until}，平台重新收到{case.name}承保机构上报的数据",
    ending="数据上报已经恢复",
    farewell="请承保机构核对停报期间的数据是否已经补齐。",
    marks=Marks("数据停报", "数据停报"),
)
