"""How the deliveries of a queue are opened: insurers' submissions by who sent them, facts by their types."""

from collections.abc import Callable, Iterable

import structlog

from shared.contracts.envelope import MOST_BYTES
from shared.messaging.consume import Listener, Opened
from shared.messaging.door import facts_in, refused, submissions_in
from shared.messaging.happenings import Route
from shared.messaging.outcomes import Undecodable
from shared.messaging.topology import INTAKE, TOPOLOGY
from shared.messaging.transport import Delivery
from shared.messaging.watch import Watch

log = structlog.get_logger(__name__)

_WORDS = {
    "invalid_json": "The message is not JSON in UTF-8",
    "too_large": "A message holds at most 1,000 events and 1 MiB",
}


def listener(queue: str, routes: Iterable[Route], watch: Watch) -> Listener:
    """The listener of one queue for the types that its routes name."""
    types = frozenset(route.type for route in routes)
    exchange = next(q.exchange for q in TOPOLOGY.queues if q.name == queue)
    return Listener(queue, _submissions(types, watch) if exchange == INTAKE else _facts(types))


def _facts(types: frozenset[str]) -> Callable[[Delivery], Opened]:
    def open_facts(delivery: Delivery) -> Opened:
        try:
            return Opened(facts_in(delivery.body, types))
        except Undecodable as error:
            return Opened([], dead=str(error))

    return open_facts


def _submissions(types: frozenset[str], watch: Watch) -> Callable[[Delivery], Opened]:
    def open_submissions(delivery: Delivery) -> Opened:
        if (reason := _untrusted(delivery)) is not None:
            log.warning("intake_refused", queue=delivery.queue, message_id=delivery.message_id, reason=reason)
            watch.count("intake_refused", reason=reason)
            return Opened([], dead=reason)
        return _opened(delivery.body, types, delivery.sender or "")

    return open_submissions


def _untrusted(delivery: Delivery) -> str | None:
    """Only the broker can say who sent it; CC and BCC evade the broker's topic permissions."""
    if not delivery.sender:
        return "no_user_id"
    return "copied_by_header" if {"CC", "BCC"} & set(delivery.headers) else None


def _opened(body: bytes, types: frozenset[str], sender: str) -> Opened:
    try:
        if len(body) > MOST_BYTES:
            raise Undecodable("too_large")
        return Opened(submissions_in(body, types, sender))
    except Undecodable as error:
        return Opened([refused(sender, str(error), _WORDS[str(error)])], dead=str(error))
