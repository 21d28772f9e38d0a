"""The databases of a data directory: one process at a time, be it `guanai up` or a command while nothing runs."""

import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from services.cli.services import SERVICES
from shared.messaging.topology import TOPOLOGY
from shared.runtime.migrations import migrate
from shared.runtime.observe import configure_logs
from shared.runtime.process import close
from shared.runtime.service import Running, prepare, transport_of
from shared.runtime.settings import Settings


class DirectoryInUse(Exception):
    """Another process works in this data directory."""


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """Hold the data directory. Raises DirectoryInUse; the system frees it when the process ends, however it ends."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryInUse(
                f"{directory} is in use by another `guanai`: stop it, or leave out --data-dir"
            ) from None
        yield


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[list[Running]]:
    """All four services with SQLite files and the local transport, migrated, not running."""
    configure_logs("WARNING", human=True)
    local = settings.model_copy(update={"amqp_url": None, "database_url": None})
    transport = transport_of(local)
    running = [prepare(service, local, transport) for service in SERVICES]
    with alone_in(settings.data_dir):
        try:
            for one in running:
                await migrate(one.database)
            await transport.declare(TOPOLOGY)
            yield running
        finally:
            await close(running, transport)
