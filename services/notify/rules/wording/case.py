"""What every rule has words for, and the case they are about."""

from collections.abc import Callable
from dataclasses import dataclass

from services.notify.rules.numerals import day
from shared.contracts.judgements import RegionStatus

_MOST_CHILDREN = 3


@dataclass(frozen=True)
class Case:
    """One region under one rule on one day; `name` is the region's full name."""

    status: RegionStatus
    name: str

    @property
    def value(self) -> float | None:
        """The rule's reading: as given, or the fraction itself."""
        evidence = self.status.evidence
        if evidence.value is not None:
            return evidence.value
        return evidence.numerator / evidence.denominator if evidence.denominator else None

    @property
    def count(self) -> float:
        """The reading of a rule that counts something, such as days."""
        evidence = self.status.evidence
        return evidence.numerator if evidence.value is None else evidence.value

    @property
    def threshold(self) -> float:
        return self.status.evidence.threshold

    @property
    def until(self) -> str:
        """截至2021年8月31日"""
        return f"截至{day(self.status.as_of)}"

    @property
    def opening(self) -> str:
        """截至2021年8月31日，南宁市2021年度关爱保险"""
        return f"{self.until}，{self.name}{self.status.programme_year}年度关爱保险"


Phrase = Callable[[Case], str]


def largest_gaps(amount: Callable[[float], str]) -> Phrase:
    """Where most is missing: at most three children, the largest gap first, each with its `amount`."""

    def said(case: Case) -> str:
        children = [child for child in case.status.evidence.children if child.gap > 0]
        behind = sorted(children, key=lambda child: -child.gap)[:_MOST_CHILDREN]
        named = "、".join(f"{child.name}（{amount(child.gap)}）" for child in behind)
        return f"差距主要在：{named}。" if named else ""

    return said


@dataclass(frozen=True)
class Marks:
    """What stands in 【】 before a headline."""

    warning: str = "滞后提醒"
    severe: str = "严重滞后"
    good: str = "好消息"


@dataclass(frozen=True)
class Words:
    """How one rule speaks; `goal` begins the sentence on what is missing, `where` names the children that miss most.

    A recovery says `good_figures` (the figures, unless they read differently then), `ending` and, at last, `farewell`.
    """

    name: str
    headline: Phrase
    good_headline: Phrase
    figures: Phrase
    line: Phrase
    next_step: str
    goal: str = "达到解除标准"
    where: Phrase = lambda _: ""
    good_figures: Phrase | None = None
    ending: str = "已达到解除标准"
    farewell: str = "感谢各级付出的努力，请保持势头，防止反弹。"
    marks: Marks = Marks()
