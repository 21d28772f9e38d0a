"""From the outbox to the broker: marked sent only when confirmed, published again when in doubt, never forgotten."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from shared.contracts.envelope import BATCH, MOST_EVENTS, ONE
from shared.contracts.receipts import Receipt
from shared.messaging import relay as relaying
from shared.messaging.happenings import Answer, Fact
from shared.messaging.outbox import put
from shared.messaging.relay import send_unsent
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS, RECEIPTS
from shared.messaging.transport import BrokerAway, Message, Transport
from tests.messaging.conftest import connected, opened
from tests.messaging.events import VILLAGE, issued
from tests.messaging.house import QUEUE, House, at_work, eventually


async def say(house: House, *policy_nos: str, region: str = VILLAGE) -> None:
    """One row of the outbox for each."""
    for number in policy_nos:
        async with house.desk.begin() as tx:
            await put(tx, "enrollment", [Fact(issued(number).data, region, number)])


async def unsent(house: House) -> int:
    waiting = select(func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None))
    return int(await house.number_of(waiting))


async def arrived(transport: Transport, count: int) -> list[str]:
    """The policy numbers of exactly `count` deliveries."""
    numbers: list[str] = []
    async with asyncio.timeout(20), transport.subscribe(QUEUE, 500) as subscription:
        while len(numbers) < count:
            deliveries = await subscription.batch(250, 0.003)
            numbers += [json.loads(delivery.body)["subject"] for delivery in deliveries]
            await subscription.ack(deliveries)
    return sorted(numbers)


class Unsure:
    """A transport that publishes everything, but is told of no confirm for some of it."""

    def __init__(self, inner: Transport, unsure_of: set[str]) -> None:
        self.inner, self.unsure_of, self.name = inner, unsure_of, inner.name

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        results = await self.inner.publish(messages)
        unsure = [any(number.encode() in m.body for number in self.unsure_of) for m in messages]
        return [BrokerAway("unknown") if u else result for u, result in zip(unsure, results, strict=True)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_what_is_said_is_published_and_marked(house: House) -> None:
    await say(house, "P1", "P2", "P3")
    assert await send_unsent(house.desk, house.transport) == (3, 0)
    assert (await unsent(house), await arrived(house.transport, 3)) == (0, ["P1", "P2", "P3"])
    assert await send_unsent(house.desk, house.transport) == (0, 0)


async def test_sent_rows_stay_as_the_log_of_all_facts(house: House) -> None:
    await say(house, "P1")
    await send_unsent(house.desk, house.transport)
    assert await house.number_of(select(func.count()).select_from(outbox)) == 1


async def test_what_is_not_confirmed_stays_and_comes_again_under_the_same_ids(house: House) -> None:
    await say(house, "P1", "P2", "P3")
    unsure: Any = Unsure(house.transport, {"P2"})
    assert await send_unsent(house.desk, unsure) == (2, 1)
    assert await unsent(house) == 1
    unsure.unsure_of.clear()
    assert await send_unsent(house.desk, unsure) == (1, 0)
    assert await arrived(house.transport, 4) == ["P1", "P2", "P2", "P3"]


async def test_a_relay_that_is_not_confirmed_gives_up_its_round_and_says_so(house: House) -> None:
    await say(house, "P1")
    async with asyncio.timeout(10):
        with pytest.raises(BrokerAway, match="1 messages"):
            await relaying.relay(house.desk, Unsure(house.transport, {"P1"}), house.watch)


async def test_two_copies_of_an_unconfirmed_fact_count_once(house: House) -> None:
    await say(house, "P1", "P2")
    await send_unsent(house.desk, Unsure(house.transport, {"P1"}))
    async with at_work(house.consumer(), house.relay()):
        await eventually(lambda: house.count("events_known") == 1)
    assert await house.units() == 2


async def test_a_broker_that_is_away_leaves_every_row_unsent(house: House) -> None:
    class Away(Unsure):
        async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
            raise BrokerAway("no route")

    await say(house, "P1")
    with pytest.raises(BrokerAway):
        await send_unsent(house.desk, Away(house.transport, set()))
    assert await unsent(house) == 1


async def test_a_fact_that_nobody_hears_stays_unsent_and_the_others_go(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(house, "P1", "P2")
    async with house.desk.begin() as tx:
        await tx.connection.execute(outbox.update().where(outbox.c.position == 1).values(routing_key="claim.paid.4507"))
    assert await send_unsent(house.desk, house.transport) == (1, 1)
    assert (await unsent(house), await arrived(house.transport, 1)) == (1, ["P2"])


async def test_a_receipt_needs_no_listener(house: House) -> None:
    async with house.desk.begin() as tx:
        await put(tx, "enrollment", [Answer("urn:guanai:insurer:demo-life", Receipt(event_id="e", status="accepted"))])
    assert await send_unsent(house.desk, house.transport) == (1, 0)


async def test_a_crash_between_confirm_and_mark_publishes_again_and_counts_once(house: House) -> None:
    class Crash(Unsure):
        async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
            await self.inner.publish(messages)
            raise ConnectionError("the process died here")

    await say(house, "P1")
    with pytest.raises(Exception, match=r"ConnectionError|died"):
        await send_unsent(house.desk, Crash(house.transport, set()))
    async with at_work(house.consumer(), house.relay()):
        await eventually(lambda: house.count("events_known") == 1)
    assert (await house.units(), await unsent(house)) == (1, 0)


async def test_two_relays_lose_nothing_and_share_the_work(house: House) -> None:
    numbers = [f"P{n:03}" for n in range(120)]
    async with house.desk.begin() as tx:
        for number in numbers:
            await put(tx, "enrollment", [Fact(issued(number).data, VILLAGE, number)])
    async with at_work(house.relay(), house.relay()):
        assert set(await arrived(house.transport, 120)) == set(numbers)
        await eventually(lambda: house.count("relayed") >= 120)
    assert (await unsent(house), house.count("relayed")) == (0, 120)


async def test_a_row_that_commits_late_is_not_skipped(pg_url: str, tmp_path: Path) -> None:
    async with opened(pg_url) as database, connected(tmp_path / "broker.sqlite") as transport:
        house = House(database, transport)
        async with house.desk.begin() as slow:
            await put(slow, "enrollment", [Fact(issued("slow").data, VILLAGE, "slow")])
            await say(house, "quick")
            assert await send_unsent(house.desk, transport) == (1, 0)
        assert await send_unsent(house.desk, transport) == (1, 0)
        assert await arrived(transport, 2) == ["quick", "slow"]


async def test_a_commit_wakes_the_relay_before_its_next_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaying, "_POLL_SECONDS", 3600)
    async with at_work(house.relay()):
        await asyncio.sleep(0.2)
        await say(house, "P1")
        house.desk.committed.set()
        assert await arrived(house.transport, 1) == ["P1"]


async def test_rows_of_another_process_are_found_by_looking(house: House) -> None:
    async with at_work(house.relay()):
        await asyncio.sleep(0.2)
        await say(house, "P1")
        assert await arrived(house.transport, 1) == ["P1"]


async def test_what_goes_to_one_city_travels_together_and_never_more_than_a_thousand(house: House) -> None:
    facts = [Fact(issued(f"P{n}").data, VILLAGE, f"P{n}") for n in range(MOST_EVENTS + 1)]
    async with house.desk.begin() as tx:
        await put(tx, "enrollment", [*facts, Fact(issued("B1").data, "450502", "B1")])
    async with house.database.read() as tx:
        rows = await tx.rows(select(outbox).order_by(outbox.c.position))
    assert [(row.exchange, row.routing_key, row.content_type) for row in rows] == [
        (FACTS, "policy.issued.4507", BATCH),
        (FACTS, "policy.issued.4507", ONE),
        (FACTS, "policy.issued.4505", ONE),
    ]
    assert len(json.loads(rows[0].body)) == MOST_EVENTS
    assert len({row.message_id for row in rows}) == 3


async def test_no_message_is_larger_than_a_megabyte(house: House) -> None:
    long = Receipt(event_id="e", subject="策" * 100_000, status="accepted")
    async with house.desk.begin() as tx:
        await put(tx, "enrollment", [Answer("urn:guanai:insurer:demo-life", long)] * 10)
    sizes = [len(json.dumps(event, ensure_ascii=False).encode()) for _, event in await house.said(RECEIPTS)]
    async with house.database.read() as tx:
        bodies = [row.body for row in await tx.rows(select(outbox.c.body))]
    assert (len(sizes), max(map(len, bodies)) <= 1_048_576) == (10, True)
