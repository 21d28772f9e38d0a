"""The whole year brought through the product once; it stays for what is measured with it in."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.memory import Memory
from tests.bench.product import MOST_IDLE_SECONDS, Stuck, platform, shown
from tests.bench.progress import Step
from tests.bench.result import Wrong
from tests.bench.servers import room_gib
from tests.bench.stand import Stand
from tests.bench.year import FULL_SIZE, Tally
from tests.bench.year_publisher import YearPublisher
from tests.journeys.platform import SERVICES, Platform

DATABASE = "year"
GIB_A_MILLION = 7.0
"""What a million policies take on disk, with what is measured on them afterwards."""
LOOK_SECONDS = 0.5
COUNTS = ("policies", "units", "persons", "households", "claims_reported", "claims_settled", "claims_paid")


class NoRoom(Exception):
    """The disk is too small for the year."""


@dataclass(frozen=True)
class Loaded:
    """The services with the year in their books, and what it took to get there."""

    platform: Platform
    amqp_url: str
    database_url: str
    tally: Tally
    seconds: float
    memory: Memory
    peaks_mib: Mapping[str, float]
    blocked_seconds: Mapping[str, float]
    disk_gib: float

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Its services are stopped until the end of the block."""
        for service in SERVICES:
            self.platform.stop(service)
        try:
            yield
        finally:
            self.platform.start(*SERVICES)


def the_year(stand: Stand) -> Loaded:
    """Loaded by whoever asks first. Raises Stuck, Wrong, NoRoom."""
    return stand.once("year", lambda: _loaded(stand))


def _loaded(stand: Stand) -> Loaded:
    servers, policies = stand.servers, stand.size(FULL_SIZE)
    if (room := room_gib(servers.database.home)) < (needed := GIB_A_MILLION * policies / 1e6):
        raise NoRoom(f"{needed:.0f} GiB are needed, {room:.0f} are free: let TMPDIR name a larger disk")
    amqp_url, database_url = servers.broker.create_vhost(DATABASE), servers.database.create(DATABASE)
    with stand.display.step("the services of the year start"):
        ready = stand.kept.enter_context(platform(amqp_url, database_url))
    pids = {service: ready.pid(service) for service in SERVICES}
    with YearPublisher(amqp_url, policies) as publisher, Memory(pids) as memory:
        blocked_since_last_read(ready)
        with stand.display.step("the year's policies and claims are booked", policies) as step:
            began = publisher.start()
            tally = _until_booked(ready, publisher, step)
        seconds, peaks = time.monotonic() - began, memory.peaks_mib()
    blocked = blocked_since_last_read(ready)
    with stand.display.step("PostgreSQL vacuums the year, as it would by itself"):
        servers.vacuum(database_url)
    disk = servers.disk_gib()
    return Loaded(ready, amqp_url, database_url, tally, seconds, memory, peaks, blocked, disk)


def _until_booked(ready: Platform, publisher: YearPublisher, step: Step) -> Tally:
    """Until the province shows what was sent. Raises Stuck, Wrong."""
    tally: Tally | None = None
    seen: dict[str, Any] = {}
    moved = time.monotonic()
    while True:
        found = shown(ready)
        step.at(found["policies"])
        if tally is None:
            publisher.shown(found["policies"])
            tally = publisher.finished()
        elif not differing(found, tally):
            return tally
        if found != seen:
            seen, moved = found, time.monotonic()
        if time.monotonic() - moved > MOST_IDLE_SECONDS:
            raise Stuck(_why(ready, found, tally))
        time.sleep(LOOK_SECONDS)


def differing(found: Mapping[str, Any], tally: Tally) -> dict[str, tuple[Any, Any]]:
    """What shows and what should, where they differ. Raises Wrong where it can never come right."""
    wanted = tally.wanted()
    different = {name: (found[name], value) for name, value in wanted.items() if found[name] != value}
    if over := {name: both for name, both in different.items() if name in COUNTS and both[0] > both[1]}:
        raise Wrong(f"more than was sent (shown, sent): {over}")
    if different and not any(name in COUNTS for name in different):
        raise Wrong(f"all is counted, but (shown, sent): {different}")
    return different


def _why(ready: Platform, found: Mapping[str, Any], tally: Tally | None) -> str:
    what = differing(found, tally) if tally else {name: found[name] for name in COUNTS}
    return f"nothing moves (shown, sent): {what}\n" + "\n".join(ready.log_of(service) for service in SERVICES)


def blocked_since_last_read(ready: Platform) -> dict[str, float]:
    """The longest that the event loop of each service was blocked since this was asked before, in seconds."""
    pages = {service: ready.get(service, f"/{service}/metrics").text for service in SERVICES}
    found = {s: re.search(r"^guanai_loop_blocked_seconds{.*} (.*)$", page, re.MULTILINE) for s, page in pages.items()}
    return {service: float(match[1]) for service, match in found.items() if match}
