"""Villages without an active enrolment agent, where agents are known at all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Subquery, func, select

from services.reporting.queries.yardsticks import Region
from services.reporting.rules.accounts import Coverage
from services.reporting.tables import agent_counties, agent_villages, regions
from shared.messaging.transaction import Transaction


async def coverage_of_townships(tx: Transaction) -> dict[str, Coverage]:
    """Every township with villages, in counties from which an agent was ever told of."""
    served = _served()
    question = (
        select(regions.c.parent, func.count(), func.count(served.c.village))
        .outerjoin(served, served.c.village == regions.c.code)
        .where(regions.c.level == "village", func.substr(regions.c.code, 1, 6).in_(select(agent_counties.c.county)))
        .group_by(regions.c.parent)
    )
    return {parent: Coverage(villages, villages - known) for parent, villages, known in await tx.rows(question)}


async def villages_without_agent(tx: Transaction, townships: Sequence[str]) -> dict[str, list[Region]]:
    """Per township its villages that nobody serves."""
    served = _served()
    question = (
        select(regions)
        .outerjoin(served, served.c.village == regions.c.code)
        .where(tx.any_of(regions.c.parent, townships), regions.c.level == "village", served.c.village.is_(None))
        .order_by(regions.c.code)
    )
    found: defaultdict[str, list[Region]] = defaultdict(list)
    for row in await tx.rows(question):
        found[row.parent].append(Region(row.code, row.name, row.level))
    return found


def _served() -> Subquery:
    return select(agent_villages.c.village).distinct().subquery("served")


def counties_of(codes: Iterable[str]) -> set[str]:
    """The counties that regions lie in; a province or city lies in none."""
    return {code[:6] for code in codes if len(code) >= 6}
