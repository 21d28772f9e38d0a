"""Good news: a region reached a milestone. It thanks, and asks nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.notify.rules.numerals import day, plain, units
from services.notify.rules.wording.letterhead import full_name, signed
from shared.contracts.judgements import RegionMilestone


@dataclass(frozen=True)
class Achievement:
    """What was reached, after 于2021年5月3日; what was counted; and what to wish."""

    done: str
    counted: str
    wish: str


ACHIEVEMENTS = {
    "guideline_reached": Achievement(
        "完成年度指导任务", "累计承保", "盼总结好的做法，带动进度较慢的地方，继续为尚未参保的家庭服务。"
    ),
    "stretch_reached": Achievement(
        "完成年度力争目标", "累计承保", "盼把经验带给兄弟地区，服务好每一户参保家庭，来年更上一层楼。"
    ),
    "goal_growth": Achievement(
        "承保份数超过上年全年", "累计承保", "这是“两个高于”之一，盼继续做好续保服务，保持增长。"
    ),
    "goal_elder": Achievement(
        "达到孝心保年度目标", "孝心保累计承保", "这是“两个高于”之一，盼把孝心保送到更多老人身边。"
    ),
}


def title_and_text(milestone: RegionMilestone, notice_id: str, names: Mapping[str, str]) -> tuple[str, str]:
    """A milestone that nobody has named yet goes by its identifier."""
    name, on = full_name(milestone.region, milestone.name, names), day(milestone.reached_on)
    what = ACHIEVEMENTS.get(milestone.milestone)
    done = what.done if what else f"达成“{milestone.milestone}”"
    figures = (
        f"{what.counted}{units(milestone.value)}，{done}" if what else f"{done}，数值为{plain(milestone.value, 2)}"
    )
    said = [
        f"截至{on}，{name}{milestone.programme_year}年度关爱保险{figures}。",
        f"祝贺{name}，感谢各级计生协、承保机构和全体协保员的努力！{what.wish if what else ''}",
    ]
    return f"【好消息】{name}于{on}{done}", signed(said, notice_id)
