"""One database transaction with the few set-based statements that both dialects understand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Executable, Row, Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.copying import copied, copy, worth_copying

Insert = PostgresInsert | SqliteInsert
Rows = Sequence[Mapping[str, Any]]
Columns = Mapping[str, Sequence[Any]]
"""Many rows by column: name -> the values of all rows."""
AnyRow = Row[*tuple[Any, ...]]
OnConflict = Callable[[Any], Any]


class Transaction:
    """A connection inside ONE transaction, with the moment it began; commit is its owner's affair."""

    def __init__(self, connection: AsyncConnection, now: datetime, today: date) -> None:
        self.connection = connection
        self.now = now
        self.today = today

    @property
    def moment(self) -> datetime:
        """Now as business sees it: the time of day on the date that counts."""
        return datetime.combine(self.today, self.now.timetz())

    @property
    def is_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of a question."""
        return (await self.connection.execute(statement, parameters or {})).all()

    async def write(self, statement: Executable, rows: Rows) -> None:
        """One statement for many rows of parameters; nothing for none."""
        if rows:
            await self.connection.execute(statement, list(rows))

    async def insert(
        self,
        table: Table,
        rows: Rows | Columns,
        on_conflict: OnConflict | None = None,
        returning: Sequence[Column[Any]] = (),
    ) -> Sequence[AnyRow]:
        """Insert many rows at once (all with the same keys); returns `returning` of the rows that were written.

        The statement is built once for each `on_conflict` that lives on: a function with a name, where it matters.
        """
        columns = rows if isinstance(rows, Mapping) else _by_column(rows)
        if not columns or not next(iter(columns.values())):
            return []
        copying = self.is_postgres and worth_copying(table, columns)
        if copying and not on_conflict and not returning:
            await copy(self.connection, table, columns)
            return []
        given = await copied(self.connection, table, columns) if copying else None
        build = _insertion if _is_made_anew(on_conflict) else _insertion_once
        statement = build(self.is_postgres, table, tuple(columns), given, on_conflict, tuple(returning))
        result = await self.connection.execute(statement, {} if copying else self._parameters(columns))
        return result.all() if returning else []

    def _parameters(self, columns: Columns) -> Any:
        return {f"p_{name}": values for name, values in columns.items()} if self.is_postgres else _by_row(columns)

    def any_of(self, column: Column[Any], values: Iterable[Any]) -> ColumnElement[bool]:
        """`column` is one of `values`, as one array parameter where the dialect has arrays."""
        wanted = sorted(set(values))
        if self.is_postgres:
            # Not `= ANY(array)`: its generic plan, made while the table was small, compares every row with every value.
            array = bindparam(None, wanted, type_=ARRAY(column.type), unique=True)
            return column.in_(select(func.unnest(array)))
        return column.in_(wanted)

    def locked(self, statement: Any) -> Any:
        """FOR UPDATE where rows can be locked; SQLite has one writer anyway."""
        return statement.with_for_update() if self.is_postgres else statement

    def unclaimed(self, statement: Any) -> Any:
        """FOR UPDATE SKIP LOCKED: rows that no other replica is working on."""
        return statement.with_for_update(skip_locked=True) if self.is_postgres else statement


Begin = Callable[[], AbstractAsyncContextManager[Transaction]]


def if_new(insert: Any) -> Any:
    """For `on_conflict`: leave a row that is there already as it is."""
    return insert.on_conflict_do_nothing()


def _is_made_anew(on_conflict: OnConflict | None) -> bool:
    return getattr(on_conflict, "__name__", "") == "<lambda>"


def _insertion(  # noqa: PLR0913, PLR0917
    postgres: bool,
    table: Table,
    names: Sequence[str],
    given: Table | None,
    on_conflict: OnConflict | None,
    returning: Sequence[Column[Any]],
) -> Any:
    statement: Any = _from(given, table, names) if postgres else sqlite_insert(table)
    statement = on_conflict(statement) if on_conflict else statement
    return statement.returning(*returning) if returning else statement


_insertion_once = lru_cache(maxsize=500)(_insertion)
"""To build a statement takes longer than to run it for ten rows."""


def _from(given: Table | None, table: Table, names: Sequence[str]) -> PostgresInsert:
    rows: Any = _arrays(table, names) if given is None else given
    return postgres_insert(table).from_select(list(names), select(*(rows.c[name] for name in names)))


def _arrays(table: Table, names: Sequence[str]) -> Any:
    arrays = [bindparam(f"p_{name}", type_=ARRAY(table.c[name].type, dimensions=1)) for name in names]
    return func.unnest(*arrays).table_valued(*names, name="given").render_derived()


def _by_column(rows: Rows) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _by_row(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
