"""`/agents`: who works in which villages, and which villages have nobody."""

from collections.abc import Sequence
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Body, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.enrollment.handlers.change_agents import change_agents
from services.enrollment.queries import agents as queries
from services.enrollment.queries.reference import known_regions
from services.enrollment.rules.agents import Agent, contradictions_in
from services.enrollment.rules.personal_data import Vault
from shared.contracts.submissions import Number, Text
from shared.messaging import outbox
from shared.messaging.transaction import Transaction
from shared.runtime.operations import Cursor, Limit, page
from shared.runtime.principals import Principal
from shared.runtime.security import Operator, Reader, in_scope
from shared.runtime.web import Reading, Writing

log = structlog.get_logger(__name__)
Township = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
Village = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class NewAgent(BaseModel):
    """An agent as it shall be from now on."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    agent_no: Number
    region: Township
    villages: Annotated[list[Village], Field(max_length=500)]
    active: bool = True
    name: Text
    phone: Number | None = None

    @property
    def agent(self) -> Agent:
        villages = tuple(sorted(set(self.villages)))
        return Agent(self.agent_no, self.region, villages, self.active, self.name, self.phone)


NewAgents = Annotated[list[NewAgent], Body(min_length=1, max_length=1000)]


def agents(vault: Vault) -> APIRouter:
    """Agents and the villages that they cover."""
    router = APIRouter(prefix="/enrollment/v1/agents", tags=["agents"])

    @router.get("")
    async def listed(  # noqa: PLR0913, PLR0917
        tx: Reading, caller: Reader, region: str = "", reveal: bool = False, cursor: Cursor = "", limit: Limit = 100
    ) -> dict[str, Any]:
        """Agents of a region by number; name and phone masked unless an auditor asks to reveal them."""
        wanted = in_scope(caller, region or caller.region)
        if reveal:
            _audited(caller, wanted)
        found = await queries.agents_in_region(tx, vault, wanted, cursor, limit)
        return page([queries.shown(agent, reveal) for agent in found], "agent_no", limit)

    @router.post("")
    async def set_agents(tx: Writing, caller: Operator, given: NewAgents) -> dict[str, int]:
        """Set agents as they shall be; the same again changes nothing. All of them, or with a 422 none."""
        wanted = [new.agent for new in given]
        known = await queries.agents_for_update(tx, vault, [agent.agent_no for agent in wanted])
        await _refuse_unfit(tx, caller, wanted, known.values())
        facts = await change_agents(vault, known, wanted, tx)
        await outbox.put(tx, "enrollment", facts)
        return {"agents": len(wanted), "told": len(facts)}

    @router.get("/coverage")
    async def coverage(
        tx: Reading, caller: Reader, region: str = "", cursor: Cursor = "", limit: Limit = 100
    ) -> dict[str, Any]:
        """Township by township: its villages, how many have an active agent, and which have none."""
        wanted = in_scope(caller, region or caller.region)
        return page(await queries.coverage_by_township(tx, wanted, cursor, limit), "region", limit)

    return router


async def _refuse_unfit(tx: Transaction, caller: Principal, wanted: Sequence[Agent], known: Any) -> None:
    if wrong := contradictions_in(wanted):
        raise HTTPException(422, f"Nothing was changed: {'; '.join(wrong[:10])}")
    codes = {code for agent in wanted for code in (agent.region, *agent.villages)}
    strange = codes - await known_regions(tx, codes) | {code for code in codes if not caller.sees(code)}
    if strange:
        raise HTTPException(422, f"Nothing was changed: no region that you may set: {', '.join(sorted(strange)[:10])}")
    if others := sorted(agent.agent_no for agent in known if not caller.sees(agent.region)):
        raise HTTPException(422, f"Nothing was changed: no agent that you may set: {', '.join(others[:10])}")


def _audited(caller: Principal, region: str) -> None:
    """Only an auditor may see personal data, and it is written down who did."""
    if not caller.may("auditor"):
        raise HTTPException(403, "Personal data is shown to the role auditor only")
    log.warning("personal_data_revealed", principal=caller.name, region=region)
