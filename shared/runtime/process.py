"""One process: a web server and supervised loops that start together and end together within 20 seconds."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog
import uvicorn
from starlette.types import ASGIApp

from shared.messaging.transport import Transport
from shared.runtime.migrations import migrate
from shared.runtime.service import Running, Service, prepare, supervise, transport_of
from shared.runtime.settings import Settings

log = structlog.get_logger(__name__)
_GRACE_SECONDS = 18.0


class PortInUse(Exception):
    """Somebody else listens there."""


class Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process has one owner."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: ASGIApp, host: str, port: int) -> Server:
    """A web server that shares the event loop with the consumers. Raises PortInUse."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(f"Cannot listen on {host}:{port} ({error.strerror}): choose another --port") from None
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5
    )
    return Server(config)


def _look_for_garbage_less_often() -> None:
    """A batch makes thousands of objects that live until its commit: looking at them again and again costs a third."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


async def until_stopped(web: Server, work: Sequence[Awaitable[None]]) -> None:
    """Serve and work until SIGTERM or SIGINT; raises what ended a loop."""
    _look_for_garbage_less_often()
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    tasks = [asyncio.ensure_future(item) for item in (*work, web.serve(), stopping.wait())]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    web.should_exit = True
    for task in tasks[:-2]:
        task.cancel()
    await asyncio.wait(tasks[:-1], timeout=_GRACE_SECONDS)
    tasks[-1].cancel()
    for task in done:
        if not task.cancelled() and (error := task.exception()):
            raise error


async def serve(service: Service, settings: Settings, host: str, port: int | None, *, web_only: bool = False) -> None:
    """One service alone, against a broker and a database of its own; `web_only` leaves all other work to others."""
    transport = transport_of(settings)
    running = prepare(service, settings, transport)
    log.info("serving", service=service.name, host=host, port=port or service.port, broker=transport.name)
    loops = running.beside_web() if web_only else [*running.loops(), *running.schedule()]
    work = [supervise(name, loop, running.metrics) for name, loop in loops]
    try:
        await until_stopped(server(running.app(), host, port or service.port), work)
    finally:
        await close([running], transport)


async def close(all_running: Sequence[Running], transport: Transport) -> None:
    """Leave the databases and the broker in good order."""
    for running in all_running:
        await running.database.close()
    await transport.close()


async def migrate_all(services: Sequence[Service], settings: Settings, tell: Callable[[str], None]) -> None:
    """Bring every service's schema to its newest version."""
    from shared.runtime.database import Database

    for service in services:
        database = Database(settings.database_url_of(service.name), service.name)
        try:
            await migrate(database)
        finally:
            await database.close()
        tell(f"{service.name}: schema is up to date ({database.address})")


async def declare_all(settings: Settings) -> None:
    """Every exchange, queue and binding of ALL services, before any relay starts."""
    transport = transport_of(settings)
    try:
        await transport.declare(settings.topology)
    finally:
        await transport.close()
