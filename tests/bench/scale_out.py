"""B7: two reporting replicas, each with its shard of the facts, against one that has them all."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.bench.batches import EVENTS_A_MESSAGE
from tests.bench.looks import WAITING, Looks
from tests.bench.product import Stuck, platform, publisher_of, when_all_show
from tests.bench.progress import Step
from tests.bench.result import Check, Result, Wrong
from tests.bench.stand import Stand
from tests.bench.workload import Workload

POLICIES, SEED = 200_000, 6
MOST_SECONDS, LOOK_SECONDS = 300.0, 0.5
_UNTOLD = "SELECT count(*) FROM enrollment.outbox WHERE sent_at IS NULL"
_KEPT = "SELECT count(*) FROM enrollment.policy_revisions"
_BOOKED = "SELECT sum(policy_facts)::bigint AS policies FROM reporting.feeds HAVING sum(policy_facts) > 0"
_BOOKS = ("cells", "households", "covers")
_CONTENT = "SELECT count(*) AS rows, sum(hashtextextended(t::text, 0)) AS content FROM reporting.{table} AS t"


@dataclass(frozen=True)
class Booked:
    """How fast waiting facts were booked, what waited for a lock meanwhile, and what the books hold then."""

    rate: float
    looks: int
    waits: Counter[str]
    books: Sequence[Any]


def scale_out(stand: Stand) -> Result:
    """The facts wait in their queues before any replica begins."""
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
            Check("waits for a lock", waits_between(two.waits).total(), "=", 0, ""),
            Check("books that differ from those of one", two.books != one.books, "=", 0, ""),
        ],
        notes=f"the limit is one replica; {two.looks:,} looks at PostgreSQL for sessions that wait for a lock"
        + "".join(f", {count} at {what!r}" for what, count in waits_between(two.waits).most_common(3)),
        full_size=stand.is_full(POLICIES),
        details={"waits_of_one": dict(one.waits), "waits_of_two": dict(two.waits)},
    )


def waits_between(waits: Counter[str]) -> Counter[str]:
    """Those for what the other one holds; that a table's file grows for one at a time is PostgreSQL's own affair."""
    return Counter({what: count for what, count in waits.items() if not what.startswith("extend:")})


def _booked_by(stand: Stand, replicas: int, work: Workload) -> Booked:
    servers, name = stand.servers, f"b7_{replicas}"
    amqp_url, database_url = servers.broker.create_vhost(name), servers.database.create(name)
    what = f"B7: {replicas} of reporting"
    with (
        publisher_of(amqp_url, work) as publisher,
        platform(amqp_url, database_url, GUANAI_REPORTING_SHARDS=str(replicas)) as ready,
    ):
        totals = publisher.totals()
        ready.stop("reporting")
        with stand.display.step(f"{what}: facts are told that wait", work.policies) as step:
            publisher.start()
            asyncio.run(_told(database_url, work.policies, step))
        for service in ("enrollment", "claims", "notify"):
            ready.stop(service)
        servers.checkpoint()
        with (
            stand.display.step(f"{what}: they are booked", work.policies) as step,
            Looks(database_url, WAITING, 0.02) as waits,
            Looks(database_url, _BOOKED, 0.05) as booked,
        ):
            ready.start("reporting", *(f"reporting.{number}" for number in range(1, replicas)))
            when_all_show(ready, totals, step)
        books = asyncio.run(_books(database_url))
    servers.drop(name)
    statements = Counter(" ".join(row["statement"].split()) for _, rows in waits.answers for row in rows)
    return Booked(rate_of(booked, work.policies), waits.number, statements, books)


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


def rate_of(booked: Looks, policies: int) -> float:
    """Policies a second, from the first that were seen in the books to the last. Raises Wrong."""
    seen = [(moment, rows[0]["policies"]) for moment, rows in booked.answers]
    (began, first), (ended, last) = seen[0], next((one for one in seen if one[1] >= policies), seen[-1])
    if last != policies or ended == began:
        raise Wrong(f"{last:,} of {policies:,} policies are in the books, from {first:,} on")
    return float((last - first) / (ended - began))


async def _books(database_url: str) -> Sequence[Any]:
    """How many rows each has, and the sum of their hashes."""
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(await connection.fetchrow(_CONTENT.format(table=table))) for table in _BOOKS]
    finally:
        await connection.close()
