"""A service's own database: PostgreSQL (its schema) or one SQLite file, one transaction at a time."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.messaging.copying import remember_no_copies_after_rollback
from shared.messaging.outcomes import Unavailable
from shared.messaging.transaction import Transaction
from shared.runtime.clock import Clock

_PASSING = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53100", "53200", "53300", "57014", "25006", "0A000"}
_OF_FILES = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
"""No trouble of a database that has been reached."""
_SETTINGS = {
    "statement_timeout": "15000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "30000",
    "timezone": "UTC",
    "random_page_cost": "1.1",
}
"""The page cost is that of memory and solid disks: with the default a few regions are read by scanning all cells."""

_REST_SECONDS = 2.0


class Database:
    """Engine of one service. `begin` writes, `read` only looks."""

    def __init__(self, url: str, service: str, clock: Clock | None = None) -> None:
        self.service = service
        self.clock = clock or Clock()
        self._url = _with_driver(make_url(url))
        self.is_postgres = self._url.get_backend_name() == "postgresql"
        self.engine = _postgres(self._url, service) if self.is_postgres else _sqlite(self._url)
        self._reading = self.engine.execution_options(guanai_reading=True)
        one_by_one: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if self.is_postgres else {}
        self._glancing = self._reading.execution_options(**one_by_one)

    @property
    def address(self) -> str:
        """For messages: where it is, without a password."""
        return self._url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """ONE transaction, committed at the end. Raises Unavailable when its fate is open or the database away."""
        async with self._connection(self.engine) as connection:
            yield self._transaction(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A look that never waits for a writer."""
        async with self._connection(self._reading) as connection:
            yield self._transaction(connection)

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Transaction]:
        """The same without telling PostgreSQL where it begins and ends: nothing can be set for it alone."""
        async with self._connection(self._glancing) as connection:
            yield self._transaction(connection)

    def _transaction(self, connection: AsyncConnection) -> Transaction:
        return Transaction(connection, self.clock.now(), self.clock.today())

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        reached = False
        try:
            async with engine.begin() as connection:
                reached = True
                yield connection
        except (DBAPIError, PoolTimeout, OSError) as error:
            if is_passing(error) and not (reached and isinstance(error, _OF_FILES)):
                raise Unavailable(f"{self.service} database at {self.address}: {_short(error)}") from None
            raise

    async def check(self) -> None:
        """Raise Unavailable unless the database answers and its schema is there."""
        async with asyncio.timeout(5), self.read() as tx:
            try:
                await tx.rows(text("SELECT 1 FROM alembic_version"))
            except DBAPIError as error:
                if is_passing(error):
                    raise
                raise Unavailable(f"{self.service} database has no schema yet: run `guanai migrate`") from None

    async def close(self) -> None:
        await self.engine.dispose()


def is_passing(error: BaseException) -> bool:
    """Whether trying the same again later can help: connection lost, deadlock, lock or disk trouble."""
    if isinstance(error, OSError | PoolTimeout | InterfaceError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    cause = type(getattr(error.orig, "__cause__", None)).__name__
    locked = "database is locked" in str(error.orig) or "InvalidCachedStatement" in cause
    return error.connection_invalidated or state in _PASSING - {"0A000"} or state.startswith("08") or locked


def _short(error: BaseException) -> str:
    inner = getattr(error, "orig", None) or error
    return f"{type(getattr(inner, '__cause__', None) or inner).__name__}"


def _with_driver(url: URL) -> URL:
    drivers = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
    return url.set(drivername=drivers.get(url.drivername, url.drivername))


def _postgres(url: URL, service: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=10,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "prepared_statement_cache_size": 500,
            "server_settings": {"search_path": service, **_SETTINGS},
        },
    )
    remember_no_copies_after_rollback(engine.sync_engine)
    event.listen(engine.sync_engine, "checkin", _note_rest)
    event.listen(engine.sync_engine, "checkout", partial(_wake, engine.dialect))
    return engine


def _note_rest(_: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _wake(dialect: Dialect, connection: Any, record: Any, _: Any) -> None:
    """A session that has rested may have been cut; asking costs three round trips, so busy ones are not asked."""
    if time.monotonic() - record.info.get("rests_since", math.inf) < _REST_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except (dialect.loaded_dbapi.Error, OSError):
        raise InvalidatePoolError from None


def _sqlite(url: URL) -> AsyncEngine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True, pool_size=5, max_overflow=5)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "invalidate", _give_up)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 15000", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _give_up(connection: Any, *_: Any) -> None:
    """What a cancelled task began must not hold the write lock for as long as somebody remembers its cursor."""
    connection.rollback()


def _begin(connection: Any) -> None:
    reading = connection.get_execution_options().get("guanai_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
