"""What reporting hears, divided by city: each fact to one shard, each shard to one consumer, nothing lost meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from services.cli.app import app
from services.reporting.__main__ import SERVICE as REPORTING
from shared.contracts.envelope import ONE
from shared.contracts.registry import FACTS as FACT_TYPES
from shared.messaging import rabbitmq_topology, standby
from shared.messaging.rabbitmq import RabbitMQ
from shared.messaging.standby import stand_by
from shared.messaging.topology import CITY, FACTS, TOPOLOGY, sharded
from shared.messaging.transport import BrokerAway, Depth, Message, MissingPlugin
from shared.runtime.migrations import migrate
from shared.runtime.queues import advised
from shared.runtime.service import prepare, transport_of
from shared.runtime.settings import Settings
from tests.messaging.house import at_work, eventually

QUEUE = "reporting.facts"
CITIES = [f"45{number:02d}" for number in range(1, 15)]
KEYS = [f"{name.removeprefix('guanai.').rpartition('.')[0]}" for name in FACT_TYPES]
HEARD = {key for key in KEYS if QUEUE in TOPOLOGY.heard_by(FACTS, f"{key}.4507")}


pytestmark = pytest.mark.usefixtures("hashing")


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitMQ]:
    transport = RabbitMQ(amqp_url)
    yield transport
    await transport.close()


async def publish(broker: RabbitMQ, name: str, cities: Sequence[str] = CITIES, keys: Sequence[str] = KEYS) -> set[str]:
    """A fact of every type for every city; the bodies of those that reporting hears."""
    sent = [
        Message(FACTS, f"{key}.{city}", f"{name}/{key}/{city}".encode(), f"{name}{key}{city}", ONE, {CITY: city}, False)
        for key in keys
        for city in cities
    ]
    assert await broker.publish(sent) == [None] * len(sent)
    return {f"{name}/{key}/{city}" for key in keys for city in cities if key in HEARD}


async def contents(broker: RabbitMQ, number: int) -> dict[str, list[str]]:
    """So many messages, and whatever lies there besides, from the queue and its shards."""
    found: dict[str, list[str]] = {depth.queue: [] for depth in await broker.depths(QUEUE)}

    async def take(queue: str) -> None:
        async with broker.subscribe(queue, 250) as subscription:
            while True:
                deliveries = await subscription.batch(250, 0.01)
                found[queue] += [delivery.body.decode() for delivery in deliveries]
                await subscription.ack(deliveries)

    async with at_work(*((queue, partial(take, queue)) for queue in found)):
        await eventually(lambda: sum(map(len, found.values())) >= number)
        await asyncio.sleep(0.3)
    return found


async def test_every_fact_that_reporting_hears_goes_to_one_shard_and_all_of_a_city_to_the_same(
    broker: RabbitMQ,
) -> None:
    await broker.declare(sharded(3))
    heard = await publish(broker, "a") | await publish(broker, "b")
    found = await contents(broker, len(heard))
    assert Counter(body for bodies in found.values() for body in bodies) == Counter(heard)
    cities = {queue: {body.rpartition("/")[2] for body in bodies} for queue, bodies in found.items()}
    assert list(cities) == [f"{QUEUE}.{number}" for number in range(3)]
    assert sorted(city for inside in cities.values() for city in inside) == CITIES
    assert all(len(inside) >= 3 for inside in cities.values()), "a shard has next to nothing to do"


async def test_the_number_of_shards_may_change_while_facts_flow(broker: RabbitMQ) -> None:
    """Every fact of every time lies somewhere, once, in a queue that consumers find."""
    sent, shards = set[str](), (1, 2, 4, 2, 1, 3)
    for turn, number in enumerate(shards):
        await asyncio.gather(*(broker.declare(sharded(number)) for _ in range(2)))
        sent |= await publish(broker, f"turn {turn}")
    found = await contents(broker, len(sent))
    assert Counter(body for bodies in found.values() for body in bodies) == Counter(sent)
    turns = {queue: {body.partition("/")[0] for body in bodies} for queue, bodies in found.items()}
    assert turns[QUEUE] == {"turn 0", "turn 4"}
    assert turns[f"{QUEUE}.3"] == {"turn 2"}
    assert set(turns) == {QUEUE, *(f"{QUEUE}.{number}" for number in range(4))}


async def test_a_fact_is_never_unheard_while_the_number_changes(broker: RabbitMQ, amqp_url: str) -> None:
    await broker.declare(sharded(1))
    sent, changed = set[str](), asyncio.Event()

    async def keep_publishing() -> None:
        other = RabbitMQ(amqp_url)
        while not changed.is_set():
            sent.update(await publish(other, f"{len(sent)}", keys=["policy.issued"]))
        await other.close()

    publishing = asyncio.create_task(keep_publishing())
    for number in (2, 1, 3, 1, 2):
        await broker.declare(sharded(number))
    changed.set()
    await publishing
    found = await contents(broker, len(sent))
    assert {body for bodies in found.values() for body in bodies} == sent


async def first_of(broker: RabbitMQ, queue: str) -> str:
    """The next message's body, acknowledged."""
    async with broker.subscribe(queue, 10) as subscription:
        (delivery,) = await subscription.batch(1, 0.01)
        await subscription.ack([delivery])
        return delivery.body.decode()


