"""In whatever order policies, revisions and steps arrive, a claim ends in the same state and in the right place."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import select

from services.claims.tables import metadata, policies
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
        reported(f"C{n}", f"r-{n}", policy_no=f"P{n}"),
        step("settled", "2021-03-05", f"C{n}", f"s-{n}", amount="400.00"),
        step("paid", "2021-03-09", f"C{n}", f"p-{n}", amount="400.00"),
        step("reopened", "2021-04-01", f"C{n}", f"o-{n}", reserve="70.00", reason="new bills"),
    ]


def long_life(n: int) -> list[Happening]:
    """The same, decided again on the day of the reopening, with everything else that can happen."""
    return [
        *short_life(n),
        policy(f"P{n}", 3, date(2021, 5, 1), region=VILLAGE),
        step("settled", "2021-04-01", f"C{n}", f"s2-{n}", amount="50.00"),
        step("paid", "2021-04-01", f"C{n}", f"p2-{n}", amount="20.00"),
        step("paid", "2021-04-01", f"C{n}", f"p3-{n}", amount="20.00", payment_no="2"),
        step("recovered", "2021-04-02", f"C{n}", f"c-{n}", amount="10.00", reason="too much"),
        step("answered", "2021-04-02", f"C{n}", f"a-{n}", satisfied=False),
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
    states = await last_states(office)
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


async def last_states(office: Office) -> dict[str, Json]:
    """Where the unbroken chain of each claim's facts ends."""
    return {claim_no: chain[-1]["data"]["after"] for claim_no, chain in (await office.histories()).items()}


async def test_a_late_revision_moves_a_claim_with_all_its_steps(office: Office) -> None:
    await office.hear(policy())
    await office.take(reported(), step("settled", "2021-03-05", amount="400.00"))
    await office.hear(policy(revision=2, booked_on=date(2021, 3, 2), region=ELSEWHERE, product="elder_care_a"))
    moved = (await office.history("C1"))[-1]
    assert (moved["type"], moved["key"]) == ("guanai.claim.corrected.v1", "claim.corrected.4501")
    assert moved["causationid"] == "demo-life-P1-2"
    before, after = moved["data"]["before"], moved["data"]["after"]
    assert (before["region"], before["product"]) == (VILLAGE, "family_care")
    assert (after["region"], after["product"]) == (ELSEWHERE, "elder_care_a")
    assert after["steps"] == before["steps"]


async def test_a_moved_claim_goes_on_in_its_new_place(office: Office) -> None:
    await office.hear(policy())
    await office.take(reported())
    await office.hear(policy(revision=2, booked_on=date(2021, 3, 2), region=ELSEWHERE))
    await office.take(step("settled", "2021-03-05", amount="400.00"))
    assert (await office.history("C1"))[-1]["key"] == "claim.settled.4501"


@pytest.mark.parametrize(
    "revision",
    [
        policy(revision=2, booked_on=date(2021, 3, 3), region=ELSEWHERE),
        policy(revision=2, booked_on=date(2021, 3, 1)),
        policy(revision=2, booked_on=date(2021, 3, 1), in_force=False),
        policy("P2", region=ELSEWHERE),
        policy(insurer="other-life", region=ELSEWHERE),
    ],
    ids=["dated after the report", "same place", "cancelled", "another policy", "another insurer"],
)
async def test_a_revision_that_concerns_no_place_moves_nothing(office: Office, revision: PolicyChange) -> None:
    await office.hear(policy())
    await office.take(reported())
    await office.hear(revision)
    assert len(await office.history("C1")) == 1


async def test_a_first_revision_that_comes_last_takes_the_claim_back(office: Office) -> None:
    await office.hear(policy(revision=2, booked_on=APRIL, region=ELSEWHERE))
    await office.take(reported())
    await office.hear(policy())
    assert [fact["data"]["after"]["region"] for fact in await office.history("C1")] == [ELSEWHERE, VILLAGE]


async def test_a_claim_reported_before_the_policy_belongs_to_its_first_revision(office: Office) -> None:
    await office.hear(policy(booked_on=APRIL), policy(revision=2, booked_on=APRIL, region=ELSEWHERE))
    await office.take(reported())
    assert (await office.state())["region"] == VILLAGE


async def test_replicas_that_work_at_once_lose_no_move_and_count_no_claim_twice(office: Office, seed: int) -> None:
    await office.hear(*(policy(f"P{n}") for n in range(40)))
    moves = [policy(f"P{n}", 2, date(2021, 3, 2), region=ELSEWHERE) for n in range(40)]
    reports = [(reported(f"C{n}", f"{who}{n}", policy_no=f"P{n}")) for n in range(40) for who in "ab"]
    work: list[Happening] = random.Random(seed).sample([*moves, *reports], 120)
    await asyncio.gather(*(insistently(office, happening) for happening in work))
    assert {state["region"] for state in (await last_states(office)).values()} == {ELSEWHERE}
    statuses = [receipt["status"] for receipt in await office.receipts()]
    assert (statuses.count("accepted"), statuses.count("duplicate")) == (40, 40)


async def test_a_claim_reported_to_two_replicas_at_once_is_taken_once(office: Office) -> None:
    await office.hear(policy())
    for n in range(10):
        both = (insistently(office, reported(f"C{n}", f"{who}{n}")) for who in "ab")
        await asyncio.gather(*both)
    assert len(await last_states(office)) == 10
    assert sorted(receipt["status"] for receipt in await office.receipts()) == ["accepted"] * 10 + ["duplicate"] * 10


async def test_steps_and_moves_that_two_replicas_take_at_once_still_telescope(office: Office) -> None:
    await office.hear(*(policy(f"P{n}") for n in range(10)))
    for n in range(10):
        _, _, report, settled, paid, _ = short_life(n)
        answered = step("answered", "2021-04-02", f"C{n}", f"a-{n}", satisfied=False)
        await office.take(report, settled)  # type: ignore[arg-type]
        move = policy(f"P{n}", 2, date(2021, 3, 2), region=ELSEWHERE)
        await asyncio.gather(*(insistently(office, happening) for happening in (paid, answered, move)))
    for state in (await last_states(office)).values():
        assert [s["step"] for s in state["steps"]] == ["reported", "settled", "paid", "answered"]
        assert state["region"] == ELSEWHERE


async def insistently(office: Office, happening: Happening) -> None:
    """As a consumer does: the same again when another replica was in the way."""
    while True:
        try:
            await (office.hear(happening) if isinstance(happening, PolicyChange) else office.take(happening))
        except Unavailable:
            continue
        return


async def test_the_migrations_make_the_tables_that_the_code_uses(office: Office) -> None:
    assert await difference(office.running.database, metadata) == []


async def test_a_known_revision_among_many_new_ones_holds_up_none_of_them(office: Office) -> None:
    await office.take(reported("C1", policy_no="P7"), reported("C2", policy_no="P8"))
    await office.hear(policy("P7"))
    office.running.desk = replace(office.running.desk, replaying=True)
    await office.hear(*(policy(f"P{number}") for number in range(250)))
    assert {fact["subject"] for fact in await office.facts()} == {"C1", "C2"}
    async with office.running.database.read() as tx:
        assert len(await tx.rows(select(policies.c.policy_no))) == 250
