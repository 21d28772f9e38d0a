"""What goes wrong in a region by the lag rules, and what is asked for: a problem and its request go together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.reporting.rules.bulletins.children import MOST_LISTED, not_completed
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.material import NO_FEED, Subject
from services.reporting.rules.bulletins.measures import shrinks
from services.reporting.rules.bulletins.phrases import counted_off, lowest, named_with, names_of, parts, where, whole
from services.reporting.rules.pace import last_day_of

MOST_FISCAL, FEWEST_PACE = 0.50, 0.90


@dataclass(frozen=True)
class Problem:
    """`finds` says what is wrong in one sentence without its full stop, nothing where all is well."""

    finds: Callable[[Ledger], str]
    request: str
    weekly: bool = True


def problems_of(ledger: Ledger) -> tuple[str, ...]:
    """The paragraphs of 存在的问题."""
    found = [f"{said}。" for problem in PROBLEMS if (said := problem.finds(ledger))]
    return counted_off(found) if found else ("截至目前，没有地区触发后进规则，各项指标总体正常。",)


def requests_of(ledger: Ledger, of_week: bool = False) -> tuple[str, ...]:
    """The paragraphs of 下一步工作要求: one for every problem (a week does not name all), and the usual one."""
    noun = parts(ledger.material.region)
    asked = [
        problem.request.format(parts=noun)
        for problem in PROBLEMS
        if problem.finds(ledger) and (problem.weekly or not of_week)
    ]
    return counted_off([*asked, _ALWAYS.format(parts=noun)])


_ALWAYS = (
    "各{parts}要坚持群众自愿、宣传到户，做好续保提醒和理赔服务，并与承办保险机构逐月核对数据，做到上报及时、数据准确。"
)


def _counted(ledger: Ledger, subjects: Sequence[Subject]) -> str:
    return f"{len(subjects)}个{parts(ledger.material.region)}"


def _no_feed(ledger: Ledger) -> str:
    silent = [child for child in ledger.material.children if not child.now.has_feed]
    return f"部分地区没有数据。{names_of(silent)}{NO_FEED}，不参加排名" if silent else ""


def _shrinking(ledger: Ledger) -> str:
    shrinking = lowest(ledger, where(ledger.material.fed, shrinks), "growth_units")
    if not shrinking:
        return ""
    count = f"{ledger.says(ledger.material.region, 'shrinking')}{parts(ledger.material.region)}"
    return f"部分地区负增长。{count}承保份数同比减少：{_some(ledger, shrinking, 'growth_units')}"


def _missed(ledger: Ledger) -> str:
    """At the end of the year: who has missed its guideline."""
    material = ledger.material
    if material.as_of < last_day_of(material.year, material.start_month):
        return ""
    missed = not_completed(ledger)
    if not missed:
        return ""
    count = f"{ledger.says(material.region, 'missed_guideline')}{parts(material.region)}"
    said = [
        f"{s.name}完成{ledger.says(s, 'completion_guideline')}、差{ledger.says(s, 'missing')}" for s in _few(missed)
    ]
    return f"任务完成不平衡。{count}未完成年度指导任务：{'；'.join(said)}{_and_more(missed)}"


def _behind(ledger: Ledger) -> str:
    """While the year runs: who is behind the curve of last year."""
    material = ledger.material
    if material.as_of >= last_day_of(material.year, material.start_month):
        return ""
    behind = lowest(ledger, where(material.fed, lambda s: _is_behind(ledger, s)), "pace")
    if not behind:
        return ""
    return f"部分地区进度落后。{_counted(ledger, behind)}未达到应有进度的九成：{_some(ledger, behind, 'pace')}"


def _is_behind(ledger: Ledger, subject: Subject) -> bool:
    pace = ledger.value(subject, "pace")
    return subject.lags_by("behind_pace") or (pace is not None and pace < FEWEST_PACE)


def _depending(ledger: Ledger) -> str:
    def depends(subject: Subject) -> bool:
        share = ledger.value(subject, "fiscal_share")
        return subject.lags_by("fiscal_dependence") or (share is not None and share > MOST_FISCAL)

    most = list(reversed(lowest(ledger, where(ledger.material.fed, depends), "fiscal_share")))
    return f"财政依赖突出。财政出资占保费过半的有：{_some(ledger, most, 'fiscal_share')}" if most else ""


def _elders(ledger: Ledger) -> str:
    region, goal = ledger.material.region, ledger.material.region.now.elder_goal
    short = [child for child in ledger.material.fed if child.readings["goal_elder"].value is False]
    if goal.own_target or not short:
        return ""
    if not ledger.value(region, "elder_units"):
        return f"孝心保推广不足。{whole(region)}尚无孝心保承保"
    asked = f"孝心保推广不足。{_counted(ledger, short)}孝心保份数低于年度指导任务的{goal.ratio:.0%}"
    own = f"{whole(region)}为{ledger.says(region, 'elder_to_target')}，" if "guideline" in region.targets else ""
    least = lowest(ledger, short, "elder_to_target")[:3]
    return f"{asked}，{own}占比最低的为{named_with(ledger, least, 'elder_to_target')}"


def _lagging(rule: str, words: str) -> Callable[[Ledger], str]:
    """What a lag rule says that this module has no sentence of its own for."""

    def finds(ledger: Ledger) -> str:
        lagging = [child for child in ledger.material.fed if child.lags_by(rule)]
        return words.format(names=names_of(lagging)) if lagging else ""

    return finds


def _thin(ledger: Ledger) -> str:
    lagging = lowest(ledger, [s for s in ledger.material.fed if s.lags_by("low_penetration")], "penetration")
    said = "覆盖面偏低。占常住人口比例明显低于平均水平的有："
    return f"{said}{_some(ledger, lagging, 'penetration')}" if lagging else ""


def _some(ledger: Ledger, subjects: Sequence[Subject], measure: str) -> str:
    return named_with(ledger, _few(subjects), measure) + _and_more(subjects)


def _few(subjects: Sequence[Subject]) -> Sequence[Subject]:
    return subjects[:MOST_LISTED]


def _and_more(subjects: Sequence[Subject]) -> str:
    return f"等{len(subjects)}个地区" if len(subjects) > MOST_LISTED else ""


PROBLEMS = (
    Problem(_shrinking, "同比减少的{parts}要逐级分析原因，对上年参保、本年尚未续保的家庭逐户回访，稳住续保面。"),
    Problem(_missed, "未完成任务的{parts}要列出差额清单，把任务落实到基层，明确责任人和完成时限。"),
    Problem(_behind, "进度落后的{parts}要对照日均需完成份数排出计划，主要负责人到进度最慢的地方督办。"),
    Problem(_thin, "覆盖面偏低的{parts}要摸清应保未保家庭底数，发挥协保员作用，扩大参保覆盖面。"),
    Problem(
        _depending, "财政出资占比过高的{parts}要以群众自愿、自费参保为主，逐步减少对财政集中投保的依赖。", weekly=False
    ),
    Problem(
        _lagging("one_step", "存在“一步到岸”现象。{names}一次性集中投保份数占任务数比重过大"),
        "不得以一次性集中投保代替入户宣传，有关{parts}要对集中投保逐笔说明情况，并继续动员家庭自愿参保。",
    ),
    Problem(
        _elders,
        "各{parts}要结合敬老活动加大孝心保宣传推广力度，争取孝心保份数达到年度指导任务的规定比例。",
        weekly=False,
    ),
    Problem(
        _lagging("stalled", "部分地区工作停滞。{names}连续14天以上没有新增承保"),
        "连续没有新增承保的{parts}要立即查明原因，恢复宣传和承保工作。",
    ),
    Problem(
        _lagging("slow_claims", "理赔时效不高。{names}超时未结案件偏多或赔付等待时间偏长"),
        "理赔时效不高的{parts}要会同承办保险机构逐案清理超时案件，缩短报案到赔付的时间。",
    ),
    Problem(
        _lagging("low_satisfaction", "理赔满意度偏低。{names}理赔满意率低于96%"),
        "满意率偏低的{parts}要逐件回访不满意案件，督促承办保险机构限期整改。",
    ),
    Problem(
        _lagging("no_agent", "协保员队伍有空缺。{names}还有村（社区）没有协保员"),
        "有空缺的{parts}要尽快配齐协保员，做到村村有人管。",
    ),
    Problem(
        _lagging("data_stale", "部分地区数据中断。{names}数据超期未更新"),
        "数据中断的{parts}要会同承办保险机构当日查明原因、补报数据。",
    ),
    Problem(_no_feed, "尚无数据上报的{parts}要尽快与承办保险机构核对数据报送情况。"),
)
