"""B7: two reporting replicas, each with its shard of the facts, against one that has them all."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.bench.batches import EVENTS_A_MESSAGE
from tests.bench.lock_waits import LockWaits
from tests.bench.product import Stuck, platform, publisher_of, shown, when_all_show
from tests.bench.progress import Step
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.bench.workload import Totals, Workload
from tests.journeys.platform import Platform

POLICIES, SEED = 200_000, 6
MOST_SECONDS, LOOK_SECONDS = 300.0, 0.5
_UNTOLD = "SELECT count(*) FROM enrollment.outbox WHERE sent_at IS NULL"
_KEPT = "SELECT count(*) FROM enrollment.policy_revisions"
_BOOKS = ("cells", "households", "covers")
_CONTENT = "SELECT count(*) AS rows, sum(hashtextextended(t::text, 0)) AS content FROM reporting.{table} AS t"


@dataclass(frozen=True)
class Booked:
    """How fast waiting facts were booked, who waited for a lock meanwhile, and what the books hold then."""

    rate: float
    waits: LockWaits
    books: Sequence[Any]


def scale_out(stand: Stand) -> Result:
    """The facts wait in their queues before either begins."""
    work = Workload(stand.size(POLICIES), EVENTS_A_MESSAGE, SEED)
    one, two = (_booked_by(stand, replicas, work) for replicas in (1, 2))
    ratio = two.rate / one.rate
    return Result(
        id="B7",
        work=f"{work.policies:,} waiting policies are booked by two replicas",
        unit="policies/s",
        product=two.rate,
        limit=one.rate,
        ratio=ratio,
        checks=[
            Check("× one replica", ratio, "≥", 1.0),
            Check("waits for a lock", two.waits.found.total(), "=", 0, ""),
            Check("books that differ from those of one", two.books != one.books, "=", 0, ""),
        ],
        notes=f"the limit is one replica; {two.waits.looks:,} looks at PostgreSQL for sessions that wait for a lock"
        + "".join(f", {count} at {query!r}" for query, count in two.waits.found.most_common(3)),
        full_size=stand.is_full(POLICIES),
        details={"waits_of_one": one.waits.found.total(), "waits_of_two": dict(two.waits.found)},
    )


def _booked_by(stand: Stand, replicas: int, work: Workload) -> Booked:
    servers, name = stand.servers, f"b7_{replicas}"
    amqp_url, database_url = servers.broker.create_vhost(name), servers.database.create(name)
    what = f"B7: {replicas} replica{'s'[: replicas - 1]} of reporting"
    with (
        publisher_of(amqp_url, work) as publisher,
        platform(amqp_url, database_url, GUANAI_REPORTING_SHARDS=str(replicas)) as ready,
    ):
        totals = publisher.totals()
        ready.stop("reporting")
        with stand.display.step(f"{what} will find waiting facts", work.policies) as step:
            publisher.start()
            asyncio.run(_told(database_url, work.policies, step))
        for service in ("enrollment", "claims", "notify"):
            ready.stop(service)
        servers.checkpoint()
        with stand.display.step(f"{what} take them", work.policies) as step, LockWaits(database_url) as waits:
            rate = _rate_of(ready, replicas, totals, step)
        books = asyncio.run(_books(database_url))
    servers.drop(name)
    return Booked(rate, waits, books)


async def _told(database_url: str, policies: int, step: Step) -> None:
    """Until enrollment has told of all policies. Raises Stuck."""
    connection = await asyncpg.connect(database_url)
    try:
        async with asyncio.timeout(MOST_SECONDS):
            while (kept := await connection.fetchval(_KEPT)) < policies or await connection.fetchval(_UNTOLD):
                step.at(kept)
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise Stuck(f"enrollment has not told of {policies:,} policies within {MOST_SECONDS:.0f} s") from None
    finally:
        await connection.close()


def _rate_of(ready: Platform, replicas: int, totals: Totals, step: Step) -> float:
    """Policies a second, from the moment when all replicas are ready until everything shows."""
    ready.start("reporting", *(f"reporting.{shard}" for shard in range(1, replicas)))
    before, began = int(shown(ready)["policies"]), time.monotonic()
    moment = when_all_show(ready, totals, step)
    return (totals.policies - before) / (moment - began)


async def _books(database_url: str) -> Sequence[Any]:
    """How many rows each has, and the sum of their hashes."""
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(await connection.fetchrow(_CONTENT.format(table=table))) for table in _BOOKS]
    finally:
        await connection.close()
