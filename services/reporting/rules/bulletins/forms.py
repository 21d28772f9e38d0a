"""How each figure is worded: the form that shows it, and the rounding that the form applies."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from services.reporting.rules.bulletins import rounding
from services.reporting.rules.bulletins.rounding import DASH, WAN, Number


@dataclass(frozen=True)
class Form:
    """`show` turns the exact value into words (money is given in fen); `rounding` says what that does to it."""

    show: Callable[[Number], str]
    rounding: str
    is_money: bool = False


def shown(form: str, value: Number | None) -> str:
    """A value in a form; a missing one is a dash."""
    return DASH if value is None else FORMS[form].show(value)


def units_in_words(units: Number) -> str:
    """3061912 -> 306.1万余份（3061912份）, below 10,000 only exact."""
    exactly = rounding.exact(int(units))
    return exactly if abs(int(units)) < WAN else f"{rounding.wan_more(int(units))}份（{exactly}）"


def change_in_words(units: Number) -> str:
    """68412 -> 增加68412份（6.8万余份）, -9815 -> 减少9815份, 0 -> 持平."""
    size = abs(int(units))
    short = f"（{rounding.wan_more(size)}份）" if size >= WAN else ""
    return f"{_moved(units, '增加', '减少')}{rounding.exact(size)}{short}" if units else "持平"


def _change(units: Number) -> str:
    return f"{_moved(units, '增加', '减少')}{rounding.exact(abs(int(units)))}" if units else "持平"


def _added(units: Number) -> str:
    size = rounding.exact(abs(int(units)))
    return f"{_moved(units, '新增承保', '净减少')}{size}" if units else "没有新增承保"


def _rate(rate: Number) -> str:
    return f"{_moved(rate, '增长', '下降')}{rounding.percent(abs(rounding.decimal_of(rate)), 1)}" if rate else "持平"


def _money_change(fen: Number) -> str:
    return f"{_moved(fen, '增加', '减少')}{_wan_yuan(abs(int(fen)))}" if fen else "持平"


def _moved(value: Number, up: str, down: str) -> str:
    return up if value > 0 else down


def _wan_yuan(fen: Number) -> str:
    return rounding.wan_yuan_of_fen(int(fen))


def _yuan(yuan: Number) -> str:
    return f"{rounding.half_up(rounding.decimal_of(yuan), 2)}元"


def _pace(pace: Number) -> str:
    return rounding.percent(pace, 0)


def _ahead_or_behind(days: Number) -> str:
    return "与进度相当" if not days else f"{'落后' if days > 0 else '超前'}{abs(int(days))}天"


def _per_day(units: Number) -> str:
    return rounding.exact(math.ceil(Decimal(str(units))))


def _target(units: Number) -> str:
    return f"{rounding.wan_more(int(units))}份" if int(units) % 1000 == 0 else rounding.exact(int(units))


FORMS = {
    "units": Form(lambda n: rounding.exact(int(n)), "exact"),
    "units_in_words": Form(units_in_words, "万余: one decimal, truncated; and exact"),
    "change": Form(_change, "exact"),
    "change_in_words": Form(change_in_words, "exact; and 万余: one decimal, truncated"),
    "added": Form(_added, "exact"),
    "rate": Form(_rate, "half up, one decimal of a percent"),
    "target": Form(_target, "exact"),
    "whole_percent": Form(lambda r: rounding.percent(r, 0), "half up, whole percent"),
    "percent_1": Form(lambda r: rounding.percent(r, 1), "half up, one decimal of a percent"),
    "percent_2": Form(lambda r: rounding.percent(r, 2), "half up, two decimals of a percent"),
    "money": Form(_wan_yuan, "half up, two decimals of 万元", is_money=True),
    "money_change": Form(_money_change, "half up, two decimals of 万元", is_money=True),
    "yuan": Form(_yuan, "half up, fen"),
    "claims": Form(lambda n: f"{int(n)}件", "exact"),
    "pace": Form(_pace, "half up, whole percent"),
    "days": Form(_ahead_or_behind, "exact"),
    "per_day": Form(_per_day, "up to the next whole unit"),
    "projected": Form(lambda n: rounding.exact(int(rounding.half_up(rounding.decimal_of(n), 0))), "half up, whole"),
    "households": Form(lambda n: f"{int(n)}户", "exact"),
    "regions": Form(lambda n: f"{int(n)}个", "exact"),
    "day_count": Form(lambda n: f"{int(n)}天", "exact"),
}
