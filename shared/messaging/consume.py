"""From a queue into effect: micro-batches, one transaction each, and the only place where a delivery is settled."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog

from shared.messaging.apply import Desk, Result, apply
from shared.messaging.door import Arrival
from shared.messaging.outcomes import Applied, Dead, Duplicate, Outcome, Retry, Unavailable
from shared.messaging.transport import (
    ATTEMPTS,
    QUEUE,
    REASON,
    SENDER,
    BrokerAway,
    Delivery,
    Message,
    Subscription,
    Transport,
    moved_id,
)
from shared.messaging.watch import Watch

log = structlog.get_logger(__name__)

MOST_MESSAGES = 1_000
MOST_EVENTS = 1_200
"""Of one transaction: what is done to more of them without a pause would hold up everybody else in the process."""
LINGER_SECONDS = 0.003
MOST_ATTEMPTS = 5
RETRY_SECONDS = 5.0
_GRACE_SECONDS = 15.0
_LARGE_BYTES = 50_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery after parsing; with `dead` it is kept for a person once its arrivals are answered."""

    arrivals: Sequence[Arrival]
    dead: str | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """A queue and how its deliveries are opened."""

    queue: str
    open: Callable[[Delivery], Opened]


Settled = list[tuple[Delivery, Outcome]]


async def consume(desk: Desk, transport: Transport, listener: Listener, watch: Watch) -> None:
    """Take from one queue, for ever. Raises BrokerAway when the connection is lost: nothing is lost with it."""
    async with transport.subscribe(listener.queue, prefetch=2 * MOST_MESSAGES) as subscription:
        while True:
            deliveries = await subscription.batch(MOST_MESSAGES, LINGER_SECONDS)
            await _to_the_end(_take(desk, transport, listener, subscription, deliveries, watch))


async def _take(  # noqa: PLR0913, PLR0917
    desk: Desk,
    transport: Transport,
    listener: Listener,
    subscription: Subscription,
    deliveries: Sequence[Delivery],
    watch: Watch,
) -> None:
    outcomes = await _patiently(desk, listener, deliveries, watch)
    await settle(transport, subscription, outcomes)
    for name, number in Counter(type(outcome).__name__.lower() for _, outcome in outcomes).items():
        watch.count("deliveries", number, queue=listener.queue, outcome=name)


async def bring_into_effect(desk: Desk, listener: Listener, deliveries: Sequence[Delivery], watch: Watch) -> Settled:
    """What becomes of each delivery. A batch with one that fails is taken apart, so the others go through."""
    opened = await _opened(listener, deliveries)
    fresh = [d for d in deliveries if not d.redelivered]
    again = [d for d in deliveries if d.redelivered]
    settled: Settled = []
    for group in (*_portions(fresh, opened), *_portions(again, opened)):
        settled += await _together(desk, group, opened, watch)
    return settled


async def _opened(listener: Listener, deliveries: Sequence[Delivery]) -> dict[int, Opened]:
    """By their tags; between large ones others get their turn."""
    opened = {}
    for delivery in deliveries:
        opened[delivery.tag] = listener.open(delivery)
        if len(delivery.body) > _LARGE_BYTES:
            await asyncio.sleep(0)
    return opened


def _portions(deliveries: Sequence[Delivery], opened: dict[int, Opened]) -> Iterator[list[Delivery]]:
    """As many as hold no more events than one transaction should; a single one may hold more."""
    portion, events = list[Delivery](), 0
    for delivery in deliveries:
        more = len(opened[delivery.tag].arrivals)
        if portion and events + more > MOST_EVENTS:
            yield portion
            portion, events = [], 0
        portion.append(delivery)
        events += more
    if portion:
        yield portion


async def _together(desk: Desk, group: Sequence[Delivery], opened: dict[int, Opened], watch: Watch) -> Settled:
    arrivals = [arrival for d in group for arrival in opened[d.tag].arrivals]
    try:
        result = await apply(desk, arrivals, answer_known=not group[0].redelivered)
    except Unavailable:
        raise
    except Exception as error:
        if len(group) == 1:
            return [(group[0], _failed(group[0], error))]
        return [pair for d in group for pair in await _together(desk, [d], opened, watch)]
    watch.count("events_applied", result.new, queue=group[0].queue)
    watch.count("events_known", result.known, queue=group[0].queue)
    return [(d, _outcome(opened[d.tag], result)) for d in group]


def _outcome(opened: Opened, result: Result) -> Outcome:
    if opened.dead:
        return Dead(opened.dead)
    return Applied() if result.new else Duplicate()


def _failed(delivery: Delivery, error: Exception) -> Outcome:
    attempts = _attempts_before(delivery) + 1
    reason = f"{type(error).__name__} in our code"
    log.error(
        "delivery_failed",
        queue=delivery.queue,
        message_id=delivery.message_id,
        attempts=attempts,
        exc_type=type(error).__name__,
        exc_info=_without_values(error),
    )
    return Dead(reason) if attempts >= MOST_ATTEMPTS else Retry(reason, attempts)


def _attempts_before(delivery: Delivery) -> int:
    """What a header says that anybody may have written."""
    said = delivery.headers.get(ATTEMPTS, 0)
    return max(said, 0) if isinstance(said, int) else 0


def _without_values(error: Exception) -> Exception:
    """The error with its traceback but without its text, which may quote the event."""
    return Exception(type(error).__name__).with_traceback(error.__traceback__)


async def settle(transport: Transport, subscription: Subscription, outcomes: Settled) -> None:
    """Acknowledge everything, after what must live on elsewhere is safe there."""
    moved = [message for delivery, outcome in outcomes if (message := _moved(delivery, outcome)) is not None]
    failures = await transport.publish(moved) if moved else []
    if any(failures):
        raise BrokerAway("a dead letter or a retry is not confirmed")
    await subscription.ack([delivery for delivery, _ in outcomes])


def _moved(delivery: Delivery, outcome: Outcome) -> Message | None:
    match outcome:
        case Retry(reason, attempts):
            return _copy(delivery, f"{delivery.queue}.retry", reason, attempts, RETRY_SECONDS)
        case Dead(reason):
            log.warning("dead_letter", queue=delivery.queue, message_id=delivery.message_id, reason=reason)
            return _copy(delivery, f"{delivery.queue}.dead", reason, 0, None)
        case _:
            return None


def _copy(delivery: Delivery, queue: str, reason: str, attempts: int, delay_seconds: float | None) -> Message:
    headers: dict[str, str | int] = {
        REASON: reason,
        ATTEMPTS: attempts,
        QUEUE: delivery.queue,
        SENDER: delivery.sender or "",
    }
    message_id = moved_id(delivery.message_id or delivery.queue)
    return Message("", queue, delivery.body, message_id, delivery.content_type, headers, delay_seconds=delay_seconds)


async def _patiently(desk: Desk, listener: Listener, deliveries: Sequence[Delivery], watch: Watch) -> Settled:
    """Try until the database is there again; the deliveries stay the broker's meanwhile."""
    pause = 0.05
    while True:
        try:
            return await bring_into_effect(desk, listener, deliveries, watch)
        except Unavailable as error:
            log.warning("database_away", reason=str(error), again_in_seconds=pause)
            watch.count("database_away")
            deliveries = [delivery._replace(redelivered=True) for delivery in deliveries]  # it may have been committed
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


async def _to_the_end(work: Awaitable[None]) -> None:
    """A cancellation lets the transaction under way end first, for a while."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_GRACE_SECONDS)
        task.cancel()
        raise
