"""Every exchange and queue name, once, and who hears what."""

import re
from dataclasses import dataclass
from functools import lru_cache

INTAKE = "guanai.intake"
RECEIPTS = "guanai.receipts"
FACTS = "guanai.events"


@dataclass(frozen=True)
class Queue:
    """A queue with its bindings; `<name>.retry` and `<name>.dead` come with it.

    A queue that `replays` another one has no bindings: it is filled by replays of what that one hears.
    """

    name: str
    exchange: str
    binds: tuple[str, ...]
    replays: str | None = None

    @property
    def retry(self) -> str:
        return f"{self.name}.retry"

    @property
    def dead(self) -> str:
        return f"{self.name}.dead"


@dataclass(frozen=True)
class Topology:
    """All exchanges (topic) and queues of the platform."""

    exchanges: tuple[str, ...]
    queues: tuple[Queue, ...]

    def heard_by(self, exchange: str, routing_key: str) -> tuple[str, ...]:
        """Names of the queues that a message with this key reaches."""
        return _heard_by(self, exchange, routing_key)


TOPOLOGY = Topology(
    exchanges=(INTAKE, RECEIPTS, FACTS),
    queues=(
        Queue("enrollment.intake", INTAKE, ("*.policy.#",)),
        Queue("claims.intake", INTAKE, ("*.claim.#",)),
        Queue("claims.policies", FACTS, ("policy.#",)),
        Queue("reporting.facts", FACTS, ("policy.#", "claim.#", "agent.#", "*.totals.#")),
        Queue("reporting.rebuild", FACTS, (), replays="reporting.facts"),
        Queue("notify.facts", FACTS, ("region.#", "bulletin.#")),
    ),
)


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
