"""Who hears what: our table says the same as the broker does, and nothing is declared for nobody."""

import asyncio
import itertools

import aio_pika
import pytest

from shared.contracts.registry import FACTS as FACT_TYPES
from shared.contracts.registry import SUBMISSIONS
from shared.messaging.rabbitmq import RabbitMQ
from shared.messaging.topology import FACTS, INTAKE, RECEIPTS, TOPOLOGY, Queue, Topology

WORDS = ["policy", "claim", "agent", "totals", "region", "issued", "4507", "", "x"]
KEYS = [
    *(f"{name.removeprefix('guanai.').rpartition('.')[0]}.4507" for name in FACT_TYPES),
    *(f"demo-life.{name.removeprefix('guanai.insurer.').rpartition('.')[0]}" for name in SUBMISSIONS),
    *(".".join(words) for length in (1, 2, 3) for words in itertools.product(WORDS[:8:2], repeat=length)),
    "",
    ".",
    "..",
    "policy",
    ".policy.",
    "a.b.policy.c",
    "enrollment.totals.4507",
    "a.b.totals.4507",
    "*.policy.#",
]
ODD = Topology(
    TOPOLOGY.exchanges,
    (
        *TOPOLOGY.queues,
        Queue("test.everything", FACTS, ("#",)),
        Queue("test.one_word", FACTS, ("*",)),
        Queue("test.ends", FACTS, ("#.4507",)),
        Queue("test.middle", FACTS, ("policy.#.4507", "*.*")),
        Queue("test.exact", FACTS, ("policy.issued.4507",)),
    ),
)


async def really_heard(channel: aio_pika.abc.AbstractChannel, exchange: str, key: str, queues: list[str]) -> set[str]:
    target = await channel.get_exchange(exchange, ensure=False)
    try:
        await target.publish(aio_pika.Message(key.encode()), key, mandatory=True, timeout=10)
    except aio_pika.exceptions.PublishError:
        return set()
    heard = set()
    for name in queues:
        queue = await channel.get_queue(name, ensure=False)
        if (message := await queue.get(fail=False, no_ack=True, timeout=10)) is not None:
            assert message.body == key.encode()
            heard.add(name)
    return heard


async def test_our_table_hears_what_the_broker_hears(amqp_url: str) -> None:
    transport = RabbitMQ(amqp_url)
    await transport.declare(ODD)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        for exchange in (INTAKE, RECEIPTS, FACTS):
            queues = [queue.name for queue in ODD.queues if queue.exchange == exchange]
            for key in dict.fromkeys(KEYS):
                heard = await really_heard(channel, exchange, key, queues)
                assert (key, set(ODD.heard_by(exchange, key))) == (key, heard)
    await transport.close()


async def test_declaring_everything_can_be_repeated_by_many_at_once(amqp_url: str) -> None:
    transports = [RabbitMQ(amqp_url) for _ in range(3)]
    for _ in range(2):
        await asyncio.gather(*(transport.declare(TOPOLOGY) for transport in transports))


async def test_every_queue_has_its_dead_letters_and_refuses_more_than_it_can_hold(amqp_url: str) -> None:
    transport = RabbitMQ(amqp_url)
    await transport.declare(TOPOLOGY)
    async with await aio_pika.connect(amqp_url) as connection:
        for queue in TOPOLOGY.queues:
            for name in (queue.name, queue.retry, queue.dead):
                channel = await connection.channel()
                with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match=r"quorum|overflow|x-"):
                    await channel.declare_queue(name, durable=True)


def test_a_message_to_a_queue_by_its_name_reaches_that_queue() -> None:
    assert TOPOLOGY.heard_by("", "enrollment.intake.retry") == ("enrollment.intake.retry",)


def test_every_submission_reaches_exactly_one_service() -> None:
    for name in SUBMISSIONS:
        key = f"demo-life.{name.removeprefix('guanai.insurer.').rpartition('.')[0]}"
        assert len(TOPOLOGY.heard_by(INTAKE, key)) == 1, key


def test_queue_names_are_said_once() -> None:
    names = [name for queue in TOPOLOGY.queues for name in (queue.name, queue.retry, queue.dead)]
    assert len(names) == len(set(names))
    assert {queue.exchange for queue in TOPOLOGY.queues} <= set(TOPOLOGY.exchanges)
