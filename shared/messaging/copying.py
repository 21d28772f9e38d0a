"""Many rows reach PostgreSQL by COPY: half the work of sending them as arrays."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
from sqlalchemy import JSON, Column, Connection, Engine, MetaData, Table, delete, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

_FEWEST = 200
"""Fewer rows are sent faster as arrays, in one round trip."""
_KNOWN = "guanai_given"


def worth_copying(table: Table, columns: Mapping[str, Sequence[Any]]) -> bool:
    """Whether there are many rows, of values that travel as they are."""
    many = len(next(iter(columns.values()))) >= _FEWEST
    return many and not any(isinstance(table.c[name].type, JSON) for name in columns)


async def copy(connection: AsyncConnection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Into the table itself; a transaction must have begun. Raises DBAPIError."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        await connection.execute(text("SELECT 1"))
    try:
        rows = zip(*columns.values(), strict=True)
        await driver.copy_records_to_table(table.name, columns=list(columns), records=rows)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise _as_sqlalchemy(error) from None


async def copied(connection: AsyncConnection, table: Table, columns: Mapping[str, Sequence[Any]]) -> Table:
    """A temporary table that holds exactly these rows until the transaction ends. Raises DBAPIError."""
    given = _like(table)
    known: set[str] = (await connection.get_raw_connection()).info.setdefault(_KNOWN, set())
    if given.name in known:
        await connection.execute(delete(given))
    else:
        await connection.execute(text(_make(given.name, table.name)))
        known.add(given.name)
    await copy(connection, given, columns)
    return given


@cache
def _like(table: Table) -> Table:
    return Table(f"given_{table.name}", MetaData(), *(Column(column.name, column.type) for column in table.columns))


def _make(name: str, like: str) -> str:
    return f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS AS TABLE {like} WITH NO DATA"


def _as_sqlalchemy(error: BaseException) -> DBAPIError:
    """What SQLAlchemy would have made of it."""
    lost = isinstance(error, asyncpg.InterfaceError | OSError | asyncpg.PostgresConnectionError)
    kind = IntegrityError if isinstance(error, asyncpg.IntegrityConstraintViolationError) else DBAPIError
    return kind("COPY", None, error, connection_invalidated=lost)


def remember_no_copies_after_rollback(engine: Engine) -> None:
    """A rollback may have taken temporary tables with it."""
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "rollback_savepoint", _forget)


def _forget(connection: Connection, *_: object) -> None:
    """A connection that was lost takes what it knew with it."""
    if not connection.invalidated:
        connection.info.pop(_KNOWN, None)
