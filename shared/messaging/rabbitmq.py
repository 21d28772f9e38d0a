"""The transport for real use: RabbitMQ by aio-pika, quorum queues, confirms, two connections a process."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq import spec
from aiormq.abc import DeliveredMessage
from yarl import URL

from shared.messaging.rabbitmq_messages import delivery_of, properties_of, shown, text_of
from shared.messaging.rabbitmq_topology import declare, depths
from shared.messaging.topology import TOPOLOGY, Topology
from shared.messaging.transport import SENDER, BrokerAway, DeadLetter, Delivery, Depth, Message, moved_id

_SECONDS = 10.0
_IN_FLIGHT = 500
_MOST_BYTES = 1_048_576
_MOST_LINGERS, _CROWD = 16, 3
"""Where fewer come meanwhile, nobody waits for more."""
_FEW, _HELD_BYTES = 64, 8 * _MOST_BYTES
"""A consumer holds a few messages unacknowledged, and more as long as they are small."""


class RabbitMQ:
    """See `Transport`. Each connection is opened when first needed and given up when it fails."""

    name = "rabbitmq"

    def __init__(self, url: str) -> None:
        self._url = URL(url).update_query(heartbeat="10")
        self.user = self._url.user or "guest"
        self._publisher: AbstractChannel | None = None
        self._connection: AbstractConnection | None = None
        self._opening = asyncio.Lock()
        self._in_flight = asyncio.Semaphore(_IN_FLIGHT)

    @property
    def address(self) -> str:
        return f"{self._url.host}:{self._url.port}"

    async def _connect(self) -> AbstractConnection:
        try:
            async with asyncio.timeout(_SECONDS):
                return await aio_pika.connect(self._url)
        except (*CONNECTION_EXCEPTIONS, TimeoutError) as error:
            raise BrokerAway(f"RabbitMQ at {self.address}: {type(error).__name__}") from None

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        """A connection of its own with one channel, closed at the end."""
        async with self._connected() as connection:
            yield await connection.channel(publisher_confirms=True, on_return_raises=True)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AbstractConnection]:
        connection = await self._connect()
        try:
            with _broker_away(self.address):
                yield connection
        finally:
            with suppress(Exception):
                async with asyncio.timeout(_SECONDS):
                    await connection.close()

    async def declare(self, topology: Topology) -> None:
        async with self._channel() as channel:
            await declare(channel, topology, self.address)

    async def depths(self, *queues: str) -> list[Depth]:
        async with self._connected() as connection:
            return [depth for queue in queues async for depth in depths(connection, TOPOLOGY.named(queue))]

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        channel = await self._publishing_channel()
        results = await asyncio.gather(*(self._publish(channel, m) for m in messages), return_exceptions=True)
        return [_failure(result) for result in results]

    async def _publishing_channel(self) -> AbstractChannel:
        async with self._opening:
            if self._publisher is None or self._publisher.is_closed:
                await self.close()
                self._connection = await self._connect()
                with _broker_away(self.address):
                    self._publisher = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            return self._publisher

    async def _publish(self, channel: AbstractChannel, message: Message) -> None:
        """Raises when the broker did not confirm; then nothing is known."""
        async with self._in_flight:
            with _broker_away(self.address):
                under = await channel.get_underlay_channel()
                confirmed = await under.basic_publish(
                    message.body,
                    exchange=message.exchange,
                    routing_key=message.routing_key,
                    properties=properties_of(message, self.user),
                    mandatory=message.mandatory,
                    timeout=_SECONDS,
                )
                if not isinstance(confirmed, spec.Basic.Ack):
                    raise BrokerAway(f"not confirmed: {type(confirmed).__name__}")

    @asynccontextmanager
    async def subscribe(self, queue: str, prefetch: int) -> AsyncIterator["RabbitSubscription"]:
        async with self._channel() as channel:
            subscription = RabbitSubscription(queue, self.user, self.address, prefetch)
            await subscription.start(channel)
            yield subscription

    async def dead_letters(self, queue: str, most: int) -> list[DeadLetter]:
        async with self._channel() as channel:
            return [shown(queue, message) async for message in _peek(channel, f"{queue}.dead", most)]

    async def requeue(self, queue: str, dead_letter_id: str) -> bool:
        async with self._channel() as channel:
            async for message in _peek(channel, f"{queue}.dead", 10_000):
                if (message.message_id or "") == dead_letter_id:
                    await self._put_back(channel, queue, message)
                    return True
        return False

    async def _put_back(self, channel: AbstractChannel, queue: str, message: AbstractIncomingMessage) -> None:
        headers = {SENDER: text_of(message.headers.get(SENDER)) or ""}
        message_id = moved_id(message.message_id or queue)
        again = Message("", queue, message.body, message_id, message.content_type or "", headers)
        await self._publish(channel, again)
        await message.ack()

    async def waiting(self) -> int:
        """Ready messages only: AMQP does not tell what consumers hold."""
        return sum(depth.messages for depth in await self.depths(*(queue.name for queue in TOPOLOGY.queues)))

    async def check(self) -> None:
        async with asyncio.timeout(_SECONDS):
            await self._publishing_channel()

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                async with asyncio.timeout(_SECONDS):
                    await self._connection.close()
        self._publisher = self._connection = None


class RabbitSubscription:
    """One consumer; what it holds when its channel closes is worthless and comes again."""

    def __init__(self, queue: str, user: str, address: str, most: int) -> None:
        self._queue, self._user, self._address, self._most = queue, user, address, most
        self._arrived: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        self._held = 0

    async def start(self, channel: AbstractChannel) -> None:
        """Begin to consume. Raises BrokerAway (also when the queue was never declared)."""
        self._channel = await channel.get_underlay_channel()
        channel.close_callbacks.add(self._ended)
        self._channel.on_consumer_cancel_callbacks.add(self._ended)
        await self._hold(min(_FEW, self._most))

    async def _hold(self, more: int) -> None:
        """One more consumer on the same channel: what a running one holds cannot be changed."""
        await self._channel.basic_qos(prefetch_count=more, timeout=_SECONDS)
        await self._channel.basic_consume(self._queue, self._take, timeout=_SECONDS)
        self._held += more

    async def _take(self, message: DeliveredMessage) -> None:
        self._arrived.put_nowait(message)

    def _ended(self, *_: object) -> None:
        self._arrived.put_nowait(None)

    async def batch(self, most: int, linger_seconds: float) -> list[Delivery]:
        """See `Subscription`: bounded by count and by bytes."""
        taken = [self._delivery(await self._arrived.get())]
        for _ in range(_MOST_LINGERS):
            self._gather(taken, most)
            if not self._arrived.empty():
                break
            await asyncio.sleep(linger_seconds)
            if self._arrived.qsize() < _CROWD:
                self._gather(taken, most)
                break
        return taken

    def _gather(self, taken: list[Delivery], most: int) -> None:
        """What has arrived, until the batch is full."""
        size = sum(len(delivery.body) for delivery in taken)
        while len(taken) < most and size < _MOST_BYTES and not self._arrived.empty():
            taken.append(self._delivery(self._arrived.get_nowait()))
            size += len(taken[-1].body)

    def _delivery(self, message: DeliveredMessage | None) -> Delivery:
        if message is None:
            raise BrokerAway(f"RabbitMQ at {self._address} ended the consumer of {self._queue}")
        return delivery_of(message, self._queue, self._user)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge all up to the last; on a channel that has gone they come again, and the inbox knows them."""
        if not deliveries:
            return
        with _broker_away(self._address):
            await self._channel.basic_ack(max(d.tag for d in deliveries), multiple=True)
            await self._fit(len(deliveries), sum(len(d.body) for d in deliveries))

    async def _fit(self, number: int, size: int) -> None:
        """Many small messages may be held, but few large ones: where these have become large, begin again."""
        bytes_of_most = self._most * size // number
        if self._held < self._most and number >= self._held // 2 and bytes_of_most <= _HELD_BYTES:
            await self._hold(self._most - self._held)
        elif self._held > _FEW and bytes_of_most > 4 * _HELD_BYTES:
            self._ended()


def _failure(result: BaseException | None) -> Exception | None:
    if isinstance(result, asyncio.CancelledError):
        return BrokerAway("cancelled while waiting for the confirm")
    return result if isinstance(result, Exception) else None


async def _peek(channel: AbstractChannel, name: str, most: int) -> AsyncIterator[AbstractIncomingMessage]:
    """Messages of a queue one by one; unless acknowledged they go back when the channel closes."""
    queue = await channel.get_queue(name, ensure=True)
    for _ in range(most):
        message = await queue.get(fail=False, timeout=_SECONDS)
        if message is None:
            return
        yield message


@contextmanager
def _broker_away(address: str) -> Iterator[None]:
    """Every way in which a connection ends means the same: unknown. Also a cancellation that nobody asked for."""
    try:
        yield
    except (*CONNECTION_EXCEPTIONS, TimeoutError) as error:
        raise BrokerAway(f"RabbitMQ at {address}: {type(error).__name__} {error}"[:300]) from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BrokerAway(f"RabbitMQ at {address}: the connection is stuck") from None
