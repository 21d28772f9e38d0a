"""The short form for a chat group: five to eight lines."""

from services.reporting.rules.bulletins.children import IN_FRONT
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.good_news import good_news
from services.reporting.rules.bulletins.material import NO_FEED
from services.reporting.rules.bulletins.measures import grows, reached, shrinks
from services.reporting.rules.bulletins.overall import TARGET_WORDS
from services.reporting.rules.bulletins.phrases import day_in_words, highest, lowest, named_with, names_of, parts, where
from services.reporting.rules.bulletins.problems import FEWEST_PACE

MOST_LINES, MOST_NAMED = 8, 6


def chat_of_period(ledger: Ledger) -> tuple[str, ...]:
    """Of a quarter or year."""
    if not ledger.material.region.now.has_feed:
        return (_head(ledger), f"{NO_FEED}。")
    lines = (_head(ledger), _units(ledger), _grown(ledger), _done(ledger), _most(ledger), _paid(ledger), _less(ledger))
    return tuple(line for line in lines if line)[:MOST_LINES]


def chat_of_week(ledger: Ledger) -> tuple[str, ...]:
    """Of a week."""
    region = ledger.material.region
    if not region.now.has_feed:
        return (_head(ledger), f"{NO_FEED}。")
    added = f"本期{ledger.says(region, 'new_units')}"
    lines = (_head(ledger), added, _units(ledger), *good_news(ledger)[:3], _slow(ledger), _less(ledger))
    return tuple(line for line in lines if line)[:MOST_LINES]


def _head(ledger: Ledger) -> str:
    material = ledger.material
    return f"【关爱保险】{material.region.name}{material.year}年度，截至{day_in_words(material.as_of)}"


def _units(ledger: Ledger) -> str:
    region = ledger.material.region
    done = [
        f"完成{words}{ledger.says(region, f'completion_{kind}')}"
        for kind, words in TARGET_WORDS.items()
        if kind in region.targets
    ]
    return "，".join([f"累计承保{ledger.says(region, 'units', 'units_in_words')}", *done])


def _grown(ledger: Ledger) -> str:
    region = ledger.material.region
    grown = ledger.value(region, "growth_units")
    people = ledger.value(region, "penetration")
    parts_ = [
        f"同比{ledger.says(region, 'growth_units')}" if grown is not None else "",
        f"占常住人口{ledger.says(region, 'penetration')}" if people is not None else "",
    ]
    return "，".join(part for part in parts_ if part)


def _done(ledger: Ledger) -> str:
    region, fed = ledger.material.region, ledger.material.fed
    done = where(fed, lambda child: reached(child, "guideline"))
    return f"{ledger.says(region, 'reached_guideline')}{parts(region)}完成指导任务" if done else ""


def _most(ledger: Ledger) -> str:
    fed = ledger.material.fed
    first = highest(ledger, fed, "units")[:IN_FRONT]
    grown = highest(ledger, where(fed, grows), "growth_units")[:IN_FRONT]
    said = f"份数居前：{named_with(ledger, first, 'units')}" if first else ""
    return said + (f"；增量居前：{names_of(grown)}" if grown else "")


def _paid(ledger: Ledger) -> str:
    region = ledger.material.region
    if not ledger.value(region, "claims_paid"):
        return ""
    paid = f"赔付{ledger.says(region, 'claims_paid')}、{ledger.says(region, 'paid')}"
    return f"{paid}，赔付率{ledger.says(region, 'loss_ratio_paid_written')}（已付赔款/承保保费）"


def _less(ledger: Ledger) -> str:
    less = lowest(ledger, where(ledger.material.fed, shrinks), "growth_units")
    return f"同比减少：{names_of(less, MOST_NAMED)}" if less else ""


def _slow(ledger: Ledger) -> str:
    def is_slow(pace: float | int | None) -> bool:
        return pace is not None and pace < FEWEST_PACE

    slow = lowest(ledger, where(ledger.material.fed, lambda s: is_slow(ledger.value(s, "pace"))), "pace")
    return f"进度落后：{named_with(ledger, slow[:5], 'pace')}" if slow else ""
