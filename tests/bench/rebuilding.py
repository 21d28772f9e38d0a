"""B8: all facts of the year are booked again while the old numbers stay readable, as fast as B1 booked them."""

import asyncio
import re
import time
from contextlib import closing
from dataclasses import dataclass, field

from tests.bench.batches import through
from tests.bench.keep_alive import Connection, asked
from tests.bench.loaded_year import Loaded, the_year
from tests.bench.percentiles import percentile
from tests.bench.product import Run, shown
from tests.bench.progress import Step
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.bench.year import FULL_SIZE
from tests.journeys.platform import Platform

PATHS = (
    asked("indicators", region="45", year=2021, products="all"),
    asked("standings", parent="45", level="county", by="units", year=2021, products="all"),
)
REST_SECONDS, LOOK_SECONDS = 0.05, 1.0


class NotRebuilt(Exception):
    """The command has failed."""


@dataclass
class Reader:
    """Asks the same all the time; the first answers are how it must stay."""

    waits_ms: list[float] = field(default_factory=list)
    errors: int = 0
    others: int = 0
    """Answers with another number."""

    async def read(self, ready: Platform, over: asyncio.Event) -> None:
        """Until it is over, once more after it."""
        with closing(Connection(ready)) as connection:
            right = {path: (await connection.get(path)).body for path in PATHS}
            while True:
                was_over = over.is_set()
                for path in PATHS:
                    await self._ask(connection, path, right[path])
                if was_over:
                    return
                await asyncio.sleep(REST_SECONDS)

    async def _ask(self, connection: Connection, path: str, right: bytes) -> None:
        began = time.monotonic()
        answer = await connection.get(path)
        self.waits_ms.append(1000 * (time.monotonic() - began))
        self.errors += answer.status != 200
        self.others += answer.status == 200 and answer.body != right


def rebuilding(stand: Stand) -> Result:
    """`guanai rebuild reporting --yes` of the whole year."""
    year, reader = the_year(stand), Reader()
    rate_of_b1 = stand.once("B1", lambda: _b1_alone(stand, year)).rate
    events = booked_events(year.platform)
    with stand.display.step("B8: all facts are told and booked again", events) as step:
        began = time.monotonic()
        said = asyncio.run(_rebuilt(year.platform, reader, step))
        seconds = time.monotonic() - began
    rate = events / seconds
    return Result(
        id="B8",
        work=f"{events:,} policies and steps of claims are booked again",
        unit="events/s",
        product=rate,
        limit=rate_of_b1,
        ratio=rate / rate_of_b1,
        checks=[
            Check("× the speed of B1", rate / rate_of_b1, "≥", 1.0),
            Check("answers meanwhile that were errors", reader.errors, "=", 0, ""),
            Check("answers meanwhile with other numbers", reader.others, "=", 0, ""),
            Check("rebuilt books that differ", "identical row by row" not in said, "=", 0, ""),
        ],
        notes=f"the limit is B1 in policies/s; {len(reader.waits_ms):,} answers meanwhile: "
        f"p50 {percentile(reader.waits_ms, 0.5):.0f} ms, p99 {percentile(reader.waits_ms, 0.99):.0f} ms.",
        full_size=stand.is_full(FULL_SIZE),
        details={"events": events, "seconds": round(seconds, 1), "longest_ms": round(max(reader.waits_ms), 1)},
    )


def _b1_alone(stand: Stand, year: Loaded) -> Run:
    with year.resting():
        return through(stand)


def booked_events(ready: Platform) -> int:
    """Policies that were issued, and steps of claims."""
    measures = shown(ready)
    return sum(measures[name] for name in ("policies", "claims_reported", "claims_settled", "claims_paid"))


async def _rebuilt(ready: Platform, reader: Reader, step: Step) -> str:
    """What the command says at its end. Raises NotRebuilt."""
    over = asyncio.Event()
    reading = asyncio.create_task(reader.read(ready, over))
    command = ready.begin("rebuild", "reporting", "--yes")
    ended = asyncio.create_task(asyncio.to_thread(command.communicate))
    try:
        while not (await asyncio.wait([ended], timeout=LOOK_SECONDS))[0]:
            step.at(await asyncio.to_thread(_booked_again, ready))
    finally:
        command.kill()
        over.set()
        await reading
    said, complaint = await ended
    if command.returncode:
        raise NotRebuilt(said + complaint)
    return said


def _booked_again(ready: Platform) -> float:
    """By reporting's own count: to ask for the progress of the rebuild costs more, the further it is."""
    page = ready.get("reporting", "/reporting/metrics").text
    found = re.search(r'^guanai_events_applied_total{queue="reporting.rebuild".*} (.*)$', page, re.MULTILINE)
    return float(found[1]) if found else 0.0
