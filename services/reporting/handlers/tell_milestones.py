"""Tell good news once: the first day on which a region reached its guideline, its stretch goal or a composite goal."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.reporting.queries import milestones as queries
from services.reporting.queries.accounts import portions
from services.reporting.queries.details import by_day
from services.reporting.queries.figures import Asked
from services.reporting.queries.sums import Scope, scope_of, sums_as_of
from services.reporting.queries.yardsticks import Region, years_loaded
from services.reporting.rules.milestones import Steps, first_reached, goals_of
from services.reporting.rules.pace import last_day_of
from shared.contracts.judgements import RegionMilestone
from shared.contracts.values import first_day_of
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction

Goals = Mapping[str, Mapping[str, Steps]]
"""Per region, by milestone."""
Reached = tuple[date, int]
"""(first day, units on it)"""
_ELDER = "goal_elder"
_MOST_AT_ONCE = 200


async def tell_milestones(tx: Transaction, asked: Asked) -> list[Fact]:
    """Every milestone of a year that has been reached by today and was not told yet."""
    versions = await queries.versions_of_targets(tx, asked.year)
    regions = await queries.regions_with_goals(tx, versions)
    told = await queries.milestones_told(tx, asked.year)
    happened: list[Fact] = []
    async for some in portions(regions, _MOST_AT_ONCE):
        scope = await scope_of(tx, [region.code for region in some], asked.products, asked.view)
        last = await _units_of_last_year(tx, scope, asked)
        first = first_day_of(asked.year, asked.start_month)
        goals = {
            code: {
                name: goal
                for name, goal in goals_of(versions.get(code, ()), last.get(code), first, asked.elder_goal).items()
                if (code, name) not in told
            }
            for code in scope.booked
        }
        happened += await _reached(tx, asked, some, await _within_reach(tx, asked, scope, goals))
    return happened


async def _units_of_last_year(tx: Transaction, scope: Scope, asked: Asked) -> dict[str, int]:
    if asked.year - 1 not in await years_loaded(tx):
        return {}
    end = last_day_of(asked.year - 1, asked.start_month)
    return {code: sums[end].units for code, sums in (await sums_as_of(tx, scope, asked.year - 1, [end])).items()}


async def _within_reach(tx: Transaction, asked: Asked, scope: Scope, goals: Goals) -> Goals:
    """Goals that the most that a region ever came to would reach, whatever version was in force then."""
    peaks = await queries.peaks_of(tx, scope, asked.year, tx.today)
    found = {
        code: {name: goal for name, goal in goals[code].items() if goal.is_within(peak[name == _ELDER])}
        for code, peak in peaks.items()
    }
    return {code: within for code, within in found.items() if within}


async def _reached(tx: Transaction, asked: Asked, regions: Sequence[Region], goals: Goals) -> list[Fact]:
    found: dict[tuple[str, str], Reached] = {}
    async for codes in portions(sorted(goals), 10):
        scope = await scope_of(tx, codes, asked.products, asked.view)
        units = await by_day(tx, scope, asked.year, "units")
        elder = await by_day(tx, scope, asked.year, "elder_units")
        for code in codes:
            for name, goal in goals[code].items():
                reached = first_reached(goal, (elder if name == _ELDER else units)[code], tx.today)
                found |= {(code, name): reached} if reached else {}
    kept = await queries.keep_milestones(tx, [_row(tx, asked.year, key, found[key]) for key in sorted(found)])
    names = {region.code: region for region in regions}
    return [_fact(names[code], asked.year, name, found[code, name]) for code, name in sorted(kept)]


def _row(tx: Transaction, year: int, key: tuple[str, str], reached: Reached) -> dict[str, Any]:
    told = dict(zip(("region", "milestone", "reached_on", "value"), (*key, *reached), strict=True))
    return {**told, "year": year, "told_on": tx.today}


def _fact(region: Region, year: int, milestone: str, reached: Reached) -> Fact:
    reached_on, value = reached
    data = RegionMilestone(
        region=region.code,
        name=region.name,
        level=region.level,
        programme_year=year,
        milestone=milestone,
        reached_on=reached_on,
        value=value,
    )
    return Fact(data, region.code, region.code)
