"""How many regions: 11个市完成任务, 6个市负增长; which condition is meant, and who meets it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.reporting.rules.text_check.ledger import Reading

_UNMET = r"(?:未|没有|没能|尚未|没)"
_DONE = r"(?:完成|达到|达成|实现|超过|突破|达)"
_STRETCH = r"(?:力争|新增?|奋斗|追加|调整后|提高后)的?(?:年度|指导)?(?:任务|目标)"
_TARGET = r"(?:任务|目标|计划)"
_GAP = r"[^，。；]{0,12}?"


@dataclass(frozen=True)
class Condition:
    """A condition on one indicator: its words, and whether a value (against the parent's) meets it."""

    words: str
    identifier: str
    holds: Callable[[float, float | None], bool]


def _at_least_one(value: float, _: float | None) -> bool:
    return value >= 1


def _below_one(value: float, _: float | None) -> bool:
    return value < 1


def _positive(value: float, _: float | None) -> bool:
    return value > 0


def _negative(value: float, _: float | None) -> bool:
    return value < 0


def _none(value: float, _: float | None) -> bool:
    return value == 0


def _above(value: float, whole: float | None) -> bool:
    return whole is not None and value > whole


def _below(value: float, whole: float | None) -> bool:
    return whole is not None and value < whole


_CONDITIONS: tuple[tuple[re.Pattern[str], Condition], ...] = tuple(
    (re.compile(pattern), condition)
    for pattern, condition in (
        (rf"{_UNMET}{_GAP}{_STRETCH}", Condition("未完成力争目标", "completion_stretch", _below_one)),
        (rf"{_UNMET}{_GAP}{_TARGET}", Condition("未完成指导任务", "completion_guideline", _below_one)),
        (rf"{_DONE}{_GAP}{_STRETCH}", Condition("完成力争目标", "completion_stretch", _at_least_one)),
        (rf"{_DONE}{_GAP}{_TARGET}", Condition("完成指导任务", "completion_guideline", _at_least_one)),
        (r"负增长|减少|下降|下滑|缩减", Condition("份数比上年同日减少", "growth_units", _negative)),
        (r"正增长|增长|增加|上升", Condition("份数比上年同日增加", "growth_units", _positive)),
        (rf"(?:全部|全|完全)(?:是|由|为)?(?:群众)?自费|{_UNMET}{_GAP}财政", Condition("全部自费", "fiscal", _none)),
        (r"财政", Condition("有财政出资", "fiscal", _positive)),
        (rf"(?:高于|超过|超出){_GAP}平均", Condition("占常住人口比例高于平均", "penetration", _above)),
        (rf"(?:低于|不到|未达){_GAP}平均", Condition("占常住人口比例低于平均", "penetration", _below)),
    )
)


def condition_in(after: str, before: str) -> Condition | None:
    """What the words after the count say, else the words before it."""
    for words in (after, before):
        for pattern, condition in _CONDITIONS:
            if pattern.search(words):
                return condition
    return None


def meeting(
    condition: Condition, peers: Sequence[str], parent: str, readings: Mapping[str, Mapping[str, Reading]]
) -> list[str] | None:
    """The peers that meet a condition; None where a value is missing."""
    whole = readings.get(parent, {}).get(condition.identifier)
    values = [readings.get(peer, {}).get(condition.identifier) for peer in peers]
    if any(value is None for value in values):
        return None
    pairs = zip(peers, values, strict=True)
    return [peer for peer, own in pairs if own and condition.holds(own.value, whole.value if whole else None)]
