"""What a bulletin says of its whole region: units, targets, growth, premium, elders, claims."""

from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.material import NO_FEED
from services.reporting.rules.bulletins.phrases import day_in_words, sentence, whole


def overall(ledger: Ledger) -> tuple[str, ...]:
    """The paragraphs of 总体情况; one sentence where nobody reports."""
    region = ledger.material.region
    if not region.now.has_feed:
        return (f"截至{day_in_words(ledger.material.as_of)}，{whole(region)}{NO_FEED}。",)
    paragraphs = (scale(ledger), growth(ledger), premium(ledger), elders(ledger), claims(ledger))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def scale(ledger: Ledger) -> str:
    """Units against both targets and the population."""
    region = ledger.material.region
    return sentence(
        f"截至{day_in_words(ledger.material.as_of)}",
        f"{whole(region)}累计承保关爱保险{ledger.says(region, 'units', 'units_in_words')}",
        *[_completed(ledger, kind, words) for kind, words in TARGET_WORDS.items()],
        _penetrated(ledger),
        _households(ledger),
    ) + _what_is_missing(ledger)


TARGET_WORDS = {"guideline": "年度指导任务", "stretch": "力争目标"}


def _completed(ledger: Ledger, kind: str, words: str) -> str:
    region = ledger.material.region
    if kind not in region.targets:
        return ""
    return f"完成{words}{ledger.says(region, f'target_{kind}')}的{ledger.says(region, f'completion_{kind}')}"


def _penetrated(ledger: Ledger) -> str:
    region = ledger.material.region
    return f"占常住人口的{ledger.says(region, 'penetration')}" if region.now.residents else ""


def _households(ledger: Ledger) -> str:
    region = ledger.material.region
    return f"参保家庭{ledger.says(region, 'households')}" if region.now.eligible_households else ""


def _what_is_missing(ledger: Ledger) -> str:
    now = ledger.material.region.now
    no_target = "年度指导任务尚未下达，完成率无从计算。" if "guideline" not in now.targets else ""
    return no_target + ("" if now.residents else "缺少常住人口数据，未计算占常住人口比例。")


def growth(ledger: Ledger) -> str:
    """Against the same day of last year."""
    region = ledger.material.region
    units = ledger.value(region, "growth_units")
    if units is None:
        return "上年度数据尚未载入，本期不作同比。"
    changed = ledger.says(region, "growth_units", "change_in_words")
    has_rate = units and ledger.value(region, "growth_rate") is not None
    return sentence(f"与上年度同期相比，{changed}", ledger.says(region, "growth_rate") if has_rate else "")


def premium(ledger: Ledger) -> str:
    """How much, and who pays."""
    region = ledger.material.region
    if not ledger.value(region, "premium"):
        return "保费为0元。"
    parts = [_grown(ledger), f"份均{ledger.says(region, 'premium_per_unit')}"]
    return sentence(f"保费{ledger.says(region, 'premium')}", *parts) + _payers(ledger)


def _grown(ledger: Ledger) -> str:
    region = ledger.material.region
    if ledger.value(region, "premium_growth") is None:
        return ""
    rate = ledger.value(region, "premium_growth_rate")
    return f"同比{ledger.says(region, 'premium_growth')}" + (
        f"、{ledger.says(region, 'premium_growth_rate')}" if rate else ""
    )


def _payers(ledger: Ledger) -> str:
    region = ledger.material.region
    if region.readings["all_self_paid"].value:
        return "全部由群众自费。"
    own = f"群众自费{ledger.says(region, 'self_paid')}，占{ledger.says(region, 'self_paid_share')}"
    fiscal = f"财政出资{ledger.says(region, 'fiscal')}，占{ledger.says(region, 'fiscal_share')}"
    donated = f"；其他资助{ledger.says(region, 'donated')}" if ledger.value(region, "donated") else ""
    return f"其中，{own}；{fiscal}{donated}。"


def elders(ledger: Ledger) -> str:
    """孝心保, against units and the guideline."""
    region = ledger.material.region
    if not ledger.value(region, "elder_units"):
        return "尚无孝心保承保。"
    share = ledger.value(region, "elder_share")
    against = ledger.value(region, "elder_to_target")
    return sentence(
        f"孝心保承保{ledger.says(region, 'elder_units', 'units_in_words')}",
        f"占承保份数的{ledger.says(region, 'elder_share')}" if share is not None else "",
        f"相当于年度指导任务的{ledger.says(region, 'elder_to_target')}" if against is not None else "",
    )


def claims(ledger: Ledger) -> str:
    """Claims paid, and every loss ratio with its basis."""
    region = ledger.material.region
    if not ledger.value(region, "claims_paid"):
        return "本年度尚无赔付。"
    paid = sentence(
        f"累计赔付{ledger.says(region, 'claims_paid')}、{ledger.says(region, 'paid')}",
        f"件均{ledger.says(region, 'paid_per_claim')}",
    )
    return paid + _loss_ratios(ledger) + _service(ledger)


def _loss_ratios(ledger: Ledger) -> str:
    region = ledger.material.region
    bases = {
        "loss_ratio_paid_written": "按已付赔款与承保保费之比为",
        "loss_ratio_paid_earned": "按已付赔款与已赚保费之比为",
        "loss_ratio_incurred_written": "按已付和未决赔款与承保保费之比为",
    }
    if not ledger.value(region, "outstanding"):
        del bases["loss_ratio_incurred_written"]
    known = [
        f"{words}{ledger.says(region, name)}" for name, words in bases.items() if ledger.value(region, name) is not None
    ]
    return f"赔付率{'，'.join(known)}。" if known else ""


def _service(ledger: Ledger) -> str:
    region = ledger.material.region
    waited = ledger.value(region, "days_to_pay_p50") is not None
    asked = ledger.value(region, "satisfaction") is not None
    return sentence(
        f"报案到赔付的天数中位数为{ledger.says(region, 'days_to_pay_p50')}" if waited else "",
        f"九成案件在{ledger.says(region, 'days_to_pay_p90')}内赔付" if waited else "",
        f"理赔满意率{ledger.says(region, 'satisfaction')}" if asked else "",
    )
