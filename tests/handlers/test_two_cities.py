"""Who books one city never waits for who books another: no row belongs to more cities than one."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.reporting.queries.sums import scope_of, sums_as_of
from services.reporting.tables import LIVE
from shared.contracts.envelope import Event
from shared.contracts.facts import AgentChanged, AgentState, ClaimChange, PolicyChange
from shared.messaging.apply import apply
from shared.messaging.door import Arrival
from shared.messaging.happenings import Happening, Route
from shared.messaging.transaction import Transaction
from shared.runtime.service import Running
from tests.handlers.books import book, fact, reporting
from tests.handlers.rebuilding import House
from tests.handlers.worlds import END, a_claim, a_policy

HERE, THERE = "450101001001", "450201001001"
LATE = date(2022, 8, 31)


@pytest.fixture
async def house(pg_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with reporting(pg_url, tmp_path, END) as running, reporting(pg_url, tmp_path, END) as replica:
        yield House(running, replica)


def facts_of(village: str, seed: int) -> list[Arrival]:
    """Everything that can happen, in one village; the same seed brings the same days, products and amounts."""
    chance, insurer = random.Random(seed), f"ins-{village}"
    changes = [c for n in range(40) for c in a_policy(chance, n)] + [c for n in range(20) for c in a_claim(chance, n)]
    moved = [_in(village, change, insurer) for change in changes]
    agent = AgentChanged(
        agent_no=f"A{village}", region=village, before=None, after=AgentState(villages=(village,), active=True)
    )
    return [fact(data, f"{village}/{number}") for number, data in enumerate([*moved, agent])]


def _in(village: str, change: PolicyChange | ClaimChange, insurer: str) -> PolicyChange | ClaimChange:
    sides = {side: getattr(change, side) for side in ("before", "after")}
    placed = {side: state and state.model_copy(update={"region": village}) for side, state in sides.items()}
    return change.model_copy(update={**placed, "insurer": insurer})


@asynccontextmanager
async def taken_but_not_committed(running: Running, arrivals: Sequence[Arrival]) -> AsyncIterator[None]:
    """A delivery that has been through every handler, in a transaction that stays open until the block ends."""
    done, may_end = asyncio.Event(), asyncio.Event()

    async def stay(_: Sequence[Event[Any]], __: Transaction) -> Sequence[Happening]:
        done.set()
        await may_end.wait()
        return ()

    last = [Route(event_type, stay) for event_type in {a.event.type for a in arrivals if a.event}]
    desk = replace(running.desk, routes=[*running.desk.routes, *last])
    task = asyncio.ensure_future(apply(desk, arrivals))
    try:
        await asyncio.wait({task, asyncio.ensure_future(done.wait())}, return_when=asyncio.FIRST_COMPLETED)
        assert not task.done(), task.result()
        yield
    finally:
        may_end.set()
        await task


@pytest.mark.parametrize("rebuilding", [False, True], ids=["", "while the books are rebuilt"])
async def test_two_cities_of_a_province_are_booked_at_the_same_time(house: House, seed: int, rebuilding: bool) -> None:
    if rebuilding:
        await house.begin()
    here, there = facts_of(HERE, seed), facts_of(THERE, seed)
    async with taken_but_not_committed(house.running, here), asyncio.timeout(4):
        result = await book(house.replica, there)
    assert result.new == len(there)
    assert await units_of(house, "4501") == await units_of(house, "4502") > 0
    assert await units_of(house, "45") == 2 * await units_of(house, "4501")


async def units_of(house: House, code: str) -> int:
    async with house.running.database.read() as tx:
        sums = await sums_as_of(tx, await scope_of(tx, [code]), 2021, [LATE])
    return sums[code][LATE].units


async def test_no_row_of_sums_belongs_to_a_province(house: House, seed: int) -> None:
    await book(house.running, facts_of(HERE, seed))
    await book(house.running, facts_of(THERE, seed + 1))
    async with house.running.database.read() as tx:
        for table in (LIVE.cells, LIVE.covers, LIVE.payment_days, LIVE.households):
            codes = {row.region for row in await tx.rows(select(table.c.region).distinct())}
            assert "4501" in codes
            assert {code for code in codes if len(code) < 4} == set(), table.name
