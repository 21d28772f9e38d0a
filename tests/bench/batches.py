"""B1: batches end to end, beside COPY of the same rows and what a team would write instead."""

from typing import Any

from tests.bench.limits import copy_rate
from tests.bench.peer import peer_rate
from tests.bench.product import Run, through_product
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.bench.workload import Workload

POLICIES, EVENTS_A_MESSAGE, PEER_POLICIES = 200_000, 200, 5_000
DATABASE = "b1"


def workload(stand: Stand, seed: int = 1) -> Workload:
    """B1's policies."""
    return Workload(stand.size(POLICIES), EVENTS_A_MESSAGE, seed)


def through(stand: Stand) -> Run:
    """The product's part; its database stays. Others hold themselves against it too: it is run once."""
    policies = stand.size(POLICIES)
    with stand.display.step("B1: the product takes policies in batches", policies) as step:
        return through_product(stand.servers, DATABASE, workload(stand), step)


def batches(stand: Stand) -> Result:
    """200,000 policies in batches of 200."""
    run = stand.once("B1", lambda: through(stand))
    with stand.display.step("B1: PostgreSQL copies the same rows"):
        limit = copy_rate(stand.servers, DATABASE)
    stand.servers.drop(DATABASE)
    sample = stand.size(PEER_POLICIES)
    with stand.display.step(f"B1: the peer takes {sample:,} policies"):
        peer = peer_rate(stand.servers, "b1_peer", sample)
    return Result(
        id="B1",
        work=f"{run.totals.policies:,} policies in batches of {EVENTS_A_MESSAGE}",
        unit="policies/s",
        product=run.rate,
        peer=peer,
        limit=limit,
        ratio=run.rate / limit,
        checks=[Check("× the limit", run.rate / limit, "≥", 0.12), Check("× the peer", run.rate / peer, "≥", 30)],
        notes=f"the limit is COPY of the same rows; the peer took {sample:,} policies, its rate is taken to go on.",
        full_size=stand.is_full(POLICIES),
        details={**details_of(run), "peer_policies": sample},
    )


def details_of(run: Run) -> dict[str, Any]:
    """How the work was spread, and how long it took."""
    return {
        "policies": run.totals.policies,
        "villages": run.totals.villages,
        "selling_days": run.totals.selling_days,
        "insured_a_policy": round(run.totals.persons / run.totals.policies, 3),
        "product_seconds": round(run.seconds, 3),
        "publishing_seconds": round(run.publishing_seconds, 3),
    }
