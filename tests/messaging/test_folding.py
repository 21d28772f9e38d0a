"""What was heard long ago is folded into ranges, and still counts once: alone, in part, while it is being folded."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from shared.contracts.envelope import Event
from shared.contracts.facts import PolicyIssued
from shared.messaging import heard
from shared.messaging.folding import Run, fold, folded_missing_from, joined
from shared.messaging.message_ids import Writer, spot_of
from shared.messaging.outcomes import Unavailable
from shared.messaging.tables import book_of_messages, heard_ranges
from shared.runtime.clock import Clock
from tests.messaging.house import House
from tests.messaging.test_heard import quiet, rows, take, told, units

__all__ = ["quiet"]
Facts = list[Event[PolicyIssued]]


class Later(Clock):
    """So many days from now."""

    def __init__(self, days: float) -> None:
        super().__init__()
        self.shift = timedelta(days=days)

    def now(self) -> datetime:
        return super().now() + self.shift


def after(house: House, days: float) -> None:
    house.database.clock = Later(days)


async def fold_all(house: House, most: int = 1000) -> int:
    folded = 0
    while True:
        async with house.database.begin() as tx:
            portion = await fold(tx, most)
        folded += portion
        if not portion:
            return folded


async def ranges(house: House) -> list[tuple[int, int, int]]:
    known = heard_ranges.c
    async with house.database.read() as tx:
        question = select(known.first, known.last, known.events).order_by(known.writer, known.first)
        return [tuple(row) for row in await tx.rows(question)]


async def messages(house: House, writer: Writer, *sizes: int) -> list[Facts]:
    """Heard now, by one writer."""
    made = [told(writer, size) for size in sizes]
    for facts in made:
        await take(house, *facts)
    return made


async def test_old_messages_become_a_range_and_stay_known_in_whole_and_in_part(quiet: House) -> None:
    all_ = await messages(quiet, Writer(), 3, 1, 40)
    after(quiet, 91)
    assert (await fold_all(quiet), await rows(quiet), await ranges(quiet)) == (3, [], [(1, 3, 44)])
    before = await quiet.units()
    assert await take(quiet, *all_[0]) == (0, 3)
    assert await take(quiet, all_[2][7]) == (0, 1)
    assert await take(quiet, *all_[1], *all_[2], all_[0][2]) == (0, 42)
    assert (await quiet.units(), await rows(quiet), await fold_all(quiet)) == (before, [], 0)


async def test_what_was_heard_lately_or_in_part_keeps_its_row(quiet: House) -> None:
    writer = Writer()
    await messages(quiet, writer, 2)
    in_part = told(writer, 3)
    await take(quiet, in_part[1])
    after(quiet, 89)
    await messages(quiet, writer, 1)
    assert await fold_all(quiet) == 0
    after(quiet, 91)
    assert await fold_all(quiet) == 1
    assert await rows(quiet) == [(2, 1, b"\x02"), (3, 1, None)]
    assert await take(quiet, *in_part) == (2, 1)


async def test_messages_of_a_writer_whose_clock_is_ahead_keep_their_rows_until_it_is_old(
    quiet: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A young writer is not looked for among the ranges, so it may have none."""
    with monkeypatch.context() as ahead:
        now = time.time()
        ahead.setattr(time, "time", lambda: now + 60 * 86_400)
        writer = Writer()
    (facts,) = await messages(quiet, writer, 2)
    after(quiet, 100)
    assert (await fold_all(quiet), await take(quiet, *facts)) == (0, (0, 2))
    after(quiet, 151)
    assert (await fold_all(quiet), await take(quiet, *facts)) == (1, (0, 2))


async def test_a_number_that_was_never_heard_stays_out_and_may_still_come(quiet: House) -> None:
    writer = Writer()
    first, lost, second, late = (told(writer, 2) for _ in range(4))
    await take(quiet, *first)
    await take(quiet, *second)
    after(quiet, 100)
    await fold_all(quiet)
    assert await ranges(quiet) == [(1, 1, 2), (3, 3, 2)]
    assert await take(quiet, *lost, *late, *first) == (4, 2)
    after(quiet, 200)
    await fold_all(quiet)
    assert await ranges(quiet) == [(1, 4, 8)]
    assert await take(quiet, *lost) == (0, 2)


async def test_ranges_grow_together_portion_by_portion_and_writers_stay_apart(quiet: House) -> None:
    await messages(quiet, Writer(), *[1] * 10)
    await messages(quiet, Writer(), *[2] * 5)
    after(quiet, 100)
    assert await fold_all(quiet, most=3) == 15
    assert sorted(await ranges(quiet)) == [(1, 5, 10), (1, 10, 10)]
    stranger = told(Writer(), 1)
    assert await take(quiet, *stranger) == (1, 0)


