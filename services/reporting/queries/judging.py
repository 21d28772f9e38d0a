"""How far has been judged, on which numbers, and whom to judge."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from services.reporting.queries.keeping import pulse_of
from services.reporting.queries.yardsticks import Region
from services.reporting.tables import (
    LIVE,
    agent_counties,
    judged,
    judged_cities,
    lag_rules,
    regions,
    targets,
)
from shared.messaging.transaction import Transaction
from shared.runtime.clock import ZONE


@dataclass(frozen=True)
class Judged:
    """How far a year has been judged, and on which numbers lags and milestones were."""

    as_of: date
    basis: str
    goals: str | None


async def judged_until(tx: Transaction, year: int) -> Judged | None:
    """The last judgement of a year."""
    rows = await tx.rows(select(judged.c.as_of, judged.c.basis, judged.c.goals).where(judged.c.year == year))
    return Judged(*rows[0]) if rows else None


async def judged_alone(tx: Transaction, year: int) -> Judged | None:
    """The same, once no other replica is judging this year; nobody else begins until the transaction ends."""
    row = {"year": year, "as_of": date.min, "basis": "", "goals": None}
    held = await tx.insert(
        judged,
        [row],
        lambda i: i.on_conflict_do_update(index_elements=["year"], set_={"as_of": judged.c.as_of}),
        returning=(judged.c.as_of, judged.c.basis, judged.c.goals),
    )
    found = Judged(*held[0])
    return None if found.as_of == date.min else found


async def note_judged(tx: Transaction, year: int, found: Judged) -> None:
    """Remember how far was judged, and on which numbers."""
    changing = {"as_of": found.as_of, "basis": found.basis, "goals": found.goals}
    await tx.insert(
        judged,
        [{"year": year, **changing}],
        lambda i: i.on_conflict_do_update(index_elements=["year"], set_=changing),
    )


async def basis_now(tx: Transaction) -> str:
    """Changes whenever a booking, target, population, rule, agent or code could change a judgement."""
    pulse = await pulse_of(tx)
    facts = sum(told.facts for told in pulse.feeds.values())
    rule = select(func.max(lag_rules.c.version)).scalar_subquery()
    agents = select(func.sum(agent_counties.c.facts)).scalar_subquery()
    numbers = await tx.rows(select(rule, agents))
    return "|".join(map(str, (pulse.edition, facts, *numbers[0])))


async def goals_now(tx: Transaction, year: int) -> str:
    """Changes whenever a policy or a target could bring a milestone of a year."""
    feeds = LIVE.feeds.c
    sold = await tx.rows(select(func.sum(feeds.policy_facts)).where(feeds.year.in_([year, year - 1])))
    version = await tx.rows(select(func.max(targets.c.version)).where(targets.c.year == year))
    return f"{tx.today}|{sold[0][0]}|{version[0][0]}"


async def newest_facts(tx: Transaction) -> dict[str, date]:
    """Every city that an insurer has ever sent policies from, with the day of its newest fact of any kind."""
    feeds = LIVE.feeds.c
    question = select(feeds.city, func.max(feeds.fresh_to), func.sum(feeds.policy_facts)).group_by(feeds.city)
    return {city: fresh.astimezone(ZONE).date() for city, fresh, policies in await tx.rows(question) if policies}


async def cities_judged(tx: Transaction) -> dict[str, date]:
    """How far each city has been judged."""
    return {city: as_of for city, as_of in await tx.rows(select(judged_cities.c.city, judged_cities.c.as_of))}


async def note_cities(tx: Transaction, until: Mapping[str, date]) -> None:
    """Remember how far each city was judged."""
    await tx.insert(
        judged_cities,
        [{"city": city, "as_of": day} for city, day in sorted(until.items())],
        lambda i: i.on_conflict_do_update(index_elements=["city"], set_={"as_of": i.excluded.as_of}),
    )


async def regions_to_judge(
    tx: Transaction, year: int, cities: Collection[str], also: Iterable[str]
) -> tuple[list[Region], set[str]]:
    """Cities and counties with a feed, townships with a guideline target and some others; and which have the target."""
    feeds = LIVE.feeds.c
    fed = await tx.rows(select(feeds.city).where(feeds.year == year, feeds.policy_facts > 0))
    wanted = {row.city for row in fed} & set(cities)
    guideline = (targets.c.year == year, targets.c.kind == "guideline", targets.c.line == "")
    targeted = {row.region for row in await tx.rows(select(targets.c.region).where(*guideline).distinct())}
    codes: Any = tx.any_of(regions.c.code, {code for code in (*targeted, *also) if len(code) == 9})
    rows = await tx.rows(select(regions).where(or_(regions.c.level.in_(("city", "county")), codes)).order_by("code"))
    return [Region(row.code, row.name, row.level) for row in rows if row.code[:4] in wanted], targeted