async def test_a_shard_has_one_consumer_at_a_time_and_the_next_takes_over(broker: RabbitMQ) -> None:
    await broker.declare(sharded(2))
    queue = f"{QUEUE}.1"
    async with asyncio.timeout(20), broker.subscribe(queue, 10) as first:
        waiting = asyncio.create_task(first_of(broker, queue))
        await asyncio.sleep(0.5)
        await broker.publish([Message("", queue, body, body.decode(), ONE) for body in (b"1", b"2")])
        taken = [(await first.batch(1, 0.01))[0].body for _ in range(2)]
        assert (taken, waiting.done()) == ([b"1", b"2"], False)
    async with asyncio.timeout(10):
        assert await waiting == "1"


class Replica:
    """A consumer of its own shard, standing by for the others, as a reporting process is."""

    def __init__(self, amqp_url: str, own: str) -> None:
        self.broker, self.own, self.taken = RabbitMQ(amqp_url), own, list[str]()

    async def take(self, queue: str) -> None:
        async with self.broker.subscribe(queue, 10) as subscription:
            while True:
                deliveries = await subscription.batch(10, 0.001)
                self.taken += [delivery.body.decode() for delivery in deliveries]
                await subscription.ack(deliveries)

    def loops(self) -> list[Any]:
        mine = (self.own, lambda: self.take(self.own))
        return [mine, ("standby", lambda: stand_by(self.broker, QUEUE, self.own, self.take))]


async def test_a_shard_whose_consumer_is_gone_is_taken_over_and_given_back(
    broker: RabbitMQ, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "OWN_FIRST_SECONDS", 0.5)
    monkeypatch.setattr(standby, "TURN_SECONDS", 1.0)
    await broker.declare(sharded(2))
    shards = [f"{QUEUE}.{number}" for number in range(2)]

    async def said_to(queue: str, body: str, replica: Replica) -> bool:
        await broker.publish([Message("", queue, body.encode(), body, ONE)])
        await asyncio.sleep(0.1)
        return body in replica.taken

    one, other = (Replica(amqp_url, shard) for shard in shards)
    async with at_work(*one.loops()):
        async with at_work(*other.loops()):
            await eventually(lambda: said_to(shards[1], "to the other", other))
            await eventually(lambda: said_to(shards[0], "to the one", one))
        await eventually(lambda: said_to(shards[1], "taken over", one), 5)
        again = Replica(amqp_url, shards[1])
        async with at_work(*again.loops()):
            await eventually(lambda: said_to(shards[1], "given back", again), 10)
    assert "given back" in again.taken
    for replica in (one, other, again):
        await replica.broker.close()


async def test_what_another_number_of_shards_has_left_is_taken_too(
    broker: RabbitMQ, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "OWN_FIRST_SECONDS", 0.1)
    await broker.declare(sharded(3))
    sent = await publish(broker, "before")
    await broker.declare(sharded(1))
    sent |= await publish(broker, "after")
    replica = Replica(amqp_url, QUEUE)
    async with at_work(*replica.loops()):
        await eventually(lambda: len(replica.taken) >= len(sent))
    assert Counter(replica.taken) == Counter(sent)
    await replica.broker.close()


async def test_trouble_with_one_shard_ends_the_standing_by_for_all() -> None:
    ended = asyncio.Event()

    async def take(queue: str) -> None:
        if queue == "b":
            raise BrokerAway("gone")
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    class Broker:
        async def depths(self, _: str) -> list[Any]:
            return [Depth(name, 0, 0) for name in ("own", "a", "b")]

    with pytest.MonkeyPatch.context() as patch, pytest.raises(BrokerAway):
        patch.setattr(standby, "OWN_FIRST_SECONDS", 0)
        async with asyncio.timeout(10):
            await stand_by(Broker(), QUEUE, "own", take)  # type: ignore[arg-type]
    assert ended.is_set()


async def test_retries_and_dead_letters_belong_to_their_shard(broker: RabbitMQ) -> None:
    await broker.declare(sharded(2))
    queue = f"{QUEUE}.1"
    await broker.publish([Message("", f"{queue}.retry", b"again", "a", ONE, delay_seconds=0.05)])
    assert await first_of(broker, queue) == "again"
    await broker.publish([Message("", f"{queue}.dead", b"dead", "d", ONE)])
    (letter,) = await broker.dead_letters(queue, 10)
    assert (letter.queue, await broker.dead_letters(f"{QUEUE}.0", 10)) == (queue, [])
    assert await broker.requeue(queue, letter.id)
    assert await first_of(broker, queue) == "dead"


