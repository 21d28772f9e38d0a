"""B3: how soon a policy shows in the API and on the live stream, at a steady pace of single events."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.arrivals import Arrivals
from tests.bench.keep_alive import Connection
from tests.bench.limits import hop_waits_ms
from tests.bench.percentiles import percentile
from tests.bench.product import platform, publisher_of
from tests.bench.progress import Step
from tests.bench.publisher import Publisher
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.bench.watching import ask_again_and_again, listen, units_of_cities
from tests.bench.workload import Workload, events_of
from tests.journeys.platform import Platform

PACE, SECONDS = 300, 60
POLICIES = PACE * SECONDS
SEED = 3
MOST_SECONDS_AFTERWARDS = 15.0
DATABASE = "b3"


@dataclass(frozen=True)
class Waits:
    """Milliseconds from a policy's moment of being sent until it shows, and how many never do."""

    in_api: list[float]
    on_stream: list[float]
    lost: int
    publisher_late_ms: float


def freshness(stand: Stand) -> Result:
    """300 single policies a second for a minute."""
    work = Workload(stand.size(POLICIES), 1, SEED)
    servers = stand.servers
    amqp_url, database_url = servers.broker.create_vhost(DATABASE), servers.database.create(DATABASE)
    with (
        publisher_of(amqp_url, work, PACE) as publisher,
        platform(amqp_url, database_url) as ready,
        stand.display.step(f"B3: {PACE} policies a second come in and show", work.policies) as step,
    ):
        publisher.totals()
        servers.checkpoint()
        waits = asyncio.run(watched(ready, publisher, work, step))
    with stand.display.step("B3: a bare loop hands the same messages on, at the same pace"):
        bare = hop_waits_ms(servers, "b3_limit", work, PACE)
    return result_of(waits, bare, work, stand.is_full(POLICIES))


async def watched(ready: Platform, publisher: Publisher, work: Workload, step: Step) -> Waits:
    """Publish, and watch until everything shows in both ways or has had its time."""
    asking, listening = Connection(ready), Connection(ready)
    sent = [(event["data"]["region"][:4], event["data"]["units"]) for event in events_of(work)]
    before = await units_of_cities(asking)
    in_api, on_stream, begun = Arrivals(sent, before), Arrivals(sent, before), asyncio.Event()
    deadline = time.monotonic() + work.policies / PACE + MOST_SECONDS_AFTERWARDS

    def over() -> bool:
        step.at(len(on_stream.moments))
        return time.monotonic() > deadline or (in_api.lost == 0 and on_stream.lost == 0)

    async with asyncio.TaskGroup() as group:
        told = group.create_task(listen(listening, on_stream, begun, over))
        await begun.wait()
        began = publisher.start()
        await ask_again_and_again(asking, in_api, over)
        told.cancel()
    publisher.finish()
    asking.close()
    listening.close()
    lost = max(in_api.lost, on_stream.lost)
    waits = (in_api.waits_ms(began, PACE), on_stream.waits_ms(began, PACE))
    return Waits(*waits, lost, 1000 * publisher.late_seconds)


def result_of(waits: Waits, bare: Sequence[float], work: Workload, full_size: bool) -> Result:
    """Both ways are held against the same bars."""
    p50, p99 = (percentile(waits.in_api, share) for share in (0.50, 0.99))
    limit = percentile(bare, 0.50)
    return Result(
        id="B3",
        work=f"{PACE} policies/s, {work.policies:,} in all: until visible in the API",
        unit="ms",
        product=p50,
        limit=limit,
        ratio=p50 / limit,
        checks=[
            Check("p50 in the API", p50, "<", 60, "ms"),
            Check("p99 in the API", p99, "<", 300, "ms"),
            Check("p50 on the live stream", percentile(waits.on_stream, 0.50), "<", 60, "ms"),
            Check("p99 on the live stream", percentile(waits.on_stream, 0.99), "<", 300, "ms"),
            Check("policies lost", waits.lost, "=", 0, ""),
        ],
        notes="the limit is the p50 of the same messages through two queues and a bare aio-pika loop. "
        "Each counts from its moment in the pace, however late it was sent "
        f"(at most {waits.publisher_late_ms:.0f} ms), until an answer that shows it has come whole.",
        full_size=full_size,
        details={"policies": work.policies, "longest_api_ms": max(waits.in_api, default=None)},
    )
