"""A message of ours has one row however its events come: alone, together, overlapping, again, at the same moment."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from shared.contracts.envelope import BATCH, Event
from shared.contracts.facts import PolicyIssued
from shared.messaging import consume as consuming
from shared.messaging.apply import apply
from shared.messaging.door import Arrival
from shared.messaging.happenings import on
from shared.messaging.local import Local
from shared.messaging.message_ids import ENDINGS, Writer
from shared.messaging.outcomes import Unavailable
from shared.messaging.tables import heard, inbox
from shared.messaging.topology import FACTS
from shared.messaging.transaction import Transaction
from shared.messaging.transport import Message
from shared.runtime.database import Database
from tests.messaging.events import KEY, body_of, issued
from tests.messaging.house import QUEUE, House, at_work, count_units, eventually


@pytest.fixture
async def quiet(database: Database) -> House:
    """A house whose broker is not asked."""
    return House(database, Local(Path(":memory:")))


def told(writer: Writer, events: int) -> list[Event[PolicyIssued]]:
    """The facts of one message, of 1, 3, 9, 27 ... units: whatever is missed or doubled shows."""
    message_id = writer.message_id(events)
    return [issued(f"P{n}", 3**n % 1_000_003, f"{message_id}{ENDINGS[n]}") for n in range(events)]


def units(*facts: Event[PolicyIssued]) -> int:
    return sum(fact.data.after.units for fact in {fact.id: fact for fact in facts}.values())


async def take(house: House, *facts: Event[PolicyIssued]) -> tuple[int, int]:
    """(new, known)"""
    result = await apply(house.desk, [Arrival(fact.source, fact.id, fact.subject, None, fact) for fact in facts])
    return result.new, result.known


async def rows(house: House) -> list[tuple[int, int, bytes | None]]:
    async with house.database.read() as tx:
        question = select(heard.c.number, heard.c.events, heard.c.which).order_by(heard.c.writer, heard.c.number)
        return [tuple(row) for row in await tx.rows(question)]


async def test_a_whole_message_is_one_row_and_none_of_the_inbox(quiet: House) -> None:
    facts = told(Writer(), 200)
    assert await take(quiet, *facts) == (200, 0)
    assert await rows(quiet) == [(1, 200, None)]
    assert await quiet.number_of(select(func.count()).select_from(inbox)) == 0


async def test_one_alone_then_all_then_another_overlap_count_once_each(quiet: House) -> None:
    facts = told(Writer(), 12)
    assert await take(quiet, facts[3]) == (1, 0)
    assert await rows(quiet) == [(1, 1, b"\x08\x00")]
    assert await take(quiet, *facts[2:9]) == (6, 1)
    assert await take(quiet, *facts[7:]) == (3, 2)
    assert await rows(quiet) == [(1, 10, b"\xfc\x0f")]
    assert await take(quiet, *facts) == (2, 10)
    assert await rows(quiet) == [(1, 12, None)]
    assert await take(quiet, facts[0], facts[11]) == (0, 2)
    assert await quiet.units() == units(*facts)


async def test_the_same_event_twice_in_one_batch_counts_once(quiet: House) -> None:
    facts = told(Writer(), 3)
    assert await take(quiet, facts[0], facts[1], facts[0], facts[1]) == (2, 2)
    assert await take(quiet, *facts, *facts) == (1, 5)
    assert await quiet.units() == units(*facts)


@pytest.mark.parametrize("of", [1, 8, 9, 1000])
async def test_messages_of_every_size(quiet: House, of: int) -> None:
    facts = told(Writer(), of)
    assert await take(quiet, facts[-1]) == (1, 0)
    assert await take(quiet, *facts) == (of - 1, 1)
    assert await take(quiet, *facts) == (0, of)
    assert (await quiet.units(), await rows(quiet)) == (units(*facts), [(1, of, None)])


async def test_ids_of_any_other_form_have_a_row_each(quiet: House) -> None:
    message_id = Writer().message_id(3)
    strange = [
        "e-1",
        message_id,
        f"{message_id}.003",
        f"{message_id}.1",
        f"{message_id}.0000",
        f"{message_id.upper()}.000",
    ]
    strange += [f"0{message_id}.000", f"{message_id}.000 ", "018f3c2a9b7e" + "0f" * 10]
    facts = [issued(f"S{n}", n + 1, event_id) for n, event_id in enumerate(strange)]
    assert await take(quiet, *facts) == (len(strange), 0)
    assert await take(quiet, *facts) == (0, len(strange))
    assert await take(quiet, issued("P", 1, f"{message_id}.000")) == (1, 0)
    assert await quiet.number_of(select(func.count()).select_from(inbox)) == len(strange)


async def test_the_same_message_of_another_source_is_another_message(quiet: House) -> None:
    facts = told(Writer(), 2)
    others = [fact.model_copy(update={"source": "urn:guanai:elsewhere"}) for fact in facts]
    assert await take(quiet, *facts, others[0]) == (3, 0)
    assert await take(quiet, *others) == (1, 1)


async def test_overlapping_groups_in_any_order_count_each_event_once(quiet: House, seed: int) -> None:
    chance = random.Random(seed)
    writers = [Writer(), Writer()]
    facts = [fact for _ in range(6) for fact in told(chance.choice(writers), chance.choice([1, 2, 9, 40]))]
    new = 0
    for group in groups(chance, facts):
        new += (await take(quiet, *group))[0]
    assert (new, await quiet.units()) == (len(facts), units(*facts))


def groups(chance: random.Random, facts: Sequence[Event[PolicyIssued]]) -> list[list[Event[PolicyIssued]]]:
    """Until every fact has been in one, and some beyond."""
    made = [chance.choices(facts, k=chance.randrange(1, 30)) for _ in range(30)] + [list(facts)]
    for _ in range(8):
        start = chance.randrange(len(facts))
        made.append(list(facts[start : start + chance.randrange(1, 60)]))
    chance.shuffle(made)
    return made


async def test_at_the_same_moment_too(quiet: House, seed: int) -> None:
    chance = random.Random(seed)
    writer = Writer()
    facts = [fact for _ in range(5) for fact in told(writer, chance.choice([1, 3, 20]))]

    async def one(group: list[Event[PolicyIssued]]) -> int:
        while True:
            try:
                return (await take(quiet, *group))[0]
            except Unavailable:
                await asyncio.sleep(0.01)

    new = await asyncio.gather(*(one(group) for group in groups(chance, facts)))
    assert (sum(new), await quiet.units()) == (len(facts), units(*facts))


async def test_who_comes_second_waits_and_takes_what_the_first_left(quiet: House) -> None:
    """Held open on purpose: the first has the whole message, the second a part of it and another message."""
    writer = Writer()
    facts, others = told(writer, 4), told(writer, 2)
    gate, begun = asyncio.Event(), asyncio.Event()

    async def slowly(given: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
        begun.set()
        await gate.wait()
        return await count_units(given, tx)

    slow = House(quiet.database, quiet.transport, [on(PolicyIssued, slowly)])
    first = asyncio.create_task(take(slow, *facts[:3]))
    await begun.wait()
    second = asyncio.create_task(take(quiet, *facts[2:], *others))
    await asyncio.sleep(0.2)
    assert not second.done()
    gate.set()
    assert (await first, await second) == ((3, 0), (3, 1))
    assert await quiet.units() == units(*facts, *others)


async def test_what_a_failed_transaction_took_is_still_to_be_taken(quiet: House) -> None:
    facts = told(Writer(), 3)
    await take(quiet, facts[0])

    async def fail(*_: Any) -> Sequence[Any]:
        raise RuntimeError("after the inbox")

    with pytest.raises(RuntimeError):
        await take(House(quiet.database, quiet.transport, [on(PolicyIssued, fail)]), *facts)
    assert await take(quiet, *facts) == (2, 1)


async def test_a_batch_that_is_taken_apart_and_a_dead_letter_put_back_count_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "MOST_ATTEMPTS", 1)
    writer, poison = Writer(), ["P3"]
    good, bad = told(writer, 2), told(writer, 4)

    async def count(given: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
        done = await count_units(given, tx)
        if any(fact.data.policy_no in poison for fact in given):
            raise LookupError
        return done

    house.desk.routes[:] = [on(PolicyIssued, count)]  # type: ignore[index]
    groups = {"part": bad[1:3], "dead": bad, "good": good, "again": good}
    bodies = [Message(FACTS, KEY, body_of(*facts), name, BATCH) for name, facts in groups.items()]
    assert not any(await house.transport.publish(bodies))
    async with at_work(house.consumer()):
        await eventually(lambda: house.count("deliveries", "dead") == 1)
        await eventually(lambda: has(house, *good, *bad[1:3]))
        poison.clear()
        (letter,) = await house.transport.dead_letters(QUEUE, 10)
        assert await house.transport.requeue(QUEUE, letter.id)
        await eventually(lambda: has(house, *good, *bad))
    assert await rows(house) == [(1, 2, None), (2, 4, None)]


async def has(house: House, *facts: Event[PolicyIssued]) -> bool:
    return await house.units() == units(*facts)
