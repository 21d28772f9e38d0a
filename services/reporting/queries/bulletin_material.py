"""Everything that a bulletin of one region and day is composed from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from services.reporting.queries.figures import EVERYTHING, Asked, Known, known_on
from services.reporting.queries.standing_lags import firing
from services.reporting.queries.sums import scope_of, sums_as_of
from services.reporting.queries.yardsticks import Region, children_of, children_of_many, years_loaded
from services.reporting.rules.bulletins.material import Course, Firing, Kind, Material, Subject, Yardstick
from services.reporting.rules.pace import days_of, year_before
from services.reporting.settings import ReportingSettings
from services.reporting.tables import LIVE
from shared.messaging.transaction import Transaction
from shared.runtime.clock import ZONE


@dataclass(frozen=True)
class Wanted:
    """Which bulletin."""

    kind: Kind
    region: Region
    year: int
    as_of: date
    since: date | None
    start_month: int


@dataclass(frozen=True)
class HighWater:
    """How many facts of a city's two years the books hold, and when the newest was told."""

    facts: int
    fresh_to: datetime | None


async def material_for(tx: Transaction, wanted: Wanted) -> Material:
    """The region, its children and (but for a week) their children, with a fixed number of questions."""
    children = await children_of(tx, wanted.region.code)
    subjects = await _subjects(tx, wanted, [wanted.region, *children], EVERYTHING)
    below = await children_of_many(tx, [child.code for child in children]) if wanted.kind != "weekly" else {}
    deeper = await _subjects(tx, wanted, [region for found in below.values() for region in found], frozenset())
    return Material(
        kind=wanted.kind,
        year=wanted.year,
        as_of=wanted.as_of,
        since=wanted.since,
        region=subjects[0],
        children=subjects[1:],
        below=deeper,
        course=await _course(tx, wanted, subjects[0]),
    )


async def _subjects(
    tx: Transaction, wanted: Wanted, regions: Sequence[Region], details: frozenset[str]
) -> list[Subject]:
    if not regions:
        return []
    codes = [region.code for region in regions]
    goal = ReportingSettings().goal
    asked = Asked(codes, wanted.year, wanted.start_month, details=details, elder_goal=goal)
    now = await known_on(tx, asked, wanted.as_of)
    earlier = replace(asked, details=frozenset())
    before = await known_on(tx, earlier, wanted.since) if wanted.since and details else {}
    lags, feeds = await _lags(tx, wanted), await _high_waters(tx, wanted.year)
    return [_subject(region, now[region.code], before.get(region.code), lags, feeds) for region in regions]


def _subject(
    region: Region,
    now: Known,
    before: Known | None,
    lags: Mapping[str, Sequence[Firing]],
    feeds: Mapping[str, HighWater],
) -> Subject:
    told = [feed for city, feed in feeds.items() if city.startswith(region.code[:4])]
    return Subject(
        code=region.code,
        name=region.name,
        level=region.level,
        now=now.figures,
        before=before.figures if before else None,
        targets={kind: Yardstick(t.units, t.effective_on, t.document, t.version) for kind, t in now.targets.items()},
        vintage=now.population.vintage if now.population else None,
        facts=sum(feed.facts for feed in told),
        fresh_to=max((feed.fresh_to for feed in told if feed.fresh_to), default=None),
        lags=tuple(lags.get(region.code, ())),
    )


async def _lags(tx: Transaction, wanted: Wanted) -> Mapping[str, Sequence[Firing]]:
    """Rules that were firing on the day."""
    found: defaultdict[str, list[Firing]] = defaultdict(list)
    for row in await firing(tx, wanted.region.code, wanted.year, wanted.as_of):
        found[row["region"]].append(Firing(row["rule"], row["severity"] == "severe"))
    return found


async def _high_waters(tx: Transaction, year: int) -> Mapping[str, HighWater]:
    feeds = LIVE.feeds.c
    question = select(feeds.city, func.sum(feeds.facts), func.max(feeds.fresh_to))
    rows = await tx.rows(question.where(feeds.year.in_([year - 1, year])).group_by(feeds.city))
    return {city: HighWater(int(facts), told and told.astimezone(ZONE)) for city, facts, told in rows}


async def _course(tx: Transaction, wanted: Wanted, subject: Subject) -> Course | None:
    """Week by week, and on the day itself."""
    if not subject.now.has_feed:
        return None
    code, year, month = wanted.region.code, wanted.year, wanted.start_month
    scope, whole_year = await scope_of(tx, [code]), days_of(year, month)
    days = sorted({*whole_year[6::7], whole_year[-1], *({wanted.as_of} & set(whole_year))})
    sold = (await sums_as_of(tx, scope, year, days))[code]
    past = None
    if year - 1 in await years_loaded(tx):
        last = (await sums_as_of(tx, scope, year - 1, [year_before(day) for day in days]))[code]
        past = [last[year_before(day)].units for day in days]
    target, curve = subject.now.targets.get("guideline"), subject.now.curve
    return Course(
        days=days,
        units=[sold[day].units if day <= wanted.as_of else None for day in days],
        last_year=past,
        expected=[round(target * curve.share_on(day)) for day in days] if target and curve else None,
    )


def a_week_before(as_of: date) -> date:
    """Where a week's movement is counted from when no bulletin came before."""
    return as_of - timedelta(days=7)
