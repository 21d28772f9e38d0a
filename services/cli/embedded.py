"""The databases of a data directory, opened by a command while nothing runs there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.cli.services import SERVICES
from shared.messaging.topology import TOPOLOGY
from shared.runtime.migrations import migrate
from shared.runtime.observe import configure_logs
from shared.runtime.process import close
from shared.runtime.service import Running, prepare, transport_of
from shared.runtime.settings import Settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[list[Running]]:
    """All four services with SQLite files and the local transport, migrated, not running."""
    configure_logs("WARNING", human=True)
    local = settings.model_copy(update={"amqp_url": None, "database_url": None})
    transport = transport_of(local)
    running = [prepare(service, local, transport) for service in SERVICES]
    try:
        for one in running:
            await migrate(one.database)
        await transport.declare(TOPOLOGY)
        yield running
    finally:
        await close(running, transport)
