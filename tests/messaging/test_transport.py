"""What both transports promise: confirmed is safe, unheard is said, unacknowledged comes again."""

import asyncio
from contextlib import suppress

import pytest

from shared.messaging import rabbitmq
from shared.messaging.topology import FACTS
from shared.messaging.transport import ATTEMPTS, REASON, SENDER, BrokerAway, Delivery, Message, Subscription, Transport
from tests.messaging.conftest import connected
from tests.messaging.events import message
from tests.messaging.house import QUEUE, SMALL

MOST = 250


async def take(transport: Transport, count: int, ack: bool = True) -> list[Delivery]:
    """Exactly `count` deliveries, or a TimeoutError."""
    taken: list[Delivery] = []
    async with asyncio.timeout(20), transport.subscribe(QUEUE, 2 * MOST) as subscription:
        while len(taken) < count:
            batch = await subscription.batch(MOST, 0.003)
            taken += batch
            await subscription.ack(batch if ack else [])
    return taken


async def is_empty(transport: Transport) -> bool:
    try:
        async with asyncio.timeout(0.7), transport.subscribe(QUEUE, MOST) as subscription:
            await subscription.batch(MOST, 0.003)
    except TimeoutError:
        return True
    return False


async def test_what_is_published_and_confirmed_arrives_unchanged_and_in_order(transport: Transport) -> None:
    sent = [message(f"body {n}".encode(), f"m{n}") for n in range(450)]
    assert await transport.publish(sent) == [None] * 450
    taken = await take(transport, 450)
    assert sorted(d.body for d in taken) == sorted(m.body for m in sent)
    assert [d.message_id for d in taken] == [f"m{n}" for n in range(450)]
    assert (taken[0].queue, taken[0].content_type, taken[0].redelivered) == (QUEUE, sent[0].content_type, False)
    assert await is_empty(transport)


async def test_a_message_that_nobody_hears_is_not_confirmed_and_its_neighbours_are(transport: Transport) -> None:
    unheard = message(b"unheard", "unheard", "nobody.hears.4507")
    first, second, third = await transport.publish([message(b"1", "m1"), unheard, message(b"2", "m2")])
    assert (first, third) == (None, None)
    assert isinstance(second, Exception)
    assert [d.body for d in await take(transport, 2)] == [b"1", b"2"]


async def test_a_message_that_need_not_be_heard_is_confirmed_without_a_queue(transport: Transport) -> None:
    free = Message(FACTS, "nobody.hears.4507", b"receipt", "m", "text/plain", mandatory=False)
    assert await transport.publish([free]) == [None]


async def test_publishing_goes_on_after_something_unroutable(transport: Transport) -> None:
    for attempt in range(3):
        failures = await transport.publish([message(b"unheard", f"u{attempt}", "nobody.hears.4507")])
        assert isinstance(failures[0], Exception)
    assert await transport.publish([message(b"heard")]) == [None]
    assert len(await take(transport, 1)) == 1


async def test_what_is_not_acknowledged_comes_again_and_says_so(transport: Transport) -> None:
    await transport.publish([message(b"policy")])
    (first,) = await take(transport, 1, ack=False)
    (second,) = await take(transport, 1)
    assert (first.redelivered, second.redelivered) == (False, True)
    assert second.body == first.body
    assert await is_empty(transport)


async def test_an_acknowledgement_covers_its_batch_and_nothing_after_it(transport: Transport) -> None:
    await transport.publish([message(b"%d" % n, f"m{n}") for n in range(4)])
    async with asyncio.timeout(20), transport.subscribe(QUEUE, 2 * MOST) as subscription:
        first = await subscription.batch(2, 0.5)
        rest: list[Delivery] = []
        while len(first) + len(rest) < 4:
            rest += await subscription.batch(MOST, 0.003)
        await subscription.ack(first)
    again = await take(transport, len(rest))
    assert [d.body for d in again] == [d.body for d in rest]


