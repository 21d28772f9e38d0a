"""The one way to run a service: its web server, consumers, relay and scheduled jobs, supervised in one loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy import MetaData, text

from shared.messaging import outbox, parking
from shared.messaging.apply import Desk, judge_again
from shared.messaging.consume import consume
from shared.messaging.happenings import Happening, Route
from shared.messaging.listeners import listener
from shared.messaging.local import Local
from shared.messaging.outcomes import Unavailable
from shared.messaging.parking import PLAIN, Seal
from shared.messaging.rabbitmq import RabbitMQ
from shared.messaging.relay import relay
from shared.messaging.replay import Replays
from shared.messaging.standby import stand_by
from shared.messaging.topology import TOPOLOGY
from shared.messaging.transaction import Transaction
from shared.messaging.transport import BrokerAway, Depth, Transport
from shared.runtime.clock import Clock
from shared.runtime.database import Database
from shared.runtime.loop_watch import watch_loop
from shared.runtime.observe import Metrics, Probe
from shared.runtime.oidc import Oidc
from shared.runtime.operations import operations
from shared.runtime.reference import Store, reference
from shared.runtime.security import Guard
from shared.runtime.settings import Settings
from shared.runtime.tidying import tidy
from shared.runtime.web import make_app

log = structlog.get_logger(__name__)
Loop = Callable[[], Awaitable[None]]
_REPLAYING = frozenset(queue.name for queue in TOPOLOGY.queues if queue.replays)


class Advice(Exception):
    """What an operator should do although the service is ready."""


class LoopEnded(Exception):
    """A loop that should run for ever has returned: that is a crash."""


@dataclass(frozen=True)
class Job:
    """Something to do in a transaction of its own every so often, by one replica at a time."""

    name: str
    every_seconds: float
    run: Callable[[Transaction], Awaitable[Sequence[Happening]]]


@dataclass(frozen=True)
class Service:
    """What makes a service: everything here is said once, in its `__main__.py`."""

    name: str
    title: str
    port: int
    tables: MetaData
    routers: Callable[[Settings], Sequence[APIRouter]]
    listens_to: Callable[[Settings], Mapping[str, Sequence[Route]]]
    jobs: Callable[[Settings], Sequence[Job]] = lambda _: ()
    errands: Callable[["Running"], Sequence[tuple[str, Loop]]] = lambda _: ()
    beside_web: Callable[["Running"], Sequence[tuple[str, Loop]]] = lambda _: ()
    """What has to run in every process that answers people."""
    stores: Mapping[str, Store] = field(default_factory=dict)
    seal: Callable[[Settings], Seal] = lambda _: PLAIN
    advice: Mapping[str, Callable[[Transaction], Awaitable[str | None]]] = field(default_factory=dict)
    """Looks that end in a sentence where an operator should do something, shown in `readyz` and by `doctor`."""


@dataclass
class Running:
    """A service with its surroundings, in this process."""

    service: Service
    settings: Settings
    clock: Clock
    database: Database
    transport: Transport
    desk: Desk
    metrics: Metrics
    guard: Guard
    replays: Replays
    listens_to: Mapping[str, Sequence[Route]]
    probes: dict[str, Probe] = field(default_factory=dict)

    def app(self) -> FastAPI:
        """The web part."""
        name = self.service.name
        common = [operations(name), reference(name, self.service.stores)]
        return make_app(self, *self.service.routers(self.settings), *common)

    def loops(self) -> list[tuple[str, Loop]]:
        """Consumers, relay and replays: what keeps facts moving."""
        consumers = [loop for queue in self.listens_to for loop in self._consumers(queue)]
        told = ("relay", lambda: relay(self.desk, self.transport, self.metrics))
        return [*consumers, told, ("replay", self.replays.run)]

    def schedule(self) -> list[tuple[str, Loop]]:
        """Jobs, errands, and what runs beside the web part: what the passing of time brings about."""
        jobs = [*self.service.jobs(self.settings), Job("judge_parked", 5.0, self._judge_parked)]
        clocks = [(job.name, lambda job=job: self._every(job)) for job in jobs]
        tidying = ("tidy", lambda: tidy(self.desk, self.settings, _is_mine))
        return [*clocks, *self.service.errands(self), tidying, *self.beside_web()]

    def beside_web(self) -> list[tuple[str, Loop]]:
        """All that a process needs which only answers people."""
        return [*self.service.beside_web(self), ("loop_lag", partial(watch_loop, self.metrics))]

    def _consumers(self, queue: str) -> Iterator[tuple[str, Loop]]:
        """One for the queue, or for this replica's own shard of it and one that stands by for the others."""
        found = self.settings.topology.named(queue)
        shards = self.settings.topology.shards_of(found)
        own = shards[self.settings.reporting_shard].name if shards else queue
        take = partial(self._take, queue)
        yield own, partial(take, own)
        if found.may_shard:
            yield f"{queue}.standby", lambda: stand_by(self.transport, queue, own, take)

    async def _take(self, queue: str, name: str) -> None:
        """Consume a queue under its own name or a shard's, for ever."""
        opened = replace(listener(queue, self.listens_to[queue], self.metrics), queue=name)
        await consume(self.desk_of(queue), self.transport, opened, self.metrics)

    async def queues(self) -> list[Depth]:
        """What it listens to, as the broker has it now: shards, too, that another number of shards has left."""
        return await self.transport.depths(*self.listens_to)

    def desk_of(self, queue: str) -> Desk:
        """Where the deliveries of a queue are worked on: replays apart from everything else."""
        if queue not in _REPLAYING:
            return self.desk
        return replace(self.desk, routes=self.listens_to[queue], replaying=True)

    def advisers(self) -> dict[str, Probe]:
        """A probe for each look of `Service.advice`, which raises Advice."""
        return {name: partial(self._advised, look) for name, look in self.service.advice.items()}

    async def _advised(self, look: Callable[[Transaction], Awaitable[str | None]]) -> None:
        async with self.database.read() as tx:
            if (said := await look(tx)) is not None:
                raise Advice(said)

    async def _judge_parked(self, tx: Transaction) -> Sequence[Happening]:
        waiting = await parking.longest_unchecked(tx, self.desk.seal, tx.now - timedelta(seconds=10), 500)
        await judge_again(self.desk, tx, waiting)
        return ()

    async def _every(self, job: Job) -> None:
        while True:
            began = time.perf_counter()
            async with self.desk.begin() as tx:
                if await _is_mine(tx, f"{self.service.name}.{job.name}"):
                    await outbox.put(tx, self.service.name, await job.run(tx))
            self.desk.committed.set()
            self.desk.changed.set()
            self.metrics.note("job_seconds", time.perf_counter() - began, job=job.name)
            await asyncio.sleep(job.every_seconds)


