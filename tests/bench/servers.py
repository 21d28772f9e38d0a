"""The private broker and the durable private database that everything is measured on, and what machine that is."""

import asyncio
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from tests.nodes.postgresql import PostgreSQL, private_postgresql
from tests.nodes.rabbitmq import RabbitMQ, private_rabbitmq


@dataclass(frozen=True)
class Servers:
    """One broker and one database server, new and empty."""

    broker: RabbitMQ
    database: PostgreSQL

    def checkpoint(self) -> None:
        """Let every measurement begin with clean pages."""
        asyncio.run(_asked(self.database.url, "CHECKPOINT"))

    def vacuum(self, database_url: str) -> None:
        """What autovacuum would do some time after a load, so that nothing is measured while it does."""
        asyncio.run(_asked(database_url, "VACUUM (ANALYZE)"))
        self.checkpoint()

    def drop(self, name: str) -> None:
        """Give back the disk of a database and a vhost of this name."""
        self.database.drop(name)
        self.broker.drop_vhost(name)

    def disk_gib(self) -> float:
        """What both hold on disk now."""
        files = [file for home in (self.broker.home, self.database.home) for file in home.rglob("*")]
        return sum(_bytes_of(file) for file in files) / 2**30


@contextmanager
def private_servers() -> Iterator[Servers]:
    """Both servers with their data on disk; gone at the end."""
    with private_rabbitmq() as broker, private_postgresql(durable=True) as database:
        yield Servers(broker, database)


def machine(servers: Servers) -> dict[str, Any]:
    """What the numbers were measured on; `load_before` tells whether others were at work too."""
    return {
        "cpu": _value(Path("/proc/cpuinfo"), "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(_value(Path("/proc/meminfo"), "MemTotal").split()[0]) / 2**20, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "rabbitmq": servers.broker.evaluate("rabbit_misc:version().").strip('"'),
        "postgresql": asyncio.run(_asked(servers.database.url, "SHOW server_version")),
        "load_before": round(os.getloadavg()[0], 2),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def room_gib(home: Path) -> float:
    """What is free on the disk of a server."""
    return shutil.disk_usage(home).free / 2**30


def _bytes_of(file: Path) -> int:
    try:
        return 512 * file.lstat().st_blocks
    except FileNotFoundError:
        return 0


def _value(file: Path, name: str) -> str:
    lines = (line.partition(":") for line in file.read_text().splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "unknown")


async def _asked(url: str, question: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()