async def test_a_delayed_message_arrives_after_its_pause_and_not_before(transport: Transport) -> None:
    late = Message("", f"{QUEUE}.retry", b"late", "m", "text/plain", {ATTEMPTS: 1}, delay_seconds=1.0)
    began = asyncio.get_running_loop().time()
    assert await transport.publish([late, message(b"now")]) == [None, None]
    assert [d.body for d in await take(transport, 2)] == [b"now", b"late"]
    assert asyncio.get_running_loop().time() - began >= 1.0


async def test_a_dead_letter_shows_its_reason_but_never_its_body(transport: Transport) -> None:
    dead = Message("", f"{QUEUE}.dead", b"secret", "d1", "text/plain", {REASON: "bad_type: data"})
    assert await transport.publish([dead]) == [None]
    (letter,) = await transport.dead_letters(QUEUE, 10)
    assert (letter.id, letter.queue, letter.reason, letter.size_bytes) == ("d1", QUEUE, "bad_type: data", 6)
    assert "secret" not in repr(letter)


async def test_looking_at_dead_letters_takes_none_of_them_out(transport: Transport) -> None:
    await transport.publish([Message("", f"{QUEUE}.dead", b"%d" % n, f"d{n}", "text/plain") for n in range(3)])
    for _ in range(2):
        letters = await transport.dead_letters(QUEUE, 10)
        assert sorted(letter.id for letter in letters) == ["d0", "d1", "d2"]
    assert len(await transport.dead_letters(QUEUE, 2)) == 2


async def test_a_requeued_dead_letter_is_a_fresh_message_of_its_first_sender(transport: Transport) -> None:
    headers: dict[str, str | int] = {REASON: "broken", ATTEMPTS: 5, SENDER: "demo-life"}
    await transport.publish([Message("", f"{QUEUE}.dead", b"again", "d1", "text/plain", headers)])
    assert await transport.requeue(QUEUE, "no such letter") is False
    assert await transport.requeue(QUEUE, "d1") is True
    (delivery,) = await take(transport, 1)
    assert (delivery.body, delivery.sender, delivery.redelivered) == (b"again", "demo-life", False)
    assert ATTEMPTS not in delivery.headers
    assert await transport.dead_letters(QUEUE, 10) == []


async def test_two_consumers_of_a_queue_share_it(transport: Transport) -> None:
    await transport.publish([message(b"%d" % n, f"m{n}") for n in range(40)])
    async with asyncio.timeout(20), transport.subscribe(QUEUE, 5) as one, transport.subscribe(QUEUE, 5) as other:
        bodies: list[bytes] = []
        while len(bodies) < 40:
            for subscription in (one, other):
                bodies += await _some(subscription)
    assert sorted(bodies) == sorted(b"%d" % n for n in range(40))


async def _some(subscription: object) -> list[bytes]:
    try:
        async with asyncio.timeout(0.1):
            deliveries: list[Delivery] = await subscription.batch(5, 0.003)  # type: ignore[attr-defined]
    except TimeoutError:
        return []
    await subscription.ack(deliveries)  # type: ignore[attr-defined]
    return [delivery.body for delivery in deliveries]


async def test_declaring_again_keeps_what_is_in_the_queues(transport: Transport) -> None:
    await transport.publish([message(b"kept")])
    await transport.declare(SMALL)
    assert [d.body for d in await take(transport, 1)] == [b"kept"]


async def test_a_cancelled_publish_leaves_a_transport_that_works(transport: Transport) -> None:
    assert await transport.publish([message(b"first", "first")]) == [None]
    for delay in (0.0, 0.0005, 0.001, 0.002, 0.004):
        publishing = asyncio.create_task(transport.publish([message(b"x" * 1000, f"c{n}") for n in range(100)]))
        await asyncio.sleep(delay)
        publishing.cancel()
        await asyncio.wait({publishing})
    assert await transport.publish([message(b"last", "last")]) == [None]
    async with asyncio.timeout(20), transport.subscribe(QUEUE, 2 * MOST) as subscription:
        bodies: list[bytes] = []
        while b"last" not in bodies:
            deliveries = await subscription.batch(MOST, 0.003)
            bodies += [delivery.body for delivery in deliveries]
            await subscription.ack(deliveries)


