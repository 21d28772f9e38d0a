"""Many rows at once: the same effect as few, whatever the way they take."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shared.messaging.outcomes import Unavailable
from shared.messaging.transaction import Transaction, _insertion_once
from shared.runtime.database import Database
from tests.messaging.house import cells
from tests.nodes.postgresql import execute

MANY = 500
END_ALL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def regions(first: int = 0) -> dict[str, list[Any]]:
    """So many rows that they are copied, by column."""
    return {"region": [f"{number:06d}" for number in range(first, first + MANY)], "units": [1] * MANY}


def added(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=["region"], set_={"units": cells.c.units + insert.excluded.units}
    )


async def total(database: Database) -> int:
    async with database.read() as tx:
        return sum(units for (units,) in await tx.rows(select(cells.c.units)))


async def test_two_inserts_of_one_transaction_count_each_row_once(database: Database) -> None:
    async with database.begin() as tx:
        await tx.insert(cells, regions(), added)
        written = await tx.insert(cells, regions(MANY // 2), added, returning=(cells.c.region, cells.c.units))
    assert sorted(written) == sorted(
        (f"{number:06d}", 2 if number < MANY else 1) for number in range(MANY // 2, MANY // 2 + MANY)
    )
    assert await total(database) == 2 * MANY


async def test_the_next_transaction_begins_with_nothing_given(database: Database) -> None:
    for _ in range(2):
        async with database.begin() as tx:
            await tx.insert(cells, regions(), added)
    assert await total(database) == 2 * MANY


async def test_rows_are_taken_after_a_rollback_and_after_a_savepoint(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as tx:
            await tx.insert(cells, regions(), added)
            raise ZeroDivisionError
    async with database.begin() as tx:
        with pytest.raises(ZeroDivisionError):
            await _within_a_savepoint(tx)
        await tx.insert(cells, regions(), added)
    assert await total(database) == MANY


async def _within_a_savepoint(tx: Transaction) -> None:
    async with tx.connection.begin_nested():
        await tx.insert(cells, regions(), added)
        raise ZeroDivisionError


async def test_a_known_key_is_refused_where_nothing_is_said_of_conflicts(database: Database) -> None:
    async with database.begin() as tx:
        await tx.insert(cells, regions())
    with pytest.raises(IntegrityError):
        async with database.begin() as tx:
            await tx.insert(cells, regions(MANY - 1))
    assert await total(database) == MANY


async def test_a_server_that_goes_meanwhile_is_away(pg_url: str) -> None:
    database = Database(pg_url, "house")
    try:
        with pytest.raises(Unavailable):
            async with database.begin() as tx:
                await tx.rows(select(1))
                execute(pg_url, END_ALL_OTHERS)
                await tx.insert(cells, regions())
    finally:
        await database.close()


@pytest.mark.parametrize("rows", [2, MANY])
async def test_a_statement_is_built_once_for_a_function_but_not_kept_for_a_lambda(
    database: Database, rows: int
) -> None:
    asked: list[Any] = []

    def on_conflict(insert: Any) -> Any:
        asked.append(insert)
        return added(insert)

    given = {name: values[:rows] for name, values in regions().items()}
    async with database.begin() as tx:
        for _ in range(3):
            await tx.insert(cells, given, on_conflict)
        kept = _insertion_once.cache_info().currsize
        for _ in range(3):
            await tx.insert(cells, given, lambda insert: added(insert))  # noqa: PLW0108
    assert await total(database) == 6 * rows
    assert len(asked) == 1
    assert _insertion_once.cache_info().currsize == kept
