"""The product: four services as processes, fed by an insurer, watched through the API until all policies show."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from services.cli.reference_data import SHIPPED
from tests.bench.publisher import Publisher, Target
from tests.bench.servers import Servers
from tests.bench.workload import INSURER, Totals, Workload
from tests.journeys.platform import SERVICES, Platform

REFERENCE = {
    "regions": ("regions.csv", "regions_villages.csv.gz"),
    "products": ("products.csv",),
    "targets": ("targets.csv",),
    "populations": ("population.csv",),
    "contacts": ("contacts.csv",),
}
MOST_IDLE_SECONDS = 60.0
FAR_SECONDS, NEAR_SECONDS = 0.5, 0.05
"""How often to look: seldom at first, so that asking costs little, often once nine tenths show."""


class Stuck(Exception):
    """The policies stopped moving, or the numbers are wrong."""


@dataclass(frozen=True)
class Run:
    """From the first publish until the province shows them all, and until the broker had confirmed them all."""

    totals: Totals
    seconds: float
    publishing_seconds: float


def through_product(servers: Servers, name: str, workload: Workload) -> Run:
    """Bring the workload through the whole product in a new database and vhost of this name."""
    amqp_url, database_url = servers.broker.create_vhost(name), servers.database.create(name)
    batch = workload.events_a_message > 1
    target = Target(
        exchange="guanai.intake",
        routing_key=f"{INSURER}.policy.{'batch' if batch else 'issued'}",
        content_type=f"application/cloudevents{'-batch' if batch else ''}+json",
    )
    with Publisher(amqp_url, target, workload) as publisher, platform(amqp_url, database_url) as ready:
        totals = publisher.totals()
        servers.checkpoint()
        began = publisher.start()
        shown = _when_all_show(ready, totals)
        return Run(totals, shown - began, publisher.finish() - began)


@contextmanager
def platform(amqp_url: str, database_url: str) -> Iterator[Platform]:
    """All four services, ready, with Guangxi's reference data; today is the last day of 2021."""
    environment = {"GUANAI_AMQP_URL": amqp_url, "GUANAI_DATABASE_URL": database_url, "GUANAI_TODAY": "2021-08-31"}
    with TemporaryDirectory(prefix="guanai-bench-") as directory:
        made = Platform(Path(directory), environment)
        try:
            made.command("migrate")
            made.command("declare")
            made.start(*SERVICES)
            for kind, files in REFERENCE.items():
                for file in files:
                    made.command("load", kind, str(SHIPPED / file))
            yield made
        finally:
            made.close()


def _when_all_show(ready: Platform, totals: Totals) -> float:
    """The monotonic moment at which the province shows every policy. Raises Stuck."""
    wanted = {"policies": totals.policies, "units": totals.units, "persons": totals.persons}
    seen, moved = -1, time.monotonic()
    while True:
        shown = _shown(ready)
        now = time.monotonic()
        if {name: shown[name] for name in wanted} == wanted:
            return now
        seen, moved = (shown["policies"], now) if shown["policies"] != seen else (seen, moved)
        if now - moved > MOST_IDLE_SECONDS:
            raise Stuck(f"shown {shown}, wanted {wanted}\n{ready.log_of('enrollment')}\n{ready.log_of('reporting')}")
        time.sleep(NEAR_SECONDS if shown["policies"] > 0.9 * totals.policies else FAR_SECONDS)


def _shown(ready: Platform) -> dict[str, int]:
    answer = ready.get("reporting", "/reporting/v1/indicators", region="45", year=2021, products="all")
    answer.raise_for_status()
    measures: dict[str, int] = answer.json()["measures"]
    return measures
