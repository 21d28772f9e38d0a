"""Who falls behind: when a rule fires for a region, when that grows severe, and when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from services.reporting.rules.accounts import Account
from services.reporting.rules.conditions import Comparison
from services.reporting.rules.lag_rules import Rule
from shared.contracts.judgements import Evidence, Severity

Turn = Literal["fired", "severe", "cleared"]
"""What happens to an episode on a day."""


@dataclass(frozen=True)
class Episode:
    """One stretch of one rule firing for a region in a programme year; `evidence` is that of `as_of`."""

    rule: str
    region: str
    year: int
    episode: int
    fired_on: date
    as_of: date
    indicator: str
    version: int
    fired_evidence: Evidence
    evidence: Evidence
    severe_on: date | None = None
    cleared_on: date | None = None

    @property
    def is_standing(self) -> bool:
        return self.cleared_on is None

    @property
    def severity(self) -> Severity:
        return "warning" if self.severe_on is None else "severe"


@dataclass(frozen=True)
class Case:
    """One rule held against one region on one day, with the last episode of the year."""

    rule: Rule
    region: str
    account: Account
    episode: Episode | None = None

    @property
    def standing(self) -> Episode | None:
        return self.episode if self.episode is not None and self.episode.is_standing else None

    @property
    def comparison(self) -> Comparison:
        """The comparison that fired, or would."""
        if self.standing is not None:
            return self.rule.comparison_of(self.standing.indicator)
        return self.rule.fires.first_held(self.account.value) or next(self.rule.fires.comparisons())


def is_suspect(case: Case) -> bool:
    """Whether it fires if the condition has held for long enough."""
    if case.standing is not None or not case.rule.fires.holds(case.account.value):
        return False
    return case.rule.clears is not None or case.episode is None or _is_worse(case, case.episode)


def _is_worse(case: Case, acknowledged: Episode) -> bool:
    """What a person has acknowledged fires again only when more of it has happened since."""
    comparison, then = case.comparison, acknowledged.evidence
    reading = case.account.reading(comparison.name)
    value, numerator = reading.value, reading.numerator
    if value is None or then.value is None:
        return False
    sign = -1 if comparison.is_below else 1
    moved = value if numerator is None else numerator
    return sign * value > sign * then.value and sign * moved > sign * then.numerator


def has_held(case: Case, earlier: Sequence[Account]) -> bool:
    """Whether the condition held on every one of the rule's other days, too."""
    return len(earlier) >= case.rule.days - 1 and all(case.rule.fires.holds(account.value) for account in earlier)


def turn_of(case: Case) -> Turn | None:
    """What happens to a standing episode."""
    episode, value = case.standing, case.account.value
    if episode is None:
        return None
    if case.rule.clears is not None and case.rule.clears.is_met(value):
        return "cleared"
    return "severe" if episode.severe_on is None and _is_severe(case) else None


def _is_severe(case: Case) -> bool:
    return case.rule.severe is not None and case.rule.severe.holds(case.account.value)


def episode_begun(case: Case, year: int, day: date, evidence: Evidence) -> Episode:
    """The next episode of the year, severe from the beginning if that is what it is."""
    return Episode(
        rule=case.rule.name,
        region=case.region,
        year=year,
        episode=1 + (case.episode.episode if case.episode else 0),
        fired_on=day,
        as_of=day,
        indicator=case.comparison.name,
        version=case.rule.version,
        fired_evidence=evidence,
        evidence=evidence,
        severe_on=day if _is_severe(case) else None,
    )


def episode_after(episode: Episode, turn: Turn | None, day: date, evidence: Evidence) -> Episode:
    """A standing episode with the evidence of a day."""
    changed = replace(episode, as_of=day, evidence=evidence)
    if turn == "severe":
        return replace(changed, severe_on=day)
    return replace(changed, cleared_on=day) if turn == "cleared" else changed
