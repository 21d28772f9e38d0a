"""A data directory of the version before: its facts are booked again at the start, before it says that it is ready."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from alembic import command
from sqlalchemy import text

from shared.runtime.database import Database
from shared.runtime.migrations import _config
from tests.journeys.platform import free_port, until

YEAR = "/reporting/v1/indicators?region=45&year=2020"


class Up:
    """`guanai up` on a directory."""

    def __init__(self, directory: Path, key: str = "") -> None:
        self.port, self.key = free_port(), key
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GUANAI_")}
        self.environment = {**clean, "GUANAI_URL": f"http://127.0.0.1:{self.port}", "COLUMNS": "160"}
        words = [sys.executable, "-m", "services", "up", "--data-dir", str(directory), "--port", str(self.port)]
        self.process = subprocess.Popen(words, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "is ready" in line:
                break
        if found := re.search(r"Admin key .*: (gk_\S+)", self.said):
            self.key = found[1]
        self.environment["GUANAI_ADMIN_KEY"] = self.key

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, trust_env=False).json()

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        words = (sys.executable, "-m", "services", *words)
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert self.process.wait(timeout=25) == 0


def ids_as_before(path: Path) -> Iterator[tuple[str, str, str]]:
    """Give a service's messages and facts ids that tell nothing of each other; (source, id, time) of each fact."""
    with closing(sqlite3.connect(path)) as log, log:
        told = log.execute("SELECT position, message_id, body FROM outbox WHERE exchange = 'guanai.events'").fetchall()
        for position, message_id, body in told:
            found = json.loads(body)
            facts = found if isinstance(found, list) else [found]
            for fact in facts:
                fact["id"] = re.sub("[.-]", "", fact["id"])
                yield fact["source"], fact["id"], "2020-09-01 00:00:00"
            older = (re.sub("-", "", message_id), json.dumps(found).encode(), position)
            log.execute("UPDATE outbox SET message_id = ?, body = ? WHERE position = ?", older)


async def as_before(directory: Path) -> None:
    """Reporting's database as the first version left it: it has taken the facts in, its books are of another form."""
    path = directory / "reporting.sqlite"
    kept = directory / "reporting.kept"
    path.rename(kept)
    database = Database(f"sqlite:///{path}", "reporting")
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda c: command.upgrade(_config("reporting", c), "0001"))
    async with database.engine.connect() as connection:
        await connection.execute(text(f"ATTACH '{kept}' AS kept"))
        for table, columns in (
            ("principals", "*"),
            ("regions", "*"),
            ("reference_loads", "*"),
            ("products", "*"),
            ("targets", "version, region, year, kind, units, effective_on, document, loaded_at"),
        ):
            names = "" if columns == "*" else f"({columns})"
            await connection.execute(text(f"INSERT INTO {table} {names} SELECT {columns} FROM kept.{table}"))
        await connection.exec_driver_sql("COMMIT")
    await database.close()
    kept.unlink()
    with closing(sqlite3.connect(path)) as books, books:
        for service in ("enrollment", "claims"):
            facts = ids_as_before(directory / f"{service}.sqlite")
            books.executemany("INSERT INTO inbox (source, event_id, answered_at) VALUES (?, ?, ?)", facts)


@contextmanager
def up(directory: Path, key: str = "") -> Iterator[Up]:
    """Until the block ends; then it ends in good order."""
    made = Up(directory, key)
    try:
        yield made
        made.stop()
    finally:
        made.process.kill()


@pytest.mark.timeout(240)
def test_facts_of_an_older_version_are_booked_again_before_it_says_that_it_is_ready(tmp_path: Path) -> None:
    with up(tmp_path) as first:
        assert "2,220 accepted" in first.run("simulate", "--year", "2020", "--policies", "2220").stdout
        until(lambda: first.get(YEAR)["measures"]["policies"] == 2_220, 30, "the year is booked")
        before = first.get(YEAR)["measures"]
    asyncio.run(as_before(tmp_path))
    with up(tmp_path, first.key) as second:
        assert "Rebuilt from" in second.said
        assert second.get(YEAR)["measures"] == before
        examined = second.run("doctor")
        assert "FAIL" not in examined.stdout, examined.stdout
        assert "reporting: books: ok" in examined.stdout
    with up(tmp_path, first.key) as third:
        assert "Rebuilt" not in third.said, "once"
