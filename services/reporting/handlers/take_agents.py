"""Keep where every agent works: of all that is told of an agent, in whatever order, the newest counts."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from services.reporting.queries.agents import counties_of
from services.reporting.queries.yardsticks import moves_now
from services.reporting.tables import agent_counties, agent_villages, agents
from shared.contracts.envelope import Event
from shared.contracts.facts import AgentChanged
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction

Order = tuple[datetime, str]
"""(when it was told, event id)"""
Newest = dict[str, tuple[Order, AgentChanged]]


async def take_agents(changes: Sequence[Event[AgentChanged]], tx: Transaction) -> Sequence[Happening]:
    """Store the newest state of every agent, and that its counties know their agents."""
    told: Newest = {}
    for order, change in sorted((((e.time or tx.moment), e.id), e.data) for e in changes):
        told[change.agent_no] = order, change
    known = await _orders_known(tx, told)
    newer = {no: found for no, found in sorted(told.items()) if no not in known or known[no] < found[0]}
    await _store(tx, newer)
    await _store_villages(tx, newer)
    await _count_by_county(tx, changes)
    return ()


async def _orders_known(tx: Transaction, told: Newest) -> dict[str, Order]:
    known = select(agents.c.agent_no, agents.c.told_at, agents.c.event_id).where(tx.any_of(agents.c.agent_no, told))
    return {no: (at, event_id) for no, at, event_id in await tx.rows(tx.locked(known))}


async def _store(tx: Transaction, newer: Newest) -> None:
    await tx.write(delete(agents).where(agents.c.agent_no == bindparam("b_agent")), [{"b_agent": no} for no in newer])
    rows = [
        {
            "agent_no": no,
            "region": change.region,
            "villages": list(change.after.villages),
            "active": change.after.active,
            "told_at": told_at,
            "event_id": event_id,
        }
        for no, ((told_at, event_id), change) in newer.items()
    ]
    await tx.write(insert(agents), rows)


async def _store_villages(tx: Transaction, newer: Newest) -> None:
    gone = delete(agent_villages).where(agent_villages.c.agent_no == bindparam("b_agent"))
    await tx.write(gone, [{"b_agent": no} for no in newer])
    moves = await moves_now(tx)
    served = {
        (moves.today_of(village), no)
        for no, (_, change) in newer.items()
        if change.after.active
        for village in change.after.villages
    }
    await tx.insert(agent_villages, [{"village": village, "agent_no": no} for village, no in sorted(served)])


async def _count_by_county(tx: Transaction, changes: Sequence[Event[AgentChanged]]) -> None:
    facts = Counter(county for event in changes for county in _counties(event.data))
    known = agent_counties.c.facts
    await tx.insert(
        agent_counties,
        [{"county": county, "facts": facts[county]} for county in sorted(facts)],
        lambda i: i.on_conflict_do_update(index_elements=["county"], set_={"facts": known + i.excluded.facts}),
    )


def _counties(change: AgentChanged) -> set[str]:
    before = change.before.villages if change.before else ()
    return counties_of((change.region, *before, *change.after.villages))