async def _is_mine(tx: Transaction, job: str) -> bool:
    """One replica at a time: the lock ends with the transaction."""
    if not tx.is_postgres:
        return True
    rows = await tx.rows(text("SELECT pg_try_advisory_xact_lock(hashtext(:job))"), {"job": job})
    return bool(rows[0][0])


def clock_of(settings: Settings) -> Clock:
    """The set date of the settings, or the one remembered in the data directory, or the real one."""
    remembered = settings.data_dir / "today"
    if settings.today is None and remembered.is_file():
        return Clock(Settings(today=remembered.read_text().strip()).today)
    return Clock(settings.today)


def transport_of(settings: Settings) -> Transport:
    """RabbitMQ where an address is set, else the local one in the data directory."""
    if settings.amqp_url:
        return RabbitMQ(settings.amqp_url)
    return Local(Path(settings.data_dir) / "broker.sqlite")


def prepare(service: Service, settings: Settings, transport: Transport) -> Running:
    """Wire a service; nothing is connected yet."""
    clock = clock_of(settings)
    database = Database(settings.database_url_of(service.name), service.name, clock)
    listens_to = service.listens_to(settings)
    routes = [route for queue, routes in listens_to.items() if queue not in _REPLAYING for route in routes]
    desk = Desk(service.name, database.begin, routes, service.seal(settings))
    oidc = (
        Oidc(settings.oidc_issuer, settings.oidc_audience) if settings.oidc_issuer and settings.oidc_audience else None
    )
    admin_key = settings.admin_key.get_secret_value() if settings.admin_key else None
    metrics = Metrics(service.name)
    running = Running(
        service, settings, clock, database, transport, desk, metrics,
        Guard(database, admin_key, oidc), Replays(desk, transport, metrics), listens_to,
    )  # fmt: skip
    running.probes |= {"database": database.check, "broker": transport.check}
    return running


async def supervise(name: str, loop: Loop, metrics: Metrics) -> None:
    """Run a loop for ever: trouble of the broker or database is waited out, anything else ends the process."""
    pause = 0.1
    while True:
        began = time.monotonic()
        try:
            await loop()
        except (BrokerAway, Unavailable) as error:
            log.warning("waiting", loop=name, reason=str(error), again_in_seconds=pause)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            log.warning("waiting", loop=name, reason="cancelled by its connection", again_in_seconds=pause)
        else:
            raise LoopEnded(name)
        metrics.count("loop_restarts", loop=name)
        pause = 0.1 if time.monotonic() - began > 10 else min(pause * 2, 5.0)
        await asyncio.sleep(pause)
