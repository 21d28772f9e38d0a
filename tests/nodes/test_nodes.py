"""The private nodes start, keep their data through a kill, give every test its own corner, and leave nothing behind."""

import os
from pathlib import Path

import aio_pika
import asyncpg
import pytest
from pamqp.common import FieldValue

from tests.nodes.binaries import MissingProgramError, program
from tests.nodes.postgresql import PostgreSQL
from tests.nodes.processes import Child, NodeError
from tests.nodes.rabbitmq import RabbitMQ

QUORUM: dict[str, FieldValue] = {"x-queue-type": "quorum"}


async def publish(url: str, queue: str, body: bytes) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.declare_queue(queue, durable=True, arguments=QUORUM)
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key=queue, timeout=30)


async def take(url: str, queue: str) -> bytes:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        taken = await (await channel.get_queue(queue)).get(timeout=30)
        await taken.ack()
        return taken.body


async def test_a_confirmed_message_outlives_the_kill_of_the_broker(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    await publish(amqp_url, "kept", b"policy")
    rabbitmq.kill()
    rabbitmq.start()
    assert await take(amqp_url, "kept") == b"policy"


async def test_the_vhost_of_one_test_knows_nothing_of_another(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    await publish(rabbitmq.create_vhost("elsewhere"), "kept", b"policy")
    with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
        await take(amqp_url, "kept")
    rabbitmq.drop_vhost("elsewhere")


async def test_a_frozen_broker_answers_nobody_until_it_thaws(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    rabbitmq.freeze()
    with pytest.raises(TimeoutError):
        await aio_pika.connect(amqp_url, timeout=0.3)
    rabbitmq.thaw()
    await publish(amqp_url, "late", b"claim")


def test_the_broker_has_the_consistent_hash_exchange(rabbitmq: RabbitMQ, amqp_url: str) -> None:
    assert "rabbitmq_consistent_hash_exchange" in rabbitmq.ctl("eval", "rabbit_plugins:active().")
    assert amqp_url.rpartition("/")[2] in rabbitmq.ctl("list_vhosts", "--no-table-headers")
    with pytest.raises(NodeError, match="undef"):
        rabbitmq.evaluate("no:such().")


async def test_a_committed_row_outlives_the_kill_of_the_database(postgresql: PostgreSQL, pg_url: str) -> None:
    before = await asyncpg.connect(pg_url)
    await before.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    postgresql.restart()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await before.fetchval("SELECT 1")
    after = await asyncpg.connect(pg_url)
    assert await after.fetchval("SELECT answer FROM kept") == 42
    await after.close()


async def test_a_frozen_database_keeps_its_sessions_waiting(postgresql: PostgreSQL, pg_url: str) -> None:
    session = await asyncpg.connect(pg_url)
    postgresql.freeze()
    with pytest.raises(TimeoutError):
        await session.fetchval("SELECT 1", timeout=0.3)
    postgresql.thaw()
    await session.close()


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "echo no disk left; exit 3"], tmp_path / "log", os.environ)
    with pytest.raises(NodeError, match=r"(?s)code 3.*no disk left"):
        child.wait_ready(lambda: False)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(MissingProgramError, match="no-such-server"):
        program("no-such-server")
