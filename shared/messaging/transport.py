"""What every transport does: declare, publish with confirms, hand out deliveries, take acknowledgements."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from shared.messaging.topology import Topology

Headers = Mapping[str, str | int]

SENDER = "x-guanai-sender"
ATTEMPTS = "x-guanai-attempts"
REASON = "x-guanai-reason"
QUEUE = "x-guanai-queue"


class BrokerAway(Exception):
    """The broker cannot be reached, or left in the middle: what was under way is UNKNOWN, never failed."""


class MissingPlugin(Exception):
    """The broker cannot do what the topology needs; says what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes for an exchange (or, with exchange "", for a queue by its name)."""

    exchange: str
    routing_key: str
    body: bytes
    message_id: str
    content_type: str
    headers: Headers = field(default_factory=dict)
    mandatory: bool = True
    delay_seconds: float | None = None


class Delivery(NamedTuple):
    """A message as it arrives. `sender` is who the BROKER says wrote it, None if it cannot say."""

    queue: str
    tag: int
    body: bytes
    message_id: str
    content_type: str
    sender: str | None
    redelivered: bool
    headers: Headers
    handle: object = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, as a person may see it: never its body."""

    id: str
    queue: str
    reason: str
    size_bytes: int
    digest: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Depth:
    """A queue as the broker has it now; `messages` are those that no consumer holds."""

    queue: str
    messages: int
    consumers: int


def moved_id(message_id: str) -> str:
    """An id of its own for a message that moves to another queue; it begins as the one it had, and stays short."""
    return f"{message_id.partition('~')[0][:50]}~{secrets.token_hex(8)}"


class Subscription(Protocol):
    """One consumer of one queue; deliveries stay the broker's until they are acknowledged."""

    async def batch(self, most: int, linger_seconds: float) -> list[Delivery]:
        """Wait for a first delivery, then `linger_seconds` for more, and again while a crowd comes, up to `most`.

        Not for ever, however many come. Raises BrokerAway.
        """

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are done; if it is away they come again."""


class Transport(Protocol):
    """The one door to other services; `rabbitmq` for real use, `local` inside one process."""

    name: str

    async def declare(self, topology: Topology) -> None:
        """Make every exchange, queue and binding; may be repeated. Raises BrokerAway, MissingPlugin."""

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        """Publish and await all confirms together; per message None, or why it is not known to be safe."""

    def subscribe(self, queue: str, prefetch: int) -> AbstractAsyncContextManager[Subscription]:
        """Consume a queue until the context ends; unacknowledged deliveries, never more than `prefetch`, go back."""

    async def dead_letters(self, queue: str, most: int) -> list[DeadLetter]:
        """Look into `<queue>.dead` without taking anything out."""

    async def requeue(self, queue: str, dead_letter_id: str) -> bool:
        """Move one dead letter back to its queue; False if it is not there."""

    async def depths(self, *queues: str) -> list[Depth]:
        """Of the queues, and of any shards that they have or had, those that are there."""

    async def waiting(self) -> int:
        """Messages in all queues that are not settled yet, dead letters apart."""

    async def check(self) -> None:
        """Raise BrokerAway with the address (without password) unless the broker answers."""

    async def close(self) -> None:
        """Leave in good order."""
