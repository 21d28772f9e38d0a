"""What every rule has words for, and the case they are about."""

from collections.abc import Callable
from dataclasses import dataclass

from services.notify.rules.numerals import day
from shared.contracts.judgements import RegionStatus


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
    def threshold(self) -> float:
        return self.status.evidence.threshold

    @property
    def opening(self) -> str:
        """截至2021年8月31日，南宁市2021年度关爱保险"""
        return f"截至{day(self.status.as_of)}，{self.name}{self.status.programme_year}年度关爱保险"


Phrase = Callable[[Case], str]


@dataclass(frozen=True)
class Words:
    """How one rule speaks; `goal` begins the sentence on what is missing, `amount` says a child's part of it."""

    name: str
    headline: Phrase
    good_headline: Phrase
    figures: Phrase
    line: Phrase
    goal: str
    amount: Callable[[float], str]
    next_step: str
