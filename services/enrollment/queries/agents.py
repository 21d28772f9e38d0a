"""Agents with their villages, and the villages that have none."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select, text

from services.enrollment.rules.agents import Agent
from services.enrollment.rules.personal_data import Vault, masked_name, masked_number
from services.enrollment.tables import agent_villages, agents, regions
from shared.contracts.values import last_inside
from shared.messaging.transaction import Transaction

_FOR_UPDATE = text("SELECT pg_advisory_xact_lock(hashtext('enrollment.agents'))")
_IS_VILLAGE = func.length(regions.c.code) == 12
_IS_COVERED = exists(
    select(agent_villages.c.village)
    .join(agents, agents.c.agent_no == agent_villages.c.agent_no)
    .where(agent_villages.c.village == regions.c.code, agents.c.active)
)


def place_of(agent_no: str) -> str:
    """What the sealed name and phone are bound to."""
    return f"agents|sealed|{agent_no}"


async def agents_for_update(tx: Transaction, vault: Vault, numbers: Iterable[str]) -> dict[str, Agent]:
    """Those of the agents that are known; nobody else changes any before this transaction ends."""
    if tx.is_postgres:
        await tx.rows(_FOR_UPDATE)
    return {
        a.agent_no: a for a in await _agents(tx, vault, select(agents).where(tx.any_of(agents.c.agent_no, numbers)))
    }


async def agents_in_region(tx: Transaction, vault: Vault, region: str, after: str, most: int) -> list[Agent]:
    """Agents of the townships in a region, by number."""
    wanted = select(agents).where(agents.c.agent_no > after, _inside(agents.c.region, region))
    return await _agents(tx, vault, wanted.order_by(agents.c.agent_no).limit(most))


async def _agents(tx: Transaction, vault: Vault, wanted: Select[Any]) -> list[Agent]:
    rows = await tx.rows(wanted)
    villages: defaultdict[str, list[str]] = defaultdict(list)
    theirs = select(agent_villages).where(tx.any_of(agent_villages.c.agent_no, [row.agent_no for row in rows]))
    for row in await tx.rows(theirs.order_by(agent_villages.c.village)) if rows else []:
        villages[row.agent_no].append(row.village)
    return [_agent(vault, row, villages[row.agent_no]) for row in rows]


def _agent(vault: Vault, row: Any, villages: list[str]) -> Agent:
    person = json.loads(vault.open(row.sealed, place_of(row.agent_no)))
    return Agent(row.agent_no, row.region, tuple(villages), row.active, person["name"], person["phone"])


def shown(agent: Agent, reveal: bool) -> dict[str, Any]:
    """An agent as a list shows it, name and phone masked unless they may be revealed."""
    if reveal:
        return agent._asdict()
    phone = masked_number(agent.phone) if agent.phone else None
    return {**agent._asdict(), "name": masked_name(agent.name), "phone": phone}


async def coverage_by_township(tx: Transaction, region: str, after: str, most: int) -> list[dict[str, Any]]:
    """Each township with its villages, how many have an active agent, and those that have none."""
    townships = await tx.rows(_townships(region, after).limit(most))
    if not townships:
        return []
    first, last = townships[0].township, townships[-1].township
    of_page = _inside(regions.c.code, region) & regions.c.code.between(first, last_inside(last))
    uncovered: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    without = select(regions.c.code, regions.c.name).where(of_page, _IS_VILLAGE, ~_IS_COVERED)
    for row in await tx.rows(without.order_by(regions.c.code)):
        uncovered[row.code[:9]].append({"code": row.code, "name": row.name})
    named = select(regions.c.code, regions.c.name).where(tx.any_of(regions.c.code, [t.township for t in townships]))
    names = {row.code: row.name for row in await tx.rows(named)}
    return [
        {"region": t.township, "name": names.get(t.township), "villages": t.villages, "covered": t.covered,
         "uncovered": uncovered[t.township]}
        for t in townships
    ]  # fmt: skip


def _townships(region: str, after: str) -> Select[Any]:
    later = regions.c.code > (last_inside(after) if after else "")
    counted = select(
        func.substr(regions.c.code, 1, 9).label("township"),
        func.count().label("villages"),
        func.sum(case((_IS_COVERED, 1), else_=0)).label("covered"),
    )
    return counted.where(_IS_VILLAGE, _inside(regions.c.code, region), later).group_by("township").order_by("township")


def _inside(code: ColumnElement[str], region: str) -> ColumnElement[bool]:
    return code.between(region, last_inside(region))