async def test_people_find_dead_letters_of_all_shards_and_of_queues_that_are_left(
    broker: RabbitMQ, amqp_url: str, tmp_path: Path
) -> None:
    for number in (1, 2):
        await broker.declare(sharded(number))
    told = {f"{queue}.dead": queue for queue in (QUEUE, f"{QUEUE}.0", f"{QUEUE}.1")}
    await broker.publish([Message("", dead, queue.encode(), dead, ONE) for dead, queue in told.items()])
    settings = Settings(amqp_url=amqp_url, reporting_shards=2, data_dir=tmp_path, admin_key=SecretStr("k" * 20))
    running = prepare(REPORTING, settings, broker)
    await migrate(running.database)
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(running.app()),
        base_url="http://reporting",
        headers={"Authorization": f"Bearer {'k' * 20}"},
    )
    async with client as http:
        found = (await http.get("/reporting/v1/dead")).json()["items"]
        assert {letter["id"]: letter["queue"] for letter in found} == told
        for dead, queue in told.items():
            answer = (await http.post(f"/reporting/v1/dead/{dead}/requeue")).json()
            assert (answer["queue"], await first_of(broker, queue)) == (queue, queue)
    await running.database.close()


async def test_a_broker_without_the_plugin_is_told_apart_from_one_that_is_away(
    broker: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_topology, "_HASH", "x-unknown-to-this-broker")
    with pytest.raises(MissingPlugin, match="rabbitmq-plugins enable rabbitmq_consistent_hash_exchange"):
        await broker.declare(sharded(2))
    await broker.declare(sharded(1))


async def test_an_operator_is_told_what_to_do_about_queues(broker: RabbitMQ) -> None:
    async def advice(shards: int) -> dict[str, str | None]:
        found = advised(sharded(shards), [QUEUE], await broker.depths(QUEUE))
        return {item["queue"]: item["advice"] for item in found}

    await broker.declare(sharded(1))
    assert "nobody takes" in str((await advice(1))[QUEUE])
    async with broker.subscribe(QUEUE, 1):
        assert await advice(1) == {QUEUE: None}
        missing = await advice(2)
        assert all("GUANAI_REPORTING_SHARDS=2" in str(missing[f"{QUEUE}.{number}"]) for number in range(2))
        sent = len(await publish(broker, "left"))
        await broker.declare(sharded(2))
        await eventually(lambda: holds(broker, QUEUE, sent - 1))
        assert f"with {sent - 1} messages" in str((await advice(2))[QUEUE])
    await broker.declare(sharded(1))
    left = await advice(1)
    assert "nobody takes" in str(left[f"{QUEUE}.0"])


async def holds(broker: RabbitMQ, queue: str, messages: int) -> bool:
    return any((d.queue, d.messages) == (queue, messages) for d in await broker.depths(QUEUE))


async def test_all_that_waits_is_counted_in_shards_too(broker: RabbitMQ) -> None:
    await broker.declare(sharded(2))
    sent = await publish(broker, "a", keys=["claim.paid", "agent.changed"])
    assert await broker.waiting() == len(sent) == 2 * len(CITIES)


def test_a_replica_has_a_shard_of_its_own_and_stands_by_for_the_others(amqp_url: str, tmp_path: Path) -> None:
    def loops(**chosen: Any) -> list[str]:
        settings = Settings(data_dir=tmp_path, **chosen)
        running = prepare(REPORTING, settings, transport_of(settings))
        return [name for name, _ in running.loops() if name.startswith(QUEUE)]

    assert loops(amqp_url=amqp_url, reporting_shards=2, reporting_shard=1) == [f"{QUEUE}.1", f"{QUEUE}.standby"]
    assert loops(amqp_url=amqp_url) == [QUEUE, f"{QUEUE}.standby"]
    assert loops(reporting_shards=2, reporting_shard=1) == [QUEUE, f"{QUEUE}.standby"], "inside one process"
    with pytest.raises(ValueError, match="the shards are 0 to 1"):
        Settings(reporting_shards=2, reporting_shard=2)


def test_the_command_declares_as_many_shards_as_it_is_told(amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.app.configure_logs", lambda *_, **__: None)
    monkeypatch.setenv("GUANAI_AMQP_URL", amqp_url)
    monkeypatch.setenv("GUANAI_REPORTING_SHARDS", "2")
    told = CliRunner().invoke(app, ["declare"])
    assert (told.exit_code, f"{QUEUE}.0, {QUEUE}.1, reporting.rebuild" in told.output) == (0, True), told.output
    monkeypatch.setattr(rabbitmq_topology, "_HASH", "x-unknown-to-this-broker")
    refused = CliRunner().invoke(app, ["declare"])
    assert (refused.exit_code, "rabbitmq-plugins enable" in refused.output) == (1, True), refused.output
