"""The migrated schema is the schema in the code, on both databases, however often and from wherever it is started."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text

from services.cli.services import SERVICES
from services.reporting.queries.rebuilds import advice
from services.reporting.queries.sums import scope_of, sums_as_of
from services.reporting.rules.measures import SUMS
from services.reporting.tables import LIVE, NEXT
from shared.runtime.database import Database
from shared.runtime.migrations import _config, difference, migrate
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


@ALL
async def test_the_log_is_compressed_by_lz4(service: Service, pg_url: str) -> None:
    column = "SELECT attcompression FROM pg_attribute WHERE attrelid = 'outbox'::regclass AND attname = 'body'"
    database = Database(pg_url, service.name)
    try:
        await migrate(database)
        async with database.read() as tx:
            assert (await tx.rows(text(column)))[0][0] in {"l", b"l"}
    finally:
        await database.close()


async def test_cells_keep_room_for_their_next_version(pg_url: str) -> None:
    database = Database(pg_url, "reporting")
    try:
        await migrate(database)
        async with database.read() as tx:
            asked = text("SELECT relname, reloptions FROM pg_class WHERE relname IN ('cells', 'cells_next')")
            kept = {name: options for name, options in await tx.rows(asked)}
        assert kept == {"cells": ["fillfactor=80"], "cells_next": ["fillfactor=80"]}
    finally:
        await database.close()


@BOTH
async def test_books_of_the_first_version_are_known_to_need_a_rebuild(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    old, new = (Database(url_of(kind, request, tmp_path / name), "reporting") for name in ("old", "new"))
    try:
        async with old.engine.begin() as connection:
            if old.is_postgres:
                await connection.execute(text("CREATE SCHEMA reporting"))
            await connection.run_sync(lambda c: command.upgrade(_config("reporting", c), "0001"))
            for statement in (
                "INSERT INTO inbox (source, event_id, answered_at) VALUES ('s', 'e', CURRENT_TIMESTAMP)",
                "INSERT INTO targets (region, year, kind, units, effective_on, document, loaded_at) "
                "VALUES ('45', 2021, 'guideline', 5, '2020-09-01', 'd', CURRENT_TIMESTAMP)",
            ):
                await connection.execute(text(statement))
        await migrate(old)
        async with old.read() as tx:
            assert "guanai rebuild reporting" in str(await advice(tx))
            assert [(r.line, r.units) for r in await tx.rows(text("SELECT line, units FROM targets"))] == [("", 5)]
        if kind == "sqlite":
            await migrate(new)
            async with new.read() as tx:
                assert await advice(tx) is None
    finally:
        await old.close()
        await new.close()


@BOTH
async def test_what_was_firing_before_rules_had_a_history_is_still_firing(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = Database(url_of(kind, request, tmp_path), "reporting")
    state = "INSERT INTO lag_states VALUES ('behind_pace', '{}', 2021, 2, {}, '2021-07-01', '2021-07-02', '{}')"
    try:
        await migrate(database, "0001")
        async with database.begin() as tx:
            for region, severity in (("4501", "'severe'"), ("4502", "NULL")):
                await tx.connection.execute(text(state.format(region, severity, "{}")))
        await migrate(database)
        async with database.read() as tx:
            kept = await tx.rows(
                text("SELECT region, episode, severe_on, cleared_on, indicator FROM lag_episodes ORDER BY region")
            )
        assert [(r.region, r.episode, str(r.severe_on), str(r.cleared_on), r.indicator) for r in kept] == [
            ("4501", 2, "2021-07-01", "None", "pace"),
            ("4502", 2, "None", "2021-07-01", "pace"),
        ]
    finally:
        await database.close()


@BOTH
async def test_a_province_of_older_books_says_the_same_without_rows_of_its_own(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Two households here, three there, one of them in both cities."""
    database = Database(url_of(kind, request, tmp_path), "reporting")
    try:
        await migrate(database, "0002")
        async with database.begin() as tx:
            for suffix in ("", "_next"):
                for code, policies, number in (("45", 10, 4), ("4501", 4, 2), ("4502", 6, 3)):
                    for statement in (
                        f"INSERT INTO cells{suffix} (region, year, booked_on, product, renewed, {', '.join(SUMS)}) "
                        f"VALUES ('{code}', 2021, '2021-03-01', 'p', false{f', {policies}' * len(SUMS)})",
                        f"INSERT INTO households{suffix} VALUES ('{code}', false, 2021, '2021-03-01', {number})",
                        f"INSERT INTO feeds{suffix} VALUES ('{code}', 2021, 1, 1, CURRENT_TIMESTAMP)",
                    ):
                        await tx.connection.execute(text(statement))
                await tx.connection.execute(text(f"DELETE FROM feeds{suffix} WHERE city = '45'"))
        await migrate(database)
        async with database.read() as tx:
            sums = await sums_as_of(tx, await scope_of(tx, ["45"], "all"), 2021, [date(2021, 8, 31)])
            found = sums["45"][date(2021, 8, 31)]
            assert (found.units, found.households) == (10, 4)
            for books in (LIVE, NEXT):
                rows = await tx.rows(select(books.households.c.households).where(books.households.c.region == "45"))
                assert [row.households for row in rows] == [-1]
                cells = await tx.rows(select(books.cells.c.region).order_by("region"))
                assert [row.region for row in cells] == ["4501", "4502"]
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
