"""All four services in one process: SQLite files, the local transport, one port."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path

import httpx2
import structlog
import typer
from starlette.types import ASGIApp, Receive, Scope, Send

from services.cli.demo import DEMO_DAY, Demo
from services.cli.embedded import alone_in
from services.cli.rebuild import NotRebuilt, Rebuild
from services.cli.reference_data import NEEDS, SHIPPED, ReferenceFile, files_in
from services.cli.services import SERVICES
from services.reporting.queries.rebuilds import advice
from shared.contracts.reference import hash_of, text_of
from shared.messaging.topology import TOPOLOGY
from shared.messaging.transport import Transport
from shared.runtime import principals
from shared.runtime.migrations import migrate
from shared.runtime.observe import configure_logs
from shared.runtime.principals import Principal
from shared.runtime.process import close, server, until_stopped
from shared.runtime.reference import loaded_hash, take_in
from shared.runtime.service import Running, prepare, supervise, transport_of
from shared.runtime.settings import Settings

log = structlog.get_logger(__name__)
ADMIN = Principal("admin", frozenset({"admin"}), id="0" * 12)


class AllInOne:
    """Sends a request to the service that its path names; the start page is reporting's."""

    def __init__(self, apps: dict[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = str(scope.get("path", "/")).split("/")[1]
        await self._apps.get(name, self._apps["reporting"])(scope, receive, send)


async def run_up(settings: Settings, host: str, port: int, reference: Path | None, demo: bool) -> None:
    """Start, tell the address when ready, run until stopped."""
    configure_logs("WARNING", human=True)
    if demo:
        _remember_demo_day(settings)
    local = settings.model_copy(update={"amqp_url": None, "database_url": None})
    transport = transport_of(local)
    running = [prepare(service, local, transport) for service in SERVICES]
    with alone_in(settings.data_dir):
        try:
            await _prepared(running, transport, reference or settings.reference_dir)
            await _ensure_admin(running, settings)
            await _serve(running, transport, host, port, demo)
        finally:
            await close(running, transport)


def _remember_demo_day(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    remembered = settings.data_dir / "today"
    if settings.today is None and not remembered.exists():
        remembered.write_text(DEMO_DAY.isoformat())


async def _prepared(running: Sequence[Running], transport: Transport, chosen: Path | None) -> None:
    """Schemas, queues, and reference data: the shipped files once, files that were named whenever they differ."""
    for one in running:
        await migrate(one.database)
    await transport.declare(TOPOLOGY)
    for file in files_in(chosen or SHIPPED):
        text = text_of(file.path)
        for one in running:
            if one.service.name in NEEDS[file.kind]:
                await _load_once(one, file, text, again=chosen is not None)


async def _load_once(one: Running, file: ReferenceFile, text: str, again: bool) -> None:
    async with one.desk.begin() as tx:
        known = await loaded_hash(tx, file.kind, file.part)
        if known is None or (again and known != hash_of(text)):
            await take_in(tx, one.service.stores[file.kind], file.kind, text, file.part)


async def _ensure_admin(running: Sequence[Running], settings: Settings) -> None:
    """Make the admin key once and print it once; an operator's own key is only configured."""
    if settings.admin_key is not None:
        return
    async with running[0].database.read() as tx:
        known = any(row["id"] == ADMIN.id for row in await principals.listed(tx))
    if known:
        return
    key = f"gk_{ADMIN.id}_{secrets.token_urlsafe(32)}"
    for one in running:
        async with one.desk.begin() as tx:
            await principals.add(tx, ADMIN, principals.hash_of(key))
    typer.echo(f"Admin key (shown only now; keep it): {key}")


async def _serve(running: Sequence[Running], transport: Transport, host: str, port: int, demo: bool) -> None:
    sessions = running[0].guard.sessions
    for one in running:
        one.guard.sessions = sessions
    loops = [(one, name, loop) for one in running for name, loop in one.loops()]
    loading = Demo(running, transport) if demo else None
    if loading is not None:
        for one in running:
            one.probes["demo"] = loading.check
    work = [supervise(name, loop, one.metrics) for one, name, loop in loops]
    token = sessions.link_for(ADMIN)
    app = AllInOne({one.service.name: one.app() for one in running})
    clocks = _then_schedule(running, loading, app, f"http://{host}:{port}/?token={token}")
    await until_stopped(server(app, host, port), [*work, clocks])


async def _rebuilt_if_needed(running: Sequence[Running], app: ASGIApp) -> None:
    """A directory of an older version has facts that are in no books yet."""
    reporting = next(one for one in running if one.service.name == "reporting")
    async with reporting.database.read() as tx:
        if await advice(tx) is None:
            return
    headers = {"Authorization": f"Bearer {reporting.guard.sessions.begin(reporting.guard.sessions.link_for(ADMIN))}"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), headers=headers) as http:
        try:
            await Rebuild(http, lambda path: f"http://up{path}").run(lambda: True)
        except NotRebuilt as error:
            typer.secho(f"The books are not rebuilt: {error}", fg="red", err=True)


async def _then_schedule(running: Sequence[Running], loading: Demo | None, app: ASGIApp, address: str) -> None:
    """Jobs begin when the numbers are complete: half a year loaded must not look like a region that lags."""
    await _rebuilt_if_needed(running, app)
    if loading is not None:
        await loading.load()
    clocks = [(one, name, loop) for one in running for name, loop in one.schedule()]
    jobs = [asyncio.ensure_future(supervise(name, loop, one.metrics)) for one, name, loop in clocks]
    try:
        if loading is not None:
            await loading.until_judged()
        typer.echo(f"Guan'ai is ready: {address}")
        await asyncio.gather(*jobs)
    finally:
        for job in jobs:
            job.cancel()
