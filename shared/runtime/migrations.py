"""Alembic for every service: one history each, in its own schema, safe to start twice."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text

from shared.messaging.tables import Moment
from shared.messaging.tables import metadata as messaging_tables
from shared.runtime.database import Database
from shared.runtime.principals import metadata as principal_tables
from shared.runtime.reference import metadata as reference_tables

_SERVICES = Path(__file__).parents[2] / "services"


async def migrate(database: Database, version: str = "head") -> None:
    """Bring one service's schema to the newest version, or up to an older one."""
    async with database.engine.begin() as connection:
        if database.is_postgres:
            lock = text("SELECT pg_advisory_xact_lock(hashtext('guanai migrate'))")
            await connection.execute(lock)
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {database.service}"))
        await connection.run_sync(lambda c: command.upgrade(_config(database.service, c), version))


async def difference(database: Database, tables: MetaData) -> list[Any]:
    """What the migrated schema lacks or has too much against the tables in the code; empty when equal."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def compare(connection: Connection) -> list[Any]:
        everything: Any = _all([tables])
        return list(compare_metadata(MigrationContext.configure(connection, opts=_options([tables])), everything))

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)


def _config(service: str, connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SERVICES / service / "migrations"))
    config.attributes["connection"] = connection
    return config


def run(tables: MetaData) -> None:
    """What every `migrations/env.py` does: migrate over the connection that was handed in."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=_all([tables]), **_options([tables]))
    with context.begin_transaction():
        context.run_migrations()


def _all(tables: Sequence[MetaData]) -> list[MetaData]:
    return [*tables, messaging_tables, principal_tables, reference_tables]


def _options(_: Sequence[MetaData]) -> dict[str, Any]:
    return {"render_as_batch": True, "render_item": _render, "compare_type": True}


def _render(kind: str, item: Any, _: Any) -> str | bool:
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


def write(service: str, title: str) -> None:
    """`python -m shared.runtime.migrations enrollment "add agents"`: draft the next version from the tables."""
    import asyncio
    import tempfile

    async def draft() -> None:
        with tempfile.TemporaryDirectory() as directory:
            database = Database(f"sqlite:///{directory}/draft.sqlite", service)
            await migrate(database)
            async with database.engine.begin() as connection:
                await connection.run_sync(
                    lambda c: command.revision(
                        _config(service, c), message=title, autogenerate=True, rev_id=_next(service)
                    )
                )
            await database.close()

    asyncio.run(draft())


def _next(service: str) -> str:
    versions = _SERVICES / service / "migrations" / "versions"
    return f"{len(list(versions.glob('*.py'))) + 1:04d}"


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2])
