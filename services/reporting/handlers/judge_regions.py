"""Hold the lag rules against the books: whenever numbers change, and for every day that has passed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.reporting.handlers.judge_day import Sitting, judge_day
from services.reporting.handlers.tell_milestones import tell_milestones
from services.reporting.handlers.tell_silence import Feeds, tell_silence
from services.reporting.queries import judging
from services.reporting.queries.figures import Asked
from services.reporting.queries.judging import Judged
from services.reporting.queries.keeping import change_nothing
from services.reporting.queries.lag_rules import rules_in_force
from services.reporting.rules.indicators import A_TENTH_OF_THE_GUIDELINE, ElderGoal
from services.reporting.rules.staleness import silences
from shared.contracts.values import programme_year_of
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction

MOST_DAYS_AT_ONCE = 31
"""Of a longer absence the rest is judged by the next runs, so that nobody waits for the books all that time."""


@dataclass(frozen=True)
class Programme:
    """When a programme year begins, what elder units a region owes, and how long a feed may be silent."""

    start_month: int
    elder_goal: ElderGoal = A_TENTH_OF_THE_GUIDELINE
    stale_after_days: int = 7

    def asked(self, year: int) -> Asked:
        return Asked((), year, self.start_month, elder_goal=self.elder_goal)

    def year_of(self, day: date) -> int:
        return programme_year_of(day, self.start_month)


async def judge_regions(programme: Programme, tx: Transaction) -> Sequence[Happening]:
    """Judge today if anything changed, and before that every day that was missed."""
    await change_nothing(tx)
    year = programme.year_of(tx.today)
    if _is_judged(await judging.judged_until(tx, year), tx.today, await _basis(tx, programme)):
        return ()
    last, basis = await judging.judged_alone(tx, year), await _basis(tx, programme)
    if _is_judged(last, tx.today, basis):
        return ()
    feeds = await _feeds(tx, programme.stale_after_days)
    happened: list[Happening] = [*await tell_silence(tx, year, feeds)]
    due = _due(feeds.newest.keys() - feeds.stale.keys(), await judging.cities_judged(tx), tx.today)
    days = sorted(due)[:MOST_DAYS_AT_ONCE]
    rules = await rules_in_force(tx)
    for day in days:
        sitting = Sitting(day, rules, programme.asked(programme.year_of(day)))
        happened += await judge_day(tx, sitting, due[day])
    await judging.note_cities(tx, {city: day for day in days for city in due[day]})
    if len(days) < len(due):
        return happened
    return [*happened, *await _milestones(tx, programme, year, Judged(tx.today, basis, last.goals if last else None))]


def _is_judged(last: Judged | None, today: date, basis: str) -> bool:
    return last is not None and (last.as_of, last.basis) == (today, basis)


async def _basis(tx: Transaction, programme: Programme) -> str:
    return f"{await judging.basis_now(tx)}|{programme}"


async def _feeds(tx: Transaction, allowed: int) -> Feeds:
    newest = await judging.newest_facts(tx)
    return Feeds(newest, silences(newest, tx.today, allowed), allowed)


def _due(cities: Collection[str], judged: Mapping[str, date], today: date) -> dict[date, set[str]]:
    """Which cities to judge on which days: all since their last one, and today in any case."""
    due: defaultdict[date, set[str]] = defaultdict(set)
    for city in cities:
        first = min(judged[city] + timedelta(days=1), today) if city in judged else today
        for back in range((today - first).days + 1):
            due[today - timedelta(days=back)].add(city)
    return due


async def _milestones(tx: Transaction, programme: Programme, year: int, now: Judged) -> Sequence[Happening]:
    """Of this year, and of the last one if it was watched: what arrives late can still bring it a milestone."""
    happened: list[Happening] = []
    for watched, found in ((year - 1, await judging.judged_until(tx, year - 1)), (year, now)):
        if found is not None and found.goals != (goals := await judging.goals_now(tx, watched)):
            happened += await tell_milestones(tx, programme.asked(watched))
            found = replace(found, goals=goals)  # noqa: PLW2901
        if found is not None:
            await judging.note_judged(tx, watched, found)
    return happened
