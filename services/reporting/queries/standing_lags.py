"""Who lags by the books, and what has been judged so far."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from services.reporting.queries.yardsticks import Region
from services.reporting.rules.lag import LEVELS
from services.reporting.tables import LIVE, judged, lag_states, regions, targets
from shared.contracts.values import last_inside
from shared.messaging.transaction import Transaction

StateKey = tuple[str, str]
"""(rule, region)"""


async def judged_until(tx: Transaction, year: int) -> tuple[date, str] | None:
    """(as-of day, basis) of the last judgement of a year."""
    rows = await tx.rows(select(judged).where(judged.c.year == year))
    return (rows[0].as_of, rows[0].basis) if rows else None


async def note_judged(tx: Transaction, year: int, as_of: date, basis: str) -> None:
    """Remember how far was judged, and on which numbers."""
    row = {"year": year, "as_of": as_of, "basis": basis}
    update = {"as_of": as_of, "basis": basis}
    await tx.insert(judged, [row], lambda i: i.on_conflict_do_update(index_elements=["year"], set_=update))


async def basis_now(tx: Transaction, year: int) -> str:
    """Changes whenever a booking or a target could change a judgement."""
    feeds = LIVE.feeds.c
    newest = await tx.rows(select(func.sum(feeds.facts)).where(feeds.year.in_([year, year - 1])))
    version = await tx.rows(select(func.max(targets.c.version)).where(targets.c.year == year))
    return f"{newest[0][0]}|{version[0][0]}"


async def regions_to_judge(tx: Transaction, year: int) -> list[Region]:
    """Cities and counties with a feed, and deeper regions that have a target of their own."""
    feeds = LIVE.feeds.c
    fed = await tx.rows(select(feeds.city).where(feeds.year == year, feeds.policy_facts > 0))
    cities = {row.city for row in fed}
    targeted = select(targets.c.region).where(targets.c.year == year)
    wanted = select(regions).where(
        regions.c.level.in_(LEVELS), regions.c.level.in_(("city", "county")) | regions.c.code.in_(targeted)
    )
    rows = await tx.rows(wanted.order_by(regions.c.code))
    return [Region(row.code, row.name, row.level) for row in rows if row.code[:4] in cities]


async def states_of(tx: Transaction, year: int) -> dict[StateKey, dict[str, Any]]:
    """Every state of a year, firing or cleared."""
    rows = await tx.rows(tx.locked(select(lag_states).where(lag_states.c.year == year)))
    return {(row.rule, row.region): dict(row._mapping) for row in rows}


async def store_states(tx: Transaction, states: Sequence[dict[str, Any]]) -> None:
    """Write states, new or changed."""
    changing = ("episode", "severity", "since", "as_of", "evidence")
    await tx.insert(
        lag_states,
        sorted(states, key=lambda s: (s["rule"], s["region"])),
        lambda i: i.on_conflict_do_update(
            index_elements=["rule", "region", "year"], set_={name: i.excluded[name] for name in changing}
        ),
    )


async def firing(tx: Transaction, parent: str, year: int) -> list[dict[str, Any]]:
    """Firing rules inside a region, the region itself included."""
    inside = lag_states.c.region.between(parent, last_inside(parent))
    question = (
        select(lag_states, regions.c.name, regions.c.level)
        .join(regions, regions.c.code == lag_states.c.region)
        .where(lag_states.c.year == year, lag_states.c.severity.is_not(None), inside)
    )
    return [dict(row._mapping) for row in await tx.rows(question.order_by(lag_states.c.rule, lag_states.c.region))]
