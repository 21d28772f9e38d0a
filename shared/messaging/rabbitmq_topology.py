"""A topology on RabbitMQ: quorum queues with retry and dead letters, shards behind a hash of the city."""

from collections.abc import AsyncIterator
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity, ConnectionCommandInvalid

from shared.messaging.topology import BUCKETS, CITY, MOST_SHARDS, Queue, Topology
from shared.messaging.transport import Depth, MissingPlugin

_HASH = "x-consistent-hash"
_QUORUM: dict[str, Any] = {"x-queue-type": "quorum", "x-overflow": "reject-publish"}
_MOVES_ON = {**_QUORUM, "x-dead-letter-exchange": "", "x-dead-letter-strategy": "at-least-once"}


async def declare(channel: AbstractChannel, topology: Topology, address: str) -> None:
    """Make what is missing, then let go of what another number of shards has bound: nothing is ever unheard.

    Raises MissingPlugin.
    """
    for name in topology.exchanges:
        await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
    for queue in topology.queues:
        if shards := topology.shards_of(queue):
            await _declare_hash(channel, queue, address)
            await _declare_shards(channel, queue, shards)
        else:
            await _declare_whole(channel, queue)


async def _declare_whole(channel: AbstractChannel, queue: Queue) -> None:
    await _declare_queue(channel, queue, {})
    under = await channel.get_underlay_channel()
    for bind in queue.binds:
        await under.queue_bind(queue.name, queue.exchange, bind)
        if queue.may_shard:
            await under.exchange_unbind(destination=queue.name, source=queue.exchange, routing_key=bind)


async def _declare_hash(channel: AbstractChannel, queue: Queue, address: str) -> None:
    try:
        await channel.declare_exchange(queue.name, _HASH, durable=True, arguments={"hash-header": CITY})
    except ConnectionCommandInvalid:
        raise MissingPlugin(
            f"RabbitMQ at {address} cannot divide {queue.name} into shards. Run `rabbitmq-plugins enable "
            "rabbitmq_consistent_hash_exchange` on each of its nodes, or set GUANAI_REPORTING_SHARDS to 1"
        ) from None


async def _declare_shards(channel: AbstractChannel, queue: Queue, shards: tuple[Queue, ...]) -> None:
    under = await channel.get_underlay_channel()
    for shard in shards:
        await _declare_queue(channel, shard, {"x-single-active-consumer": True})
        await under.queue_bind(shard.name, queue.name, BUCKETS)
    for bind in queue.binds:
        await under.exchange_bind(destination=queue.name, source=queue.exchange, routing_key=bind)
        await under.queue_unbind(queue.name, queue.exchange, bind)
    for former in map(queue.shard, range(len(shards), MOST_SHARDS)):
        await under.queue_unbind(former.name, queue.name, BUCKETS)


async def _declare_queue(channel: AbstractChannel, queue: Queue, more: dict[str, Any]) -> None:
    await channel.declare_queue(queue.dead, durable=True, arguments=_QUORUM)
    for name, next_one, own in ((queue.name, queue.dead, more), (queue.retry, queue.name, {})):
        arguments = {**_MOVES_ON, "x-dead-letter-routing-key": next_one, **own}
        await channel.declare_queue(name, durable=True, arguments=arguments)


async def depths(connection: AbstractConnection, queue: Queue) -> AsyncIterator[Depth]:
    """A queue, then its shards 0, 1, ... up to the first that is missing, as far as they are there."""
    whole = await _depth(connection, queue.name)
    if whole is not None:
        yield whole
    for shard in map(queue.shard, range(MOST_SHARDS) if queue.may_shard else ()):
        if (depth := await _depth(connection, shard.name)) is None:
            return
        yield depth


async def _depth(connection: AbstractConnection, name: str) -> Depth | None:
    """None if there is no such queue: the broker says so by closing the channel."""
    channel = await connection.channel()
    try:
        found = (await channel.declare_queue(name, passive=True)).declaration_result
    except ChannelNotFoundEntity:
        return None
    await channel.close()
    return Depth(name, found.message_count or 0, found.consumer_count or 0)
