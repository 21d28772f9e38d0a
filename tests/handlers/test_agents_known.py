"""Of all that is told of an agent the newest counts, in whatever order it comes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from services.reporting.handlers.judge_regions import Programme
from services.reporting.queries.agents import coverage_of_townships, villages_without_agent
from services.reporting.rules.accounts import Coverage
from shared.contracts.facts import AgentChanged, AgentState
from shared.messaging.door import Arrival
from tests.handlers.books import book, fact
from tests.handlers.court import Court, court_in

HERE, THERE = "450101001001", "450101001002"
TOLD = (
    ("a", 1, (HERE, THERE), True),
    ("b", 2, (HERE,), True),
    ("c", 2, (THERE,), True),
    ("d", 1, (), False),
)
"""(event id, hour, villages, active): the third is the newest."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def court(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Court]:
    async with court_in(request, tmp_path, Programme(9)) as court:
        yield court


def told(agent_no: str, event_id: str, hour: int, villages: tuple[str, ...], active: bool) -> Arrival:
    data = AgentChanged(
        agent_no=agent_no, region="450101", before=None, after=AgentState(villages=villages, active=active)
    )
    arrival = fact(data, f"{agent_no}-{event_id}")
    assert arrival.event is not None
    event = arrival.event.model_copy(update={"time": datetime(2021, 6, 30, hour, tzinfo=UTC)})
    return Arrival(arrival.source, arrival.event_id, None, None, event)


async def test_the_newest_by_time_and_then_by_id_counts_in_any_order(court: Court) -> None:
    for number, order in enumerate(permutations(TOLD)):
        for known in order if number % 2 else [order]:
            parts = [known] if number % 2 else known
            await book(court.running, [told(f"A{number}", *part) for part in parts])  # type: ignore[misc]
        async with court.running.database.read() as tx:
            assert (await coverage_of_townships(tx))["450101001"] == Coverage(2, 1), order
            assert [v.code for v in (await villages_without_agent(tx, ["450101001"]))["450101001"]] == [HERE]


async def test_a_village_is_served_as_long_as_one_agent_is_active(court: Court) -> None:
    await court.agent("A1", HERE, THERE)
    await court.agent("A2", HERE)
    await court.agent("A1", active=False)
    async with court.running.database.read() as tx:
        found = await coverage_of_townships(tx)
    assert found == {"450101001": Coverage(2, 1), "450101002": Coverage(1, 1)}
