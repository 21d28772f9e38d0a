"""Judge some cities as of one day: every rule, on every region that it names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.reporting.handlers.gather_evidence import contributions_to
from services.reporting.handlers.tell_of_regions import fact_of
from services.reporting.queries import standing_lags
from services.reporting.queries.accounts import accounts_on, accounts_on_days, details_of, portions
from services.reporting.queries.agents import coverage_of_townships
from services.reporting.queries.figures import Asked
from services.reporting.queries.judging import regions_to_judge
from services.reporting.queries.standing_lags import EpisodeKey
from services.reporting.queries.yardsticks import Region, regions_of
from services.reporting.rules.accounts import VILLAGES, Account, Coverage, readings_of_coverage
from services.reporting.rules.evidence import evidence_of
from services.reporting.rules.lag import (
    Case,
    Episode,
    Turn,
    episode_after,
    episode_begun,
    has_held,
    is_suspect,
    turn_of,
)
from services.reporting.rules.lag_rules import Rule
from services.reporting.rules.pace import last_day_of
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction

Docket = Sequence[tuple[Region, tuple[Rule, ...]]]
Decided = tuple[Case, Turn | None]
"""A case with a standing episode, and what happens to it; or one that fires."""
Change = tuple[Episode, Turn | None]


@dataclass(frozen=True)
class Sitting:
    """The day that is judged, the rules it is judged by, and how figures are asked for."""

    day: date
    rules: Sequence[Rule]
    asked: Asked

    @property
    def days_left(self) -> int:
        return (last_day_of(self.asked.year, self.asked.start_month) - self.day).days


async def judge_day(tx: Transaction, sitting: Sitting, cities: Collection[str]) -> list[Fact]:
    """What happens on the day; every episode that goes on gets the evidence of the day."""
    coverage = await coverage_of_townships(tx) if any(VILLAGES in rule.names() for rule in sitting.rules) else {}
    docket = await _docket(tx, sitting, cities, coverage)
    episodes = await standing_lags.last_episodes(tx, sitting.asked.year, cities)
    cases = await _cases(tx, sitting, docket, coverage, episodes)
    changes = await _changes(tx, sitting, await _decided(tx, sitting, cases))
    changes += _without_rule(sitting.day, docket, episodes)
    await standing_lags.store_episodes(tx, [episode for episode, _ in changes])
    told = [(episode, turn) for episode, turn in changes if turn is not None]
    regions = await regions_of(tx, {episode.region for episode, _ in told}) if told else {}
    return [fact_of(regions[episode.region], episode) for episode, _ in told]


async def _docket(
    tx: Transaction, sitting: Sitting, cities: Collection[str], coverage: Mapping[str, Coverage]
) -> Docket:
    regions, targeted = await regions_to_judge(tx, sitting.asked.year, cities, coverage)

    def is_judged(region: Region, rule: Rule) -> bool:
        known = coverage if VILLAGES in rule.names() else targeted
        return region.level in rule.levels and (region.level != "township" or region.code in known)

    return [(region, tuple(rule for rule in sitting.rules if is_judged(region, rule))) for region in regions]


async def _cases(
    tx: Transaction,
    sitting: Sitting,
    docket: Docket,
    coverage: Mapping[str, Coverage],
    episodes: Mapping[EpisodeKey, Episode],
) -> list[Case]:
    """Regions of which only agents are asked cost no figures."""
    codes = [region.code for region, rules in docket if any(rule.names() - {VILLAGES} for rule in rules)]
    details = details_of(name for rule in sitting.rules for name in rule.names())
    accounts = await accounts_on(tx, replace(sitting.asked, codes=codes, details=details), sitting.day, coverage)
    cases: list[Case] = []
    async for some in portions(docket):
        for region, rules in some:
            account = accounts.get(region.code) or Account(readings_of_coverage(coverage.get(region.code)))
            cases += (Case(r, region.code, account, episodes.get((r.name, region.code))) for r in rules)
    return cases


async def _decided(tx: Transaction, sitting: Sitting, cases: Sequence[Case]) -> list[Decided]:
    decided: list[Decided] = []
    suspects: list[Case] = []
    async for some in portions(cases):
        decided += [(case, turn_of(case)) for case in some if case.standing is not None]
        suspects += [case for case in some if is_suspect(case)]
    return [*decided, *((case, "fired") for case in await _those_that_held(tx, sitting, suspects))]


async def _those_that_held(tx: Transaction, sitting: Sitting, suspects: Sequence[Case]) -> list[Case]:
    """The earlier days are looked up only of regions on which a condition holds now and has to have held before."""
    patient = [case for case in suspects if case.rule.days > 1]
    if not patient:
        return list(suspects)
    before = max(case.rule.days for case in patient) - 1
    days = [sitting.day - timedelta(days=back) for back in range(1, before + 1)]
    details = details_of(name for case in patient for name in case.rule.fires.names())
    asked = replace(sitting.asked, codes=sorted({case.region for case in patient}), details=details)
    history = await accounts_on_days(tx, asked, days, {})
    return [
        case for case in suspects if has_held(case, [history[day][case.region] for day in days[: case.rule.days - 1]])
    ]


async def _changes(tx: Transaction, sitting: Sitting, decided: Sequence[Decided]) -> list[Change]:
    """Children are looked up for what is news and once a day; in between an episode keeps those that it has."""
    old = [case for case, turn in decided if turn or (case.standing and case.standing.as_of < sitting.day)]
    children = await contributions_to(tx, sitting.asked, sitting.day, old)
    changes: list[Change] = []
    for case, turn in decided:
        standing = case.standing
        known = standing.evidence.children if standing else ()
        evidence = evidence_of(case, sitting.days_left, children.get((case.rule.name, case.region), known))
        if standing is None:
            changes.append((episode_begun(case, sitting.asked.year, sitting.day, evidence), turn))
        elif (after := episode_after(standing, turn, sitting.day, evidence)) != standing:
            changes.append((after, turn))
    return changes


def _without_rule(day: date, docket: Docket, episodes: Mapping[EpisodeKey, Episode]) -> list[Change]:
    """Episodes whose rule was switched off, or no longer names the region, are over."""
    judged = {(rule.name, region.code) for region, rules in docket for rule in rules}
    orphans = [episode for key, episode in episodes.items() if episode.is_standing and key not in judged]
    return [(episode_after(episode, "cleared", day, episode.evidence), "cleared") for episode in orphans]
