"""What cannot be applied never blocks what can: the bad one ends in <queue>.dead, and can come back."""

import io
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog
from sqlalchemy import insert

from shared.contracts.envelope import BATCH, ONE, Event
from shared.contracts.facts import ClaimPaid, PolicyIssued
from shared.contracts.registry import type_of
from shared.messaging import consume as consuming
from shared.messaging.happenings import on
from shared.messaging.topology import FACTS
from shared.messaging.transaction import Transaction
from shared.messaging.transport import ATTEMPTS, BrokerAway, Message
from shared.runtime.observe import configure_logs
from tests.messaging.events import KEY, VILLAGE, body_of, issued, json_of, message, policy
from tests.messaging.house import QUEUE, House, at_work, cells, count_units, eventually


class Clumsy:
    """A handler that fails on some policies, and counts the others."""

    def __init__(self) -> None:
        self.fails_on, self.failures = {"bad"}, 0

    async def count(self, issued: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
        done = await count_units(issued, tx)
        if self.fails_on & {event.data.policy_no for event in issued}:
            self.failures += 1
            raise LookupError(f"where is {issued[0].data.after.region}?")
        return done


@pytest.fixture
def clumsy(house: House, monkeypatch: pytest.MonkeyPatch) -> Clumsy:
    monkeypatch.setattr(consuming, "MOST_ATTEMPTS", 3)
    monkeypatch.setattr(consuming, "RETRY_SECONDS", 0.2)
    made = Clumsy()
    house.desk.routes[:] = [on(PolicyIssued, made.count)]  # type: ignore[index]
    return made


async def publish(house: House, *messages: Message) -> None:
    assert not any(await house.transport.publish(messages))


async def test_neighbours_of_a_failing_fact_go_through_and_it_ends_dead_with_its_reason(
    house: House, clumsy: Clumsy
) -> None:
    await publish(house, *(message(issued(number), number) for number in ("P1", "P2", "bad", "P3", "P4")))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") == 1)
    assert (await house.units(), house.count("deliveries", "retry")) == (4, 2)
    assert await house.dead_reasons() == ["LookupError in our code"]


async def test_a_failing_fact_waits_between_its_attempts(
    house: House, clumsy: Clumsy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "RETRY_SECONDS", 60.0)
    await publish(house, message(issued("bad"), "bad"), message(issued("P1"), "m1"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "retry") == 1)
        await publish(house, message(issued("P2"), "m2"))
        await eventually(lambda: house.count("deliveries", "applied") == 2)
    assert house.count("deliveries", "retry") == 1


async def test_what_fails_at_first_and_then_not_counts_once(house: House, clumsy: Clumsy) -> None:
    await publish(house, message(issued("bad"), "bad"))
    async with at_work(house.consumer()):
        await eventually(lambda: clumsy.failures > 0)
        clumsy.fails_on.clear()
        await eventually(lambda: house.count("deliveries", "applied") == 1)
    assert (await house.units(), await house.dead_reasons()) == (1, [])


async def test_a_dead_letter_that_is_requeued_applies_once_the_cause_is_gone(house: House, clumsy: Clumsy) -> None:
    await publish(house, message(issued("bad"), "bad"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") == 1)
        clumsy.fails_on.clear()
        (letter,) = await house.transport.dead_letters(QUEUE, 10)
        assert await house.transport.requeue(QUEUE, letter.id)
        await eventually(lambda: house.count("deliveries", "applied") == 1)
    assert (await house.units(), await house.dead_reasons()) == (1, [])


async def test_a_requeued_dead_letter_has_all_its_attempts_again(house: House, clumsy: Clumsy) -> None:
    await publish(house, message(issued("bad"), "bad"))
    async with at_work(house.consumer()):
        for deaths in (1, 2):
            await eventually(lambda deaths=deaths: house.count("deliveries", "dead") == deaths)
            assert house.count("deliveries", "retry") == 2 * deaths
            (letter,) = await house.transport.dead_letters(QUEUE, 10)
            await house.transport.requeue(QUEUE, letter.id)


async def test_dead_letters_have_ids_of_their_own(house: House) -> None:
    await publish(house, *(message(b"not json %d" % n, "the same id") for n in range(3)))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") == 3)
        letters = await house.transport.dead_letters(QUEUE, 10)
        assert len({letter.id for letter in letters}) == 3
        assert {letter.digest for letter in letters if await house.transport.requeue(QUEUE, letter.id)}
        await eventually(lambda: house.count("deliveries", "dead") == 6)
    assert len({letter.digest for letter in await house.transport.dead_letters(QUEUE, 10)}) == 3


async def test_what_is_not_safe_in_its_new_queue_is_not_taken_out_of_the_old_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_really, refusals = house.transport.publish, iter([True])

    async def refuse_once(messages: Sequence[Message]) -> list[Exception | None]:
        if messages[0].routing_key.endswith(".dead") and next(refusals, False):
            return [BrokerAway("not confirmed")] * len(messages)
        return await publish_really(messages)

    monkeypatch.setattr(house.transport, "publish", refuse_once)
    await publish(house, message(b"not json"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") == 1)
    assert len(await house.dead_reasons()) == 1


@pytest.mark.parametrize("message_id", ["", "x" * 255, "消息" * 40])
async def test_whatever_id_a_message_has_it_can_die(house: House, message_id: str) -> None:
    await publish(house, message(b"not json", message_id), message(issued("P1"), "m1"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") + house.count("deliveries", "applied") == 2)
    assert await house.units() == 1


UNDECODABLE = {
    "no JSON": b"not json",
    "no UTF-8": b"\xff\xfe{}",
    "nothing": b"",
    "no event": b'{"some": "thing"}',
    "an unknown type": body_of(issued("P9")).replace(b"guanai.policy.issued.v1", b"guanai.policy.issued.v9"),
    "an ill-typed field": body_of(issued("P9")).replace(b'"units":1', b'"units":"many"'),
    "a type that nobody here handles": body_of(issued("P9")).replace(
        b"guanai.policy.issued.v1", type_of(ClaimPaid).encode()
    ),
    "a submission": json_of(policy("P9")),
    "10,000 levels": b"[" * 10_000 + b"]" * 10_000,
    "one bad event among good ones": body_of(issued("P8"), issued("P9")).replace(b'"P9"', b"9"),
}


@pytest.mark.parametrize("body", UNDECODABLE.values(), ids=UNDECODABLE.keys())
async def test_a_body_that_is_no_fact_is_dead_at_its_first_delivery(house: House, body: bytes) -> None:
    await publish(house, Message(FACTS, KEY, body, "m", BATCH), message(issued("P1"), "m1"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") + house.count("deliveries", "applied") == 2)
    assert (await house.units(), house.count("deliveries", "retry"), len(await house.dead_reasons())) == (1, 0, 1)


async def overflow(issued: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
    if any(event.data.policy_no == "bad" for event in issued):
        await tx.connection.execute(insert(cells).values(region="45", units=2**70))
    return await count_units(issued, tx)


async def null_character(issued: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
    if any(event.data.policy_no == "bad" for event in issued):
        await tx.connection.execute(insert(cells).values(region="4\x005", units=None))
    return await count_units(issued, tx)


async def missing_file(issued: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
    if any(event.data.policy_no == "bad" for event in issued):
        raise FileNotFoundError("secret")
    return await count_units(issued, tx)


@pytest.mark.parametrize("handler", [overflow, null_character, missing_file])
async def test_what_the_database_refuses_is_the_facts_trouble_and_not_an_outage(
    house: House, monkeypatch: pytest.MonkeyPatch, handler: Any
) -> None:
    monkeypatch.setattr(consuming, "MOST_ATTEMPTS", 1)
    house.desk.routes[:] = [on(PolicyIssued, handler)]  # type: ignore[index]
    await publish(house, message(issued("bad"), "bad"), message(issued("P1"), "m1"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") + house.count("deliveries", "applied") == 2)
    assert (await house.units(), house.count("database_away")) == (1, 0)


@pytest.mark.parametrize("attempts", [-1_000_000, 1_000_000, "many"])
async def test_a_count_of_attempts_that_we_did_not_write_is_no_trouble(
    house: House, clumsy: Clumsy, attempts: int | str
) -> None:
    odd = Message(FACTS, KEY, body_of(issued("bad")), "m", ONE, {ATTEMPTS: attempts})
    await publish(house, odd, message(issued("P1"), "m1"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") == 1, seconds=10)
    assert await house.units() == 1


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a real process would write to its log."""
    root, text = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logs()
    root.handlers[0].setStream(text)  # type: ignore[attr-defined]
    yield text
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_the_log_of_a_failure_has_its_place_and_quotes_nothing_of_the_event(
    logged: io.StringIO, house: House, clumsy: Clumsy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "log", structlog.get_logger("fresh"))
    await publish(house, message(issued("bad"), "bad"))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") == 1)
    failures = [line for line in map(json.loads, logged.getvalue().splitlines()) if line["event"] == "delivery_failed"]
    assert [line["attempts"] for line in failures] == [1, 2, 3]
    assert "test_failures.py" in failures[0]["exception"]
    assert VILLAGE not in logged.getvalue()


async def test_no_transaction_holds_more_events_than_others_can_wait_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = list[int]()

    async def count(events: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
        sizes.append(len(events))
        return await count_units(events, tx)

    house.desk.routes[:] = [on(PolicyIssued, count)]  # type: ignore[index]
    monkeypatch.setattr(consuming, "MOST_EVENTS", 5)
    bodies = [body_of(*(issued(f"P{m}-{n}") for n in range(size))) for m, size in enumerate((3, 2, 3, 7, 1))]
    await publish(house, *(message(body, f"m{m}") for m, body in enumerate(bodies)))
    async with at_work(house.consumer()):
        await eventually(lambda: sum(sizes) == 16)
    assert await house.units() == 16
    assert [size for size in sizes if size > 5] == [7], "a message is never divided"
