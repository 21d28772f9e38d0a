"""The broker or the database goes away in the middle: work waits, nothing confirmed is lost, nothing counts twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared.messaging.happenings import Fact
from shared.messaging.outbox import put
from shared.messaging.outcomes import Unavailable
from shared.messaging.rabbitmq import RabbitMQ as Transport
from shared.messaging.topology import Topology
from shared.messaging.transport import BrokerAway, Message
from shared.runtime import database as opening
from shared.runtime.database import Database
from tests.messaging.conftest import connected, opened
from tests.messaging.events import VILLAGE, issued, json_of, message, policy
from tests.messaging.house import INTAKE_QUEUE, QUEUE, SMALL, House, at_work, build, eventually
from tests.messaging.office import Office, books
from tests.messaging.test_relay import say, unsent
from tests.nodes.postgresql import PostgreSQL, execute
from tests.nodes.rabbitmq import RabbitMQ

YOUNG_SECONDS = 2.0
"""RabbitMQ 3.10 may never elect a leader again for a quorum queue that was killed in its first second."""
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = '{0}'"


@asynccontextmanager
async def house_at(database_url: str, address: str | Path) -> AsyncIterator[House]:
    async with opened(database_url) as database, connected(address) as transport:
        yield House(database, transport)


async def publish_steadily(transport: Any, confirmed: set[str], enough: asyncio.Event) -> None:
    """Facts one after the other, in tens; remembers which ids the broker confirmed."""
    number = 0
    while not enough.is_set():
        facts = [issued(f"P{number + n}") for n in range(10)]
        number += 10
        try:
            failures = await transport.publish([message(fact, fact.id) for fact in facts])
        except BrokerAway:
            await asyncio.sleep(0.1)
            continue
        confirmed |= {fact.id for fact, failure in zip(facts, failures, strict=True) if failure is None}


async def test_nothing_confirmed_is_lost_when_the_broker_is_killed_under_publishing(
    rabbitmq: RabbitMQ, amqp_url: str
) -> None:
    confirmed, enough = set[str](), asyncio.Event()
    async with connected(amqp_url) as transport:
        publishing = asyncio.create_task(publish_steadily(transport, confirmed, enough))
        await eventually(lambda: len(confirmed) > 200)
        await asyncio.sleep(YOUNG_SECONDS)
        await asyncio.to_thread(rabbitmq.kill)
        known = len(confirmed)
        await asyncio.to_thread(rabbitmq.start)
        await eventually(lambda: len(confirmed) > known + 200, seconds=60)
        enough.set()
        await publishing
        arrived: Counter[str] = Counter()
        async with transport.subscribe(QUEUE, 500) as subscription:
            while confirmed - set(arrived):
                async with asyncio.timeout(20):
                    deliveries = await subscription.batch(250, 0.003)
                await subscription.ack(deliveries)
                arrived.update(delivery.message_id for delivery in deliveries)
    assert confirmed <= set(arrived)


async def test_consumer_and_relay_outlive_the_kill_of_the_broker_and_count_each_fact_once(
    rabbitmq: RabbitMQ, amqp_url: str, tmp_path: Path
) -> None:
    async with house_at(f"sqlite:///{tmp_path}/house.sqlite", amqp_url) as house:
        async with at_work(house.consumer(), house.relay()):
            await say(house, *(f"P{n}" for n in range(50)))
            await eventually(lambda: house.count("events_applied") > 5)
            await asyncio.sleep(YOUNG_SECONDS)
            await say(house, *(f"Q{n}" for n in range(25)))
            await asyncio.to_thread(rabbitmq.kill)
            await say(house, *(f"Q{n}" for n in range(25, 50)))
            await asyncio.to_thread(rabbitmq.start)
            await eventually(lambda: house.count("events_applied") == 100, seconds=60)
        assert (await house.units(), await unsent(house), await house.dead_reasons()) == (100, 0, [])


async def test_a_frozen_broker_does_not_end_the_relay(
    rabbitmq: RabbitMQ, amqp_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.rabbitmq._SECONDS", 30.0)
    async with house_at(f"sqlite:///{tmp_path}/house.sqlite", amqp_url) as house:
        assert isinstance(house.transport, Transport)
        house.transport._url = house.transport._url.update_query(heartbeat="1")
        async with at_work(house.relay()) as (relay,):
            await say(house, "P1")
            await eventually(lambda: house.count("relayed") == 1)
            await asyncio.to_thread(rabbitmq.freeze)
            await say(house, "P2")
            channel = house.transport._publisher
            await eventually(lambda: channel is None or channel.is_closed, seconds=20)
            await asyncio.to_thread(rabbitmq.thaw)
            await eventually(lambda: house.count("relayed") == 2, seconds=60)
            assert not relay.done()


async def test_a_publish_on_a_frozen_broker_is_unknown_and_nobodys_cancellation(
    rabbitmq: RabbitMQ, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.rabbitmq._SECONDS", 30.0)
    transport = Transport(amqp_url)
    transport._url = transport._url.update_query(heartbeat="1")
    await transport.declare(SMALL)
    assert await transport.publish([message(issued("P1"))]) == [None]
    await asyncio.to_thread(rabbitmq.freeze)
    began = asyncio.get_running_loop().time()
    (failure,) = await transport.publish([message(issued("P2"))])
    assert isinstance(failure, BrokerAway)
    assert asyncio.get_running_loop().time() - began < 20, "the heartbeat should have found out"
    await asyncio.to_thread(rabbitmq.thaw)
    await eventually_published(transport, message(issued("P3")))
    await transport.close()


async def eventually_published(transport: Transport, wanted: Message) -> None:
    async def is_published() -> bool:
        try:
            return await transport.publish([wanted]) == [None]
        except BrokerAway:
            return False

    await eventually(is_published, seconds=30)


async def test_a_consumer_waits_for_the_database_and_then_goes_on(
    postgresql: PostgreSQL, pg_url: str, tmp_path: Path
) -> None:
    async with house_at(pg_url, tmp_path / "broker.sqlite") as house, at_work(house.consumer()):
        await house.transport.publish([message(issued("P1"), "m1")])
        await eventually(lambda: house.count("events_applied") == 1)
        await asyncio.to_thread(postgresql.stop)
        await house.transport.publish([message(issued(f"Q{n}"), f"q{n}") for n in range(20)])
        await eventually(lambda: house.count("database_away") >= 2)
        await asyncio.to_thread(postgresql.start)
        await eventually(lambda: house.count("events_applied") == 21, seconds=60)
        assert (await house.units(), await house.dead_reasons(), house.count("deliveries", "retry")) == (21, [], 0)


async def test_sessions_that_are_cut_off_are_an_outage_and_nobodys_fault(pg_url: str, tmp_path: Path) -> None:
    async with house_at(pg_url, tmp_path / "broker.sqlite") as house, at_work(house.consumer()):
        enough = asyncio.Event()
        cut = asyncio.create_task(cut_off_again_and_again(pg_url, enough))
        for n in range(60):
            await house.transport.publish([message(issued(f"P{n}"), f"m{n}")])
            await asyncio.sleep(0.01)
        await eventually(lambda: house.count("events_applied") + house.count("events_known") >= 60)
        enough.set()
        await cut
        await house.database.engine.dispose()  # of sessions that were cut while they rested
        assert (await house.units(), await house.dead_reasons(), house.count("deliveries", "retry")) == (60, [], 0)


async def test_a_session_that_was_cut_while_it_rested_is_replaced_unseen(
    pg_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_at(pg_url, tmp_path / "broker.sqlite") as house:
        for rest_seconds, expected in ((0.0, ["fine"]), (60.0, ["away", "fine"])):
            monkeypatch.setattr(opening, "_REST_SECONDS", rest_seconds)
            assert await used(house.database) == "fine"
            await asyncio.to_thread(execute, pg_url, TERMINATE.format(pg_url.rpartition("/")[2]))
            assert [await used(house.database) for _ in expected] == expected


async def used(database: Database) -> str:
    try:
        async with database.begin() as tx:
            await tx.rows(text("SELECT 1"))
    except Unavailable:
        return "away"
    return "fine"


async def cut_off_again_and_again(url: str, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await asyncio.to_thread(execute, url, TERMINATE.format(url.rpartition("/")[2]))
        await asyncio.sleep(0.05)


class Doubtful:
    """A `begin` whose first commits are done, but whose outcome is not known to the one who asked."""

    def __init__(self, begin: Any, times: int, commits: bool) -> None:
        self._begin, self._times, self._commits = begin, times, commits

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        doubt = self._times > 0
        self._times -= 1
        if doubt and not self._commits:
            raise Unavailable("away")
        async with self._begin() as tx:
            yield tx
        if doubt:
            raise Unavailable("the connection was lost during COMMIT")


async def test_a_database_that_is_away_for_a_while_makes_no_dead_letters(house: House) -> None:
    object.__setattr__(house.desk, "begin", Doubtful(house.database.begin, 3, commits=False))
    await house.transport.publish([message(issued(f"P{n}"), f"m{n}") for n in range(5)])
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("events_applied") == 5)
    assert (house.count("database_away"), house.count("deliveries", "retry"), await house.units()) == (3, 0, 5)


async def test_a_commit_of_unknown_fate_counts_once_and_is_answered_once(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/house.sqlite") as database, connected(tmp_path / "b.sqlite") as transport:
        await build(database, books)
        office = Office(database, transport)
        object.__setattr__(office.desk, "begin", Doubtful(database.begin, 2, commits=True))
        headers = {"x-guanai-sender": "demo-life"}
        body = json_of(policy("P1"), policy("P2", product="lottery"))
        await transport.publish([Message("guanai.intake", "x.policy.issued", body, "m", "", headers)])
        async with at_work(office.consumer(INTAKE_QUEUE)):
            await eventually(lambda: sum(n for k, n in office.watch.counts.items() if k[0] == "deliveries") == 1)
        assert sorted(await office.statuses()) == [("s-P1", "accepted"), ("s-P2", "rejected")]
        assert (await office.facts(), office.count("database_away")) == (1, 2)


async def test_a_relay_that_finds_no_queue_yet_publishes_once_it_is_there(amqp_url: str, tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/house.sqlite") as database:
        transport = Transport(amqp_url)
        house = House(database, transport)
        await say(house, "P1")
        async with at_work(house.relay()) as (relay,):
            await eventually_refused(transport)
            assert (await unsent(house), relay.done()) == (1, False)
            await transport.declare(SMALL)
            await eventually(lambda: house.count("relayed") == 1, seconds=20)
        await transport.close()


async def eventually_refused(transport: Transport) -> None:
    async def is_refused() -> bool:
        try:
            return any(await transport.publish([message(b"x")]))
        except BrokerAway:
            return True

    await eventually(is_refused)


async def test_failures_of_the_publishing_channel_leave_no_connections_behind(
    rabbitmq: RabbitMQ, amqp_url: str
) -> None:
    transport = Transport(amqp_url)
    await transport.declare(Topology((), ()))
    before = int(rabbitmq.evaluate("length(rabbit_networking:connections())."))
    for _ in range(5):
        assert any(await transport.publish([message(b"to an exchange that is not there")]))
    await eventually(lambda: int(rabbitmq.evaluate("length(rabbit_networking:connections()).")) <= before + 1)
    await transport.close()
    await eventually(lambda: int(rabbitmq.evaluate("length(rabbit_networking:connections()).")) <= before)


async def test_a_queue_that_is_deleted_ends_its_consumer_instead_of_leaving_it_deaf(
    rabbitmq: RabbitMQ, amqp_url: str
) -> None:
    vhost = amqp_url.rpartition("/")[2]
    async with connected(amqp_url) as transport, transport.subscribe(QUEUE, 10) as subscription:
        name = f'rabbit_misc:r(<<"{vhost}">>, queue, <<"{QUEUE}">>)'
        rabbitmq.evaluate(f"{{ok, Q}} = rabbit_amqqueue:lookup({name}), rabbit_amqqueue:delete(Q, false, false, <<>>).")
        with pytest.raises(BrokerAway, match=QUEUE):
            async with asyncio.timeout(10):
                await subscription.batch(10, 0.003)


async def test_a_consumer_of_a_queue_that_was_never_declared_waits_for_it(amqp_url: str, tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/house.sqlite") as database:
        transport = Transport(amqp_url)
        house = House(database, transport)
        async with at_work(house.consumer()) as (consumer,):
            with pytest.raises(BrokerAway):
                async with transport.subscribe(QUEUE, 10):
                    pass
            assert not consumer.done()
            await transport.declare(SMALL)
            await transport.publish([message(issued("P1"))])
            await eventually(lambda: house.count("events_applied") == 1)
        await transport.close()


async def test_a_local_queue_outlives_its_process(tmp_path: Path) -> None:
    async with connected(tmp_path / "broker.sqlite") as before:
        await before.publish([message(b"kept")])
        held = before.subscribe(QUEUE, 10)
        subscription = await held.__aenter__()
        assert len(await subscription.batch(10, 0.003)) == 1
        async with connected(tmp_path / "broker.sqlite") as after, after.subscribe(QUEUE, 10) as again:
            async with asyncio.timeout(5):
                (delivery,) = await again.batch(10, 0.003)
            assert (delivery.body, delivery.redelivered) == (b"kept", True)
        await held.__aexit__(None, None, None)


async def test_facts_wait_in_the_outbox_while_the_broker_is_away(amqp_url: str, tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/house.sqlite") as database:
        house = House(database, Transport("amqp://guest:guest@127.0.0.1:1/"))
        async with at_work(house.relay()) as (relay,):
            async with house.desk.begin() as tx:
                await put(tx, "enrollment", [Fact(issued("P1").data, VILLAGE, "P1")])
            await eventually(lambda: not relay.done())
            assert await unsent(house) == 1
        house.transport = Transport(amqp_url)
        await house.transport.declare(SMALL)
        async with at_work(house.relay()):
            await eventually(lambda: house.count("relayed") == 1)
        await house.transport.close()
