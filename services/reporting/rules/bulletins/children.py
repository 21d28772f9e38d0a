"""What a bulletin says of the regions inside: who completed, who leads, who grew, who pays."""

from collections.abc import Sequence

from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.material import NO_FEED, Subject
from services.reporting.rules.bulletins.measures import above_average, grows, misses, reached
from services.reporting.rules.bulletins.phrases import (
    highest,
    in_turn,
    named_with,
    names_of,
    numbered,
    parts,
    sentence,
    where,
    whole,
)

IN_FRONT, IN_FRONT_BELOW, MOST_LISTED = 3, 9, 20


def progress_of_children(ledger: Ledger) -> tuple[str, ...]:
    """The paragraphs of 各地进展情况."""
    region, fed = ledger.material.region, ledger.material.fed
    if not fed:
        return (f"各{parts(region)}{NO_FEED}。",)
    return numbered(
        [
            completed(ledger),
            in_front(ledger),
            penetrated(ledger),
            grown(ledger),
            paid_for(ledger),
            for_elders(ledger),
            settled(ledger),
        ]
    )


def completed(ledger: Ledger) -> str:
    """Who reached the guideline, and who its part of the stretch goal."""
    region, fed = ledger.material.region, ledger.material.fed
    noun = parts(region)
    if not any("guideline" in child.targets for child in fed):
        return f"任务完成。各{noun}尚未下达年度指导任务，完成率无从计算。"
    done = _reached(ledger, fed, "guideline")
    said, count = f"任务完成。{ledger.says(region, 'children')}{noun}", ledger.says(region, "reached_guideline")
    if not done:
        return f"{said}中，尚无{noun}完成年度指导任务。"
    share = "全部" if len(done) == len(ledger.material.children) else f"中，{count}{noun}"
    listing = f"{in_turn(done)}{_listed(ledger, done, 'completion_guideline')}"
    return f"{said}{share}完成年度指导任务，完成率{listing}。{_stretched(ledger)}"


def _stretched(ledger: Ledger) -> str:
    region, fed = ledger.material.region, ledger.material.fed
    done = _reached(ledger, fed, "stretch")
    if not done:
        return ""
    count = f"{ledger.says(region, 'reached_stretch')}{parts(region)}达到力争目标"
    return f"{count}，完成率{in_turn(done)}{_listed(ledger, done, 'completion_stretch')}。"


def _reached(ledger: Ledger, fed: Sequence[Subject], kind: str) -> list[Subject]:
    return highest(ledger, where(fed, lambda child: reached(child, kind)), f"completion_{kind}")


def _listed(ledger: Ledger, subjects: Sequence[Subject], measure: str, form: str | None = None) -> str:
    rest = f"等{len(subjects)}个地区" if len(subjects) > MOST_LISTED else ""
    return named_with(ledger, subjects[:MOST_LISTED], measure, form) + rest


def in_front(ledger: Ledger) -> str:
    """Most units, among the children and the regions below them, exact."""
    region = ledger.material.region
    first = [s for s in highest(ledger, ledger.material.fed, "units") if ledger.value(s, "units")][:IN_FRONT]
    if not first:
        return "承保规模。尚无承保。"
    said = f"承保规模。承保份数居前的{parts(region)}{in_turn(first)}{named_with(ledger, first, 'units')}。"
    below = [s for s in highest(ledger, ledger.material.below, "units") if ledger.value(s, "units")][:IN_FRONT_BELOW]
    if not below:
        return said
    noun = parts(ledger.material.children[0])
    return f"{said}承保份数居前的{noun}{in_turn(below)}{named_with(ledger, below, 'units')}。"


def penetrated(ledger: Ledger) -> str:
    """Whose share of residents lies above the whole region's."""
    region = ledger.material.region
    ranked = highest(ledger, ledger.material.fed, "penetration")
    if not ranked or region.readings["penetration"].value is None:
        return ""
    if len(ranked) < len(ledger.material.fed):
        return f"覆盖水平。部分{parts(region)}缺少常住人口数据，未作比较。"
    above = highest(ledger, above_average(ledger.material), "penetration")
    said = f"覆盖水平。承保份数占常住人口比例高于{whole(region)}平均水平（{ledger.says(region, 'penetration')}）的"
    last = f"最低的为{ranked[-1].name}{ledger.says(ranked[-1], 'penetration')}" if len(ranked) > 1 else ""
    if not above:
        return f"{said}{parts(region)}没有。{sentence(last)}"
    count, listing = ledger.says(region, "above_average"), _listed(ledger, above, "penetration")
    return f"{said}有{count}{parts(region)}，{in_turn(above)}{listing}{'；' if last else ''}{last}。"


def grown(ledger: Ledger) -> str:
    """Who has more units than last year, the largest growth first."""
    region = ledger.material.region
    growing = highest(ledger, where(ledger.material.fed, grows), "growth_units")
    if not growing:
        return ""
    first = named_with(ledger, growing[:IN_FRONT], "growth_units", "change_in_words")
    count = f"{ledger.says(region, 'growing')}{parts(region)}"
    return f"同比增长。{count}承保份数同比增加，增量居前的{in_turn(growing)}{first}。"


def paid_for(ledger: Ledger) -> str:
    """Where families pay everything themselves, and where public money pays most."""
    region = ledger.material.region
    own = highest(ledger, where(ledger.material.fed, lambda s: s.readings["all_self_paid"].value is True), "units")
    funded = where(ledger.material.fed, lambda s: s.now.now.fiscal_fen > 0)
    if not own and not funded:
        return ""
    alone = (
        f"保费全部由群众自费的有{ledger.says(region, 'all_self_paid')}{parts(region)}：{names_of(own)}" if own else ""
    )
    return f"保费来源。{sentence(alone)}{_funded(ledger, funded)}"


def _funded(ledger: Ledger, funded: Sequence[Subject]) -> str:
    if not funded:
        return ""
    region, most = ledger.material.region, highest(ledger, funded, "fiscal_share")[0]
    within = ledger.value(region, "fiscal_share_funded")
    return sentence(
        f"有财政出资的{ledger.says(region, 'funded')}{parts(region)}",
        f"财政出资占其保费的{ledger.says(region, 'fiscal_share_funded')}" if within is not None else "",
        f"占比最高的为{most.name}，达{ledger.says(most, 'fiscal_share')}",
    )


def for_elders(ledger: Ledger) -> str:
    """Most units for people of 65 and over."""
    ranked = highest(ledger, ledger.material.fed, "elder_units")
    first = [child for child in ranked if ledger.value(child, "elder_units")][:IN_FRONT]
    if not first:
        return ""
    noun = parts(ledger.material.region)
    return f"孝心保。孝心保份数居前的{noun}{in_turn(first)}{named_with(ledger, first, 'elder_units')}。"


def settled(ledger: Ledger) -> str:
    """Most claims paid, with their amounts."""
    ranked = highest(ledger, ledger.material.fed, "claims_paid")
    first = [child for child in ranked if ledger.value(child, "claims_paid")][:IN_FRONT]
    if not first:
        return ""
    said = "、".join(f"{s.name}{ledger.says(s, 'claims_paid')}（{ledger.says(s, 'paid')}）" for s in first)
    return f"理赔服务。赔付件数居前的{parts(ledger.material.region)}{in_turn(first)}{said}。"


def not_completed(ledger: Ledger) -> list[Subject]:
    """Children with a guideline that they have not reached, the lowest completion first."""
    return list(reversed(highest(ledger, where(ledger.material.fed, misses), "completion_guideline")))
