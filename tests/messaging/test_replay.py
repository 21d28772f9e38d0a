"""The log told again: exactly what a queue has heard, as it was written, once in effect however often it breaks off."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from shared.contracts.facts import AgentChanged, AgentState
from shared.contracts.receipts import Receipt
from shared.messaging import replay as replaying
from shared.messaging.happenings import Answer, Fact
from shared.messaging.outbox import put
from shared.messaging.replay import NotReplayed, Replays, progress_of
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS, Queue, Topology
from shared.messaging.transport import BrokerAway, Delivery, Message
from shared.runtime import principals
from shared.runtime.principals import Principal
from shared.runtime.service import Running
from tests.contracts.town import KEY, enrollment
from tests.messaging.conftest import connected, opened
from tests.messaging.events import VILLAGE, issued
from tests.messaging.house import QUEUE, SMALL, House, at_work, eventually

AGAIN = "claims.again"
TOPOLOGY = Topology(SMALL.exchanges, (*SMALL.queues, Queue(AGAIN, FACTS, (), replays=QUEUE)))


@pytest.fixture
async def filled(house: House) -> AsyncIterator[House]:
    """A log of 95 messages that the replayed queue has heard, with others among them."""
    await house.transport.declare(TOPOLOGY)
    for n in range(95):
        await say(house, f"P{n:02}")
    agent = AgentChanged(
        agent_no="A1", region=VILLAGE[:9], before=None, after=AgentState(villages=(VILLAGE,), active=True)
    )
    async with house.desk.begin() as tx:
        await put(tx, "enrollment", [Fact(agent, VILLAGE, "A1")])
        await put(tx, "enrollment", [Answer("urn:guanai:insurer:demo-life", Receipt(event_id="e", status="accepted"))])
        await put(tx, "enrollment", [Fact(issued(f"B{n}").data, "450502", f"B{n}") for n in range(40)])
    yield house


async def say(house: House, number: str) -> None:
    async with house.desk.begin() as tx:
        await put(tx, "enrollment", [Fact(issued(number).data, VILLAGE, number)])


def replays_of(house: House, transport: Any = None) -> Replays:
    return Replays(house.desk, transport or house.transport, house.watch, TOPOLOGY)


async def progress(house: House, replay_id: str) -> dict[str, Any]:
    async with house.database.read() as tx:
        found = await progress_of(tx, replay_id)
    assert found is not None
    return found


async def told_again(house: House, count: int) -> list[Delivery]:
    """Exactly `count` deliveries: what comes beyond them would show in what is left."""
    told: list[Delivery] = []
    async with asyncio.timeout(30), house.transport.subscribe(AGAIN, 500) as subscription:
        while len(told) < count:
            deliveries = await subscription.batch(250, 0.003)
            told += deliveries
            await subscription.ack(deliveries)
    assert len(told) == count
    return told


async def logged(house: House) -> list[tuple[str, str, bytes, Any]]:
    """What the queue has heard, as the log holds it."""
    heard = select(outbox).where(outbox.c.routing_key.like("policy.%")).order_by(outbox.c.position)
    async with house.database.read() as tx:
        rows = await tx.rows(heard)
    return [(r.message_id, r.content_type, r.body, r.routing_key.rpartition(".")[2]) for r in rows]


def as_logged(deliveries: Sequence[Delivery]) -> list[tuple[str, str, bytes, Any]]:
    return [(d.message_id, d.content_type, d.body, city_of(d)) for d in deliveries]


def city_of(delivery: Delivery) -> Any:
    """The header for sharding, which no consumer looks at."""
    header = getattr(delivery.handle, "header", None)
    return (header.properties.headers if header else delivery.headers)["city"]


async def test_everything_that_a_queue_has_heard_is_told_again_exactly_as_it_was_written(filled: House) -> None:
    replays = replays_of(filled)
    started = await replays.start(AGAIN)
    assert started == {**started, "queue": AGAIN, "messages": 0, "events": 0, "total_messages": 96, "done": False}
    expected = await logged(filled)
    await say(filled, "after the start")
    while await replays.send_some():
        pass
    assert as_logged(await told_again(filled, 96)) == expected
    done = {**started, "messages": 96, "events": 135, "done": True}
    assert await progress(filled, started["id"]) == done
    assert await filled.number_of(select(outbox.c.sent_at).where(outbox.c.position == 1)) is None, "not the relay"


async def test_the_events_of_an_older_log_are_counted_too(filled: House) -> None:
    async with filled.desk.begin() as tx:
        await tx.connection.execute(update(outbox).values(message_id="018f3c2a9b7e0000"))
    replays = replays_of(filled)
    started = await replays.start(AGAIN)
    while await replays.send_some():
        pass
    assert (await progress(filled, started["id"]))["events"] == 135


async def test_a_replay_that_was_killed_half_way_goes_on_where_it_was(
    filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash:
        async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
            await filled.transport.publish(messages)
            raise ConnectionError("the process died here")

    monkeypatch.setattr(replaying, "_MOST", 10)
    replays = replays_of(filled)
    started = await replays.start(AGAIN)
    for _ in range(3):
        assert await replays.send_some()
    with pytest.raises(Exception, match=r"ConnectionError|died"):
        await replays_of(filled, Crash()).send_some()
    assert (await progress(filled, started["id"]))["messages"] == 30
    async with at_work(("replay", replays_of(filled).run)):
        told = await told_again(filled, 106)
        await eventually(lambda: is_done(filled, started["id"]))
    assert {d.message_id for d in told} == {message_id for message_id, *_ in await logged(filled)}
    assert [d.message_id for d in told[30:40]] == [d.message_id for d in told[40:50]], "under the same ids"
    found = await progress(filled, started["id"])
    assert (found["messages"], found["events"]) == (96, 135)


async def is_done(house: House, replay_id: str) -> bool:
    return bool((await progress(house, replay_id))["done"])


async def test_what_is_not_confirmed_does_not_count(filled: House) -> None:
    class Unsure:
        async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
            return [None, BrokerAway("unknown"), *[None] * (len(messages) - 2)]

    started = await replays_of(filled).start(AGAIN)
    with pytest.raises(BrokerAway, match="1 messages of a replay"):
        await replays_of(filled, Unsure()).send_some()
    assert await progress(filled, started["id"]) == started


async def test_two_replicas_share_replays_without_telling_anything_twice(
    filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "_MOST", 3)
    replays = [replays_of(filled), replays_of(filled)]
    ids = [(await replays[0].start(AGAIN))["id"] for _ in range(2)]
    async with at_work(*(("replay", one.run) for one in replays)):
        told = await told_again(filled, 192)
        for replay_id in ids:
            await eventually(lambda replay_id=replay_id: is_done(filled, replay_id))
    events = [json.loads(d.body)["id"] for d in told if d.body[:1] == b"{"]
    assert (len(events), len(set(events)), filled.count("replayed")) == (190, 95, 192)


async def test_a_wish_of_this_process_is_fulfilled_at_once(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "_POLL_SECONDS", 3600)
    replays = replays_of(filled)
    async with at_work(("replay", replays.run)):
        await asyncio.sleep(0.2)
        await replays.start(AGAIN)
        assert len(await told_again(filled, 96)) == 96


async def test_a_wish_of_another_process_is_found_by_looking(filled: House) -> None:
    async with at_work(("replay", replays_of(filled).run)):
        await asyncio.sleep(0.2)
        await replays_of(filled).start(AGAIN)
        assert len(await told_again(filled, 96)) == 96


@pytest.mark.parametrize("queue", [QUEUE, "nobody.knows", ""])
async def test_only_a_queue_for_replays_is_filled_by_them(filled: House, queue: str) -> None:
    with pytest.raises(NotReplayed, match=f"these queues are: {AGAIN}"):
        await replays_of(filled).start(queue)


async def test_an_empty_log_is_told_in_no_time(house: House) -> None:
    replays = replays_of(house)
    started = await replays.start(AGAIN)
    assert await replays.send_some()
    assert await progress(house, started["id"]) == {**started, "done": True}
    assert not await replays.send_some()


async def test_a_fact_that_is_just_being_written_is_waited_for(pg_url: str, tmp_path: Path) -> None:
    """Its place in the log comes before that of a quicker one: to pass it by would lose it."""
    async with opened(pg_url) as database, connected(tmp_path / "broker.sqlite") as transport:
        house = House(database, transport)
        async with house.desk.begin() as slow:
            await put(slow, "enrollment", [Fact(issued("slow").data, VILLAGE, "slow")])
            await say(house, "quick")
            wish = asyncio.create_task(replays_of(house).start(AGAIN))
            await asyncio.wait([wish], timeout=0.3)
            assert not wish.done()
        assert (await wish)["total_messages"] == 2


async def test_a_replay_is_asked_for_and_watched_over_http(tmp_path: Path) -> None:
    async with enrollment(tmp_path) as running:
        running.replays = Replays(running.desk, running.transport, running.metrics, TOPOLOGY)
        async with running.desk.begin() as tx:
            await put(tx, "enrollment", [Fact(issued("P1").data, VILLAGE, "P1")])
        async with clerk(running, KEY) as admin:
            refused = await admin.post("/replays", json={"queue": QUEUE})
            assert (refused.status_code, AGAIN in refused.json()["detail"]) == (422, True)
            started = await admin.post("/replays", json={"queue": AGAIN})
            assert (started.status_code, started.json()["done"]) == (202, False)
            assert (await admin.get("/replays/unknown")).status_code == 404
            await running.replays.send_some()
            seen = await admin.get(f"/replays/{started.json()['id']}")
        assert seen.json() == {**started.json(), "messages": 1, "events": 1, "done": True}


async def test_only_an_operator_asks_for_a_replay(tmp_path: Path) -> None:
    async with enrollment(tmp_path) as running:
        for role in ("analyst", "county", "insurer", "auditor", "operator"):
            async with clerk(running, await key_for(running, role)) as client:
                answers = [await client.post("/replays", json={"queue": QUEUE}), await client.get("/replays/x")]
            expected = [422, 404] if role == "operator" else [403, 403]
            assert [answer.status_code for answer in answers] == expected, role


def clerk(running: Running, key: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(running.app())
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(transport=transport, base_url="http://guanai.test/enrollment/v1", headers=headers)


async def key_for(running: Running, role: str) -> str:
    key_id, key = principals.new_key()
    async with running.desk.begin() as tx:
        made = Principal(role, frozenset({role}), "", None, key_id)
        await principals.add(tx, made, principals.hash_of(key))
    return key