async def test_a_broker_that_answers_passes_the_check(transport: Transport) -> None:
    await transport.check()


async def test_a_broker_that_is_not_there_is_named_without_its_password() -> None:
    from shared.messaging.rabbitmq import RabbitMQ

    nowhere = RabbitMQ("amqp://guest:secret@127.0.0.1:1/")
    with pytest.raises(BrokerAway, match=r"127\.0\.0\.1:1") as refused:
        await nowhere.check()
    assert "secret" not in str(refused.value)


async def test_a_consumer_holds_many_small_messages_but_few_large_ones(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enough for a good batch, and no more than memory has room for."""
    monkeypatch.setattr(rabbitmq, "_HELD_BYTES", 100_000)
    async with connected(amqp_url) as transport:
        sent = [message(b"x" * size, f"m{n}") for n, size in enumerate([100] * 900 + [10_000] * 200)]
        assert not any(await transport.publish(sent))
        async with asyncio.timeout(60), transport.subscribe(QUEUE, 600) as subscription:
            held = [await hold(subscription) for _ in range(3)]
            with pytest.raises(BrokerAway):
                while True:
                    held.append(await hold(subscription))
        assert [len(in_hand) for in_hand in held[:2]] == [64, 600]
        rest = await take(transport, len(sent) - sum(len(in_hand) for in_hand in held))
        taken = [delivery for in_hand in (*held, rest) for delivery in in_hand]
        assert sorted(d.message_id for d in taken) == sorted(m.message_id for m in sent)
        async with transport.subscribe(QUEUE, 600) as subscription:
            assert not any(await transport.publish(sent[-200:]))
            assert [len(await hold(subscription)) for _ in range(2)] == [64, 64]


async def hold(subscription: Subscription) -> list[Delivery]:
    """Everything that the broker hands out before something is acknowledged; then that is."""
    taken: list[Delivery] = []
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(1.0):
                taken += await subscription.batch(MOST, 0.003)
    await subscription.ack(taken)
    return taken


async def test_a_batch_waits_for_a_crowd_but_not_for_ever(amqp_url: str) -> None:
    async with connected(amqp_url) as transport, transport.subscribe(QUEUE, 1000) as subscription:
        assert len(await gathered(transport, subscription, groups=6, of=10, every=0.02)) == 60
        assert 10 < len(await gathered(transport, subscription, groups=60, of=10, every=0.02, most=70)) <= 70


async def test_a_batch_does_not_wait_for_the_few_that_come_one_by_one(amqp_url: str) -> None:
    async with connected(amqp_url) as transport, transport.subscribe(QUEUE, 1000) as subscription:
        assert len(await gathered(transport, subscription, groups=20, of=1, every=0.07)) < 10


async def gathered(
    transport: Transport, subscription: Subscription, *, groups: int, of: int, every: float, most: int = MOST
) -> list[Delivery]:
    """The first batch while groups of messages arrive every so many seconds; then all are settled."""
    arriving = asyncio.create_task(arrive(transport, groups, of, every))
    batch = await subscription.batch(most, 0.1)
    await arriving
    taken = len(batch)
    last = batch
    while taken < groups * of:
        last = await subscription.batch(MOST, 0.1)
        taken += len(last)
    await subscription.ack(last)
    return batch


async def arrive(transport: Transport, groups: int, of: int, every: float) -> None:
    for group in range(groups):
        assert not any(await transport.publish([message(b"one", f"m{group}-{n}") for n in range(of)]))
        await asyncio.sleep(every)
