"""Every exchange and queue name, once, and who hears what."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

INTAKE = "guanai.intake"
RECEIPTS = "guanai.receipts"
FACTS = "guanai.events"
CITY = "city"
"""The header that says to which shard a fact goes."""
MOST_SHARDS = 64
BUCKETS = "5"
"""Of the hash, for each shard: with five the fourteen cities of a province divide more evenly than with one."""


@dataclass(frozen=True)
class Queue:
    """A queue with its bindings; `<name>.retry` and `<name>.dead` come with it.

    A queue that `replays` another one has no bindings: it is filled by replays of what that one hears. One that
    `may_shard` can be divided into shards, each with the facts of some cities.
    """

    name: str
    exchange: str
    binds: tuple[str, ...]
    replays: str | None = None
    may_shard: bool = False

    def shard(self, number: int) -> "Queue":
        """One of the queues that share what this one hears; the exchange before them has this one's name."""
        return Queue(f"{self.name}.{number}", self.name, (BUCKETS,))

    @property
    def retry(self) -> str:
        return f"{self.name}.retry"

    @property
    def dead(self) -> str:
        return f"{self.name}.dead"


@dataclass(frozen=True)
class Topology:
    """All exchanges (topic) and queues of the platform; those that may shard are divided into so many `shards`."""

    exchanges: tuple[str, ...]
    queues: tuple[Queue, ...]
    shards: int = 1

    def shards_of(self, queue: Queue) -> tuple[Queue, ...]:
        """What a queue is divided into; nothing for one that is whole."""
        divided = queue.may_shard and self.shards > 1
        return tuple(queue.shard(number) for number in range(self.shards)) if divided else ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every queue or shard by its name on the broker, without those for retries and dead letters."""
        return tuple(name for queue in self.queues for name in self.names_of(queue))

    def names_of(self, queue: Queue) -> tuple[str, ...]:
        """The same of one queue."""
        return tuple(part.name for part in self.shards_of(queue) or (queue,))

    def named(self, name: str) -> Queue:
        """The queue of a name."""
        return next(queue for queue in self.queues if queue.name == name)

    def heard_by(self, exchange: str, routing_key: str) -> tuple[str, ...]:
        """Names of the queues that a message with this key reaches."""
        return _heard_by(self, exchange, routing_key)


TOPOLOGY = Topology(
    exchanges=(INTAKE, RECEIPTS, FACTS),
    queues=(
        Queue("enrollment.intake", INTAKE, ("*.policy.#",)),
        Queue("claims.intake", INTAKE, ("*.claim.#",)),
        Queue("claims.policies", FACTS, ("policy.#",)),
        Queue("reporting.facts", FACTS, ("policy.#", "claim.#", "agent.#", "*.totals.#"), may_shard=True),
        Queue("reporting.rebuild", FACTS, (), replays="reporting.facts"),
        Queue("notify.facts", FACTS, ("region.#", "bulletin.#")),
    ),
)


def sharded(shards: int) -> Topology:
    """The platform's topology with what reporting hears divided by city."""
    return replace(TOPOLOGY, shards=shards)


@lru_cache(maxsize=4096)
def _heard_by(topology: Topology, exchange: str, routing_key: str) -> tuple[str, ...]:
    if not exchange:
        return (routing_key,)
    words = f".{routing_key}" if routing_key else ""
    matching = (q for q in topology.queues if q.exchange == exchange)
    return tuple(q.name for q in matching if any(_pattern(bind).fullmatch(words) for bind in q.binds))


@lru_cache(maxsize=256)
def _pattern(bind: str) -> re.Pattern[str]:
    """AMQP topic words, each after a dot and maybe empty: `*` is exactly one, `#` any number of them."""
    words = {"#": r"(\.[^.]*)*", "*": r"\.[^.]*"}
    return re.compile("".join(words.get(word, rf"\.{re.escape(word)}") for word in bind.split(".")))
