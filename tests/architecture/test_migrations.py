"""The migrated schema is the schema in the code, on both databases, however often and from wherever it is started."""

import asyncio
from pathlib import Path

import pytest

from services.cli.services import SERVICES
from shared.runtime.database import Database
from shared.runtime.migrations import difference, migrate
from shared.runtime.service import Service

ALL = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def url_of(kind: str, request: pytest.FixtureRequest, directory: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{directory / 'service.sqlite'}"
    found: str = request.getfixturevalue("pg_url")
    return found


@ALL
@BOTH
async def test_the_migrated_schema_is_that_of_the_tables(
    service: Service, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = Database(url_of(kind, request, tmp_path), service.name)
    try:
        await migrate(database)
        await migrate(database)
        assert await difference(database, service.tables) == []
        await database.check()
    finally:
        await database.close()


async def test_all_services_migrate_at_the_same_time_into_one_database(pg_url: str) -> None:
    databases = [Database(pg_url, service.name) for service in (*SERVICES, *SERVICES)]
    try:
        await asyncio.gather(*(migrate(database) for database in databases))
        for database in databases:
            await database.check()
    finally:
        for database in databases:
            await database.close()
