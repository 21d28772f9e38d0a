"""Agents as an operator sets them: what differs is stored, and what others have to know of it is told."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import delete

from services.enrollment.queries.agents import place_of
from services.enrollment.rules.agents import Agent, is_news
from services.enrollment.rules.personal_data import Vault
from services.enrollment.tables import agent_villages, agents
from shared.contracts.facts import AgentChanged
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction


async def change_agents(
    vault: Vault, known: Mapping[str, Agent], wanted: Sequence[Agent], tx: Transaction
) -> Sequence[Fact]:
    """Store every agent that differs from the one `known` under its number."""
    changed = [agent for agent in wanted if known.get(agent.agent_no) != agent]
    await _store(vault, changed, tx)
    return [_fact(known.get(agent.agent_no), agent) for agent in changed if is_news(known.get(agent.agent_no), agent)]


async def _store(vault: Vault, changed: Sequence[Agent], tx: Transaction) -> None:
    changing = ("region", "active", "sealed")
    await tx.insert(
        agents,
        [_row(vault, agent) for agent in changed],
        lambda i: i.on_conflict_do_update(
            index_elements=["agent_no"], set_={name: i.excluded[name] for name in changing}
        ),
    )
    theirs = tx.any_of(agent_villages.c.agent_no, [agent.agent_no for agent in changed])
    await tx.connection.execute(delete(agent_villages).where(theirs))
    await tx.insert(agent_villages, [{"agent_no": a.agent_no, "village": v} for a in changed for v in a.villages])


def _row(vault: Vault, agent: Agent) -> dict[str, object]:
    person = json.dumps({"name": agent.name, "phone": agent.phone}).encode()
    sealed = vault.seal(person, place_of(agent.agent_no))
    return {"agent_no": agent.agent_no, "region": agent.region, "active": agent.active, "sealed": sealed}


def _fact(before: Agent | None, after: Agent) -> Fact:
    state = before.state if before else None
    changed = AgentChanged(agent_no=after.agent_no, region=after.region, before=state, after=after.state)
    return Fact(changed, after.region, after.agent_no)
