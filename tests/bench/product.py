"""The product: four services as processes, fed by an insurer, watched through the API until all policies show."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.progress import QUIET, Step
from tests.bench.publisher import POLICIES, POLICY_BATCHES, Publisher
from tests.bench.result import Wrong
from tests.bench.servers import Servers
from tests.bench.workload import Totals, Workload
from tests.journeys.platform import Platform, furnished

MOST_IDLE_SECONDS = 60.0
FAR_SECONDS, NEAR_SECONDS = 0.5, 0.05
"""How often to look: seldom at first, so that asking costs little, often once nine tenths show."""


class Stuck(Exception):
    """The policies stopped moving."""


@dataclass(frozen=True)
class Run:
    """From the first publish until the province shows them all, and until the broker had confirmed them all."""

    totals: Totals
    seconds: float
    publishing_seconds: float

    @property
    def rate(self) -> float:
        """Policies a second."""
        return self.totals.policies / self.seconds


def through_product(servers: Servers, name: str, workload: Workload, step: Step = QUIET) -> Run:
    """Bring the workload through the whole product in a new database and vhost of this name."""
    amqp_url, database_url = servers.broker.create_vhost(name), servers.database.create(name)
    with publisher_of(amqp_url, workload) as publisher, platform(amqp_url, database_url) as ready:
        return taken(ready, publisher, servers, step)


def publisher_of(amqp_url: str, workload: Workload, pace: float | None = None) -> Publisher:
    """An insurer who sends the workload to enrollment."""
    return Publisher(amqp_url, POLICY_BATCHES if workload.events_a_message > 1 else POLICIES, workload, pace)


def taken(
    ready: Platform,
    publisher: Publisher,
    servers: Servers,
    step: Step = QUIET,
    meanwhile: Callable[[], None] = lambda: None,
) -> Run:
    """Bring everything that the publisher has through a product that may hold policies already."""
    totals, before = publisher.totals(), shown(ready)
    servers.checkpoint()
    began = publisher.start()
    meanwhile()
    moment = when_all_show(ready, on_top(before, totals), step, before["policies"])
    return Run(totals, moment - began, publisher.finish() - began)


def on_top(before: dict[str, Any], totals: Totals) -> Totals:
    """What must show after these totals have come to what showed before."""
    added = {name: before[name] + getattr(totals, name) for name in ("policies", "units", "persons")}
    return replace(totals, **added)


@contextmanager
def platform(amqp_url: str, database_url: str, **environment: str) -> Iterator[Platform]:
    """All four services, ready, with Guangxi's reference data; today is the last day of 2021."""
    with (
        TemporaryDirectory(prefix="guanai-bench-") as directory,
        furnished(Path(directory), amqp_url, database_url, **environment) as made,
    ):
        yield made


def when_all_show(ready: Platform, totals: Totals, step: Step = QUIET, before: int = 0) -> float:
    """The monotonic moment at which the province shows every policy. Raises Stuck, Wrong."""
    wanted = {"policies": totals.policies, "units": totals.units, "persons": totals.persons}
    seen, moved = -1, time.monotonic()
    while True:
        now_shown = shown(ready)
        found = {name: now_shown[name] for name in wanted}
        now = time.monotonic()
        if found == wanted:
            return now
        if found["policies"] >= totals.policies:
            raise Wrong(f"shown {found}, wanted {wanted}")
        step.left(totals.policies - found["policies"])
        seen, moved = (found["policies"], now) if found["policies"] != seen else (seen, moved)
        if now - moved > MOST_IDLE_SECONDS:
            raise Stuck(f"shown {found}, wanted {wanted}\n{ready.log_of('enrollment')}\n{ready.log_of('reporting')}")
        is_near = found["policies"] - before > 0.9 * (totals.policies - before)
        time.sleep(NEAR_SECONDS if is_near else FAR_SECONDS)


def shown(ready: Platform, region: str = "45") -> dict[str, Any]:
    """The measures of a region, of all products, as of the last day."""
    answer = ready.get("reporting", "/reporting/v1/indicators", region=region, year=2021, products="all")
    answer.raise_for_status()
    measures: dict[str, Any] = answer.json()["measures"]
    return measures