async def test_another_source_of_the_same_numbers_is_not_known(quiet: House) -> None:
    (facts,) = await messages(quiet, Writer(), 2)
    after(quiet, 100)
    await fold_all(quiet)
    others = [fact.model_copy(update={"source": "urn:guanai:claims"}) for fact in facts]
    assert await take(quiet, *others, *facts) == (2, 2)


async def test_who_comes_while_it_is_being_folded_waits_and_knows_it(quiet: House) -> None:
    whole, other = await messages(quiet, Writer(), 3, 2)
    after(quiet, 100)
    async with quiet.database.begin() as tx:
        await fold(tx, 10)
        coming = [asyncio.create_task(take(quiet, *facts)) for facts in (whole, [*other, *whole], whole[:1])]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in coming)
    assert await asyncio.gather(*coming) == [(0, 3), (0, 5), (0, 1)]
    assert (await rows(quiet), await quiet.units()) == ([], units(*whole) + units(*other))


async def test_a_folding_that_is_rolled_back_leaves_the_rows(quiet: House) -> None:
    (facts,) = await messages(quiet, Writer(), 3)
    after(quiet, 100)
    with pytest.raises(ZeroDivisionError):
        async with quiet.database.begin() as tx:
            await fold(tx, 10)
            coming = asyncio.create_task(take(quiet, *facts))
            await asyncio.sleep(0.2)
            raise ZeroDivisionError
    assert await coming == (0, 3)
    assert (await rows(quiet), await ranges(quiet)) == ([(1, 3, None)], [])


async def test_what_is_folded_between_two_looks_of_a_consumer_is_known(
    quiet: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is there when the consumer tries to insert its own, and gone when it wants to see what it says."""
    if not quiet.database.is_postgres:
        return
    (facts,) = await messages(quiet, Writer(), 3)
    after(quiet, 100)
    look = heard._known

    async def late(*args: Any) -> Any:
        await fold_all(quiet)
        return await look(*args)

    monkeypatch.setattr(heard, "_known", late)
    assert await take(quiet, *facts) == (0, 3)
    assert await ranges(quiet) == [(1, 1, 3)]


async def test_facts_that_come_again_at_any_time_among_foldings_count_once(quiet: House, seed: int) -> None:
    chance = random.Random(seed)
    writers = [Writer(), Writer()]
    all_ = [told(chance.choice(writers), chance.choice([1, 2, 7])) for _ in range(20)]
    facts = [fact for message in all_ for fact in message]
    new = 0
    for days in range(0, 400, 20):
        after(quiet, days)
        groups = [chance.choices(facts, k=5), *chance.sample(all_, 3)] + ([facts] if days > 300 else [])
        new += sum(await asyncio.gather(*(patiently(quiet, group) for group in groups), folding_all(quiet)))
    assert (new, await quiet.units()) == (len(facts), sum(units(*message) for message in all_))
    assert sum(events for *_, events in await ranges(quiet)) + sum(n for _, n, _ in await rows(quiet)) == len(facts)


async def patiently(house: House, group: Sequence[Event[PolicyIssued]]) -> int:
    while True:
        try:
            return (await take(house, *group))[0]
        except Unavailable:
            await asyncio.sleep(0.01)


async def folding_all(house: House) -> int:
    async with house.database.begin() as tx:
        await fold(tx, 5)
    return 0


async def test_what_another_book_lacks_of_folded_messages_is_counted(quiet: House) -> None:
    other = book_of_messages("other", MetaData(), "")
    async with quiet.database.engine.begin() as connection:
        await connection.run_sync(other.create)
    all_ = await messages(quiet, Writer(), 3, 5, 2)
    after(quiet, 100)
    await fold_all(quiet)
    strangers = told(Writer(), 4)
    missing = []
    for facts in ([], [*all_[0], all_[1][2]], [*all_[1], *strangers], all_[2]):
        async with quiet.database.begin() as tx:
            spots = [spot for fact in facts if (spot := spot_of(fact.source, fact.id))]
            await heard.first_heard(tx, other, spots)
            missing.append(await folded_missing_from(tx, other))
    assert missing == [10, 6, 2, 0]


def test_runs_are_joined_where_no_number_is_missing() -> None:
    assert joined([Run(5, 5, 1), Run(1, 3, 6), Run(4, 4, 2), Run(8, 9, 2)]) == [Run(1, 5, 9), Run(8, 9, 2)]
    assert joined([]) == []
