"""However often a fact is delivered, it counts once: duplicates, redelivery, crashes at every awkward moment."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.contracts.envelope import BATCH, Event
from shared.contracts.facts import PolicyIssued
from shared.messaging import consume as consuming
from shared.messaging.happenings import on
from shared.messaging.topology import FACTS
from shared.messaging.transaction import Transaction
from shared.messaging.transport import BrokerAway, Message
from tests.messaging.events import KEY, body_of, issued, message
from tests.messaging.house import House, at_work, count_units, ended, eventually


async def publish(house: House, *messages: Message) -> None:
    assert not any(await house.transport.publish(messages))


async def settled(house: House, count: int) -> None:
    """Every one of `count` deliveries has been settled."""
    await eventually(lambda: sum(n for key, n in house.watch.counts.items() if key[0] == "deliveries") >= count)


class Gate:
    """A handler that counts only once it is let; how often it began can be seen."""

    def __init__(self) -> None:
        self.opened, self.begun = asyncio.Event(), 0

    async def count(self, issued: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
        self.begun += 1
        await self.opened.wait()
        return await count_units(issued, tx)


@pytest.fixture
def gate(house: House) -> Gate:
    made = Gate()
    house.desk.routes[:] = [on(PolicyIssued, made.count)]  # type: ignore[index]
    return made


async def test_every_fact_counts(house: House) -> None:
    await publish(house, *(message(issued(f"P{n}", units=n), f"m{n}") for n in range(1, 101)))
    async with at_work(house.consumer()):
        await settled(house, 100)
    assert await house.units() == 5050


async def test_the_same_fact_from_two_deliveries_counts_once(house: House) -> None:
    async with at_work(house.consumer()):
        await publish(house, message(issued("P1"), "m1"))
        await settled(house, 1)
        await publish(house, message(issued("P1"), "m2"))
        await settled(house, 2)
    assert (await house.units(), house.count("deliveries", "duplicate")) == (1, 1)


async def test_the_same_fact_twice_in_one_body_counts_once(house: House) -> None:
    twice = body_of(issued("P1"), issued("P2"), issued("P1"))
    await publish(house, Message(FACTS, KEY, twice, "m", BATCH))
    async with at_work(house.consumer()):
        await settled(house, 1)
    assert await house.units() == 2


async def test_the_same_event_id_of_another_service_is_another_fact(house: House) -> None:
    other = issued("P1").model_copy(update={"source": "urn:guanai:elsewhere"})
    await publish(house, message(issued("P1"), "m1"), message(other, "m2"))
    async with at_work(house.consumer()):
        await settled(house, 2)
    assert await house.units() == 2


async def test_two_consumers_that_get_the_same_facts_count_each_once(house: House) -> None:
    facts = [issued(f"P{n}") for n in range(30)]
    await publish(house, *(message(fact, f"{time}-{fact.id}") for fact in facts for time in range(3)))
    async with at_work(house.consumer(), house.consumer()):
        await settled(house, 90)
    assert await house.units() == 30


async def test_a_crash_between_commit_and_acknowledgement_counts_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, crashes = consuming.settle, iter([True])

    async def crash_once(*args: Any) -> None:
        if next(crashes, False):
            raise BrokerAway("the process died here")
        await settle(*args)

    monkeypatch.setattr(consuming, "settle", crash_once)
    await publish(house, message(issued("P1")))
    async with at_work(house.consumer()):
        await settled(house, 1)
    assert (await house.units(), house.count("deliveries", "duplicate")) == (1, 1)


async def test_a_process_that_dies_in_the_middle_leaves_nothing_and_loses_nothing(
    house: House, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "_GRACE_SECONDS", 0)
    await publish(house, message(issued("P1")))
    async with at_work(house.consumer()):
        await eventually(lambda: gate.begun == 1)
    assert await house.units() == 0
    gate.opened.set()
    async with at_work(house.consumer()):
        await settled(house, 1)
    assert (await house.units(), house.count("deliveries", "applied")) == (1, 1)


async def test_a_consumer_that_is_told_to_stop_ends_its_transaction_first(house: House, gate: Gate) -> None:
    await publish(house, message(issued("P1")))
    async with at_work(house.consumer()) as tasks:
        await eventually(lambda: gate.begun == 1)
        tasks[0].cancel()
        asyncio.get_running_loop().call_later(0.2, gate.opened.set)
        await ended(tasks)
        assert (await house.units(), house.count("deliveries", "applied")) == (1, 1)
    async with at_work(house.consumer()):
        await publish(house, message(issued("P2"), "m2"))
        await settled(house, 2)
    assert (await house.units(), house.count("deliveries", "duplicate"), gate.begun) == (2, 0, 2)


async def test_nothing_is_acknowledged_before_the_commit(house: House, gate: Gate) -> None:
    await publish(house, message(issued("P1")))
    async with at_work(house.consumer()):
        await eventually(lambda: gate.begun == 1)
        acknowledged = sum(n for key, n in house.watch.counts.items() if key[0] == "deliveries")
        assert (acknowledged, await house.units()) == (0, 0)
        gate.opened.set()
        await settled(house, 1)
    assert await house.units() == 1


async def test_a_batch_is_one_transaction_however_many_messages_it_has(house: House, gate: Gate) -> None:
    await publish(house, message(issued("P0"), "m0"))
    async with at_work(house.consumer()):
        await eventually(lambda: gate.begun == 1)
        await publish(house, *(message(issued(f"P{n}"), f"m{n}") for n in range(1, 11)))
        gate.opened.set()
        await settled(house, 11)
    assert await house.units() == 11
    assert gate.begun <= 4
