"""What is needed to see goals reached: peaks of the year, versions of targets, and what was told before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select

from services.reporting.queries.kept_books import FLOWS, Kept, amount_of
from services.reporting.queries.selling import booked_codes
from services.reporting.queries.sums import Scope, courses_of
from services.reporting.queries.yardsticks import Region
from services.reporting.rules.courses import Course
from services.reporting.rules.milestones import Version
from services.reporting.tables import LIVE, milestones, regions, targets
from shared.contracts.values import last_inside
from shared.messaging.transaction import Transaction, if_new


async def versions_of_targets(tx: Transaction, year: int) -> dict[str, list[Version]]:
    """Per region every version of its targets of a year, in the order in which they come into force."""
    rows = await tx.rows(select(targets).where(targets.c.year == year).order_by("effective_on", "version"))
    found: defaultdict[str, list[Version]] = defaultdict(list)
    for row in rows:
        found[row.region].append(Version(row.kind, row.line, row.effective_on, row.units))
    return found


async def regions_with_goals(tx: Transaction, targeted: Iterable[str]) -> list[Region]:
    """Provinces, cities, counties, and townships with a target."""
    townships = tx.any_of(regions.c.code, {code for code in targeted if len(code) == 9})
    levels = regions.c.level.in_(("province", "city", "county"))
    rows = await tx.rows(select(regions).where(levels | townships).order_by(regions.c.code))
    return [Region(row.code, row.name, row.level) for row in rows]


async def peaks_of(tx: Transaction, scope: Scope, year: int, until: date) -> dict[str, tuple[int, int]]:
    """Per region the most units, and elder units, that it came to on any day of a year; 0 where nothing was booked."""
    courses = await courses_of(tx, scope, Kept(year, scope.products))
    found = {region: _peaks(course, until) for region, course in courses.items()}
    rest = {region: signed for region, signed in scope.booked.items() if region not in courses}
    nothing = dict.fromkeys(rest, (0, 0))
    return found | nothing | (await _asked_peaks(tx, replace(scope, booked=rest), year, until) if rest else {})


_PEAKS = ("units", "elder_units")


def _peaks(course: Course, until: date) -> tuple[int, int]:
    units, elder = (max(course.totals(FLOWS.index(name), until), default=0) for name in _PEAKS)
    return units, elder


async def _asked_peaks(tx: Transaction, scope: Scope, year: int, until: date) -> dict[str, tuple[int, int]]:
    booked, cells = booked_codes(scope), LIVE.cells.c
    sums = [func.sum(amount_of(name) * booked.c.sign) for name in _PEAKS]
    running = [
        func.sum(total).over(partition_by=booked.c.region, order_by=cells.booked_on).label(name)
        for total, name in zip(sums, _PEAKS, strict=True)
    ]
    by_day = (
        select(booked.c.region, *running)
        .join_from(booked, LIVE.cells, booked.c.code == cells.region)
        .where(cells.year == year, cells.booked_on <= until, scope.counts(cells.product))
        .group_by(booked.c.region, cells.booked_on)
        .subquery()
    )
    question = select(by_day.c.region, *(func.max(by_day.c[name]) for name in _PEAKS)).group_by(by_day.c.region)
    return {region: (int(units), int(elder)) for region, units, elder in await tx.rows(question)}


async def milestones_told(tx: Transaction, year: int) -> set[tuple[str, str]]:
    """(region, milestone) of all that was told of a year."""
    rows = await tx.rows(select(milestones.c.region, milestones.c.milestone).where(milestones.c.year == year))
    return {(region, milestone) for region, milestone in rows}


async def keep_milestones(tx: Transaction, rows: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    """Store milestones; returns those that nobody had stored before."""
    columns = milestones.c
    kept = await tx.insert(milestones, rows, if_new, returning=(columns.region, columns.milestone))
    return {(region, milestone) for region, milestone in kept}


async def milestones_inside(tx: Transaction, parent: str, year: int, day: date) -> list[dict[str, Any]]:
    """Milestones reached by a day inside a region, itself included, the newest first."""
    columns = milestones.c
    question = (
        select(milestones, regions.c.name, regions.c.level)
        .join(regions, regions.c.code == columns.region)
        .where(columns.year == year, columns.region.between(parent, last_inside(parent)), columns.reached_on <= day)
        .order_by(columns.reached_on.desc(), columns.region, columns.milestone)
    )
    return [
        {
            "region": {"code": row.region, "name": row.name, "level": row.level},
            "milestone": row.milestone,
            "year": row.year,
            "reached_on": row.reached_on,
            "value": row.value,
        }
        for row in await tx.rows(question)
    ]
