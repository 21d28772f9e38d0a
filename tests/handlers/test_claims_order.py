"""In whatever order policies, revisions and steps arrive, a claim ends in the same state and in the right place."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from services.claims.tables import metadata
from shared.contracts.facts import PolicyChange
from shared.messaging.outcomes import Unavailable
from shared.runtime.migrations import difference
from tests.handlers.claims_office import ELSEWHERE, VILLAGE, Json, Office, office_in, policy, reported, step

Happening = PolicyChange | Json
APRIL = date(2021, 4, 1)


@pytest.fixture(params=["postgresql", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with office_in(tmp_path, url) as office:
        yield office


def short_life(n: int) -> list[Happening]:
    """A policy that has moved before the report, and a claim that was reopened."""
    return [
        policy(f"P{n}"),
        policy(f"P{n}", 2, date(2021, 3, 2), region=ELSEWHERE),
        reported(f"C{n}", f"r{n}", policy_no=f"P{n}"),
        step("settled", "2021-03-05", f"C{n}", f"s{n}", amount="400.00"),
        step("paid", "2021-03-09", f"C{n}", f"p{n}", amount="400.00"),
        step("reopened", "2021-04-01", f"C{n}", f"o{n}", reserve="70.00", reason="new bills"),
    ]


def long_life(n: int) -> list[Happening]:
    """The same, decided again on the day of the reopening, with everything else that can happen."""
    return [
        *short_life(n),
        policy(f"P{n}", 3, date(2021, 5, 1), region=VILLAGE),
        step("settled", "2021-04-01", f"C{n}", f"s2{n}", amount="50.00"),
        step("paid", "2021-04-01", f"C{n}", f"p2{n}", amount="20.00"),
        step("paid", "2021-04-01", f"C{n}", f"p3{n}", amount="20.00", payment_no="2"),
        step("recovered", "2021-04-02", f"C{n}", f"c{n}", amount="10.00", reason="too much"),
        step("answered", "2021-04-02", f"C{n}", f"a{n}", satisfied=False),
    ]


async def live(office: Office, lives: Sequence[Sequence[Happening]], at_once: int = 1) -> None:
    """All lives side by side, `at_once` happenings of each at a time."""
    for start in range(0, len(lives[0]), at_once):
        now = [happening for life in lives for happening in life[start : start + at_once]]
        submissions = [happening for happening in now if isinstance(happening, dict)]
        for first in range(0, len(submissions), 1000):
            await office.take(*submissions[first : first + 1000])
        if changes := [happening for happening in now if isinstance(happening, PolicyChange)]:
            await office.hear(*changes)


async def test_every_order_of_arrival_ends_in_the_same_state(office: Office) -> None:
    orders = list(permutations(range(6)))
    await live(office, [[short_life(n)[place] for place in order] for n, order in enumerate(orders)])
    states = {n: await states_of(office, n) for n in range(len(orders))} if len(orders) < 2 else await last_states(office)
    assert len(states) == 720
    assert all(state == states["C0"] for state in states.values())
    assert states["C0"]["region"] == ELSEWHERE
    assert [s["step"] for s in states["C0"]["steps"]] == ["reported", "settled", "paid", "reopened"]


@pytest.mark.parametrize("at_once", [1, 3])
async def test_a_long_life_in_a_random_order_ends_in_the_same_state(office: Office, at_once: int, seed: int) -> None:
    dice = random.Random(seed)
    lives = [dice.sample(long_life(n), 12) for n in range(200)]
    await live(office, lives, at_once)
    states = await last_states(office)
    assert len(states) == 200
    kinds = ["reported", "settled", "paid", "reopened", "settled", "paid", "paid", "recovered", "answered"]
    for state in states.values():
        assert state["region"] == ELSEWHERE
        assert [s["step"] for s in state["steps"]] == kinds
