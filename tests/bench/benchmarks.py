"""Each benchmark: what is run side by side, and the bar it is held against."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.limits import copy_rate, handing_on_rate
from tests.bench.peer import peer_rate
from tests.bench.product import Run, through_product
from tests.bench.servers import Servers
from tests.bench.workload import Workload

PEER_POLICIES = 5_000


@dataclass(frozen=True)
class Result:
    """Rates in policies a second; None for what was not measured. `bar` is for `ratio`, the product to the limit."""

    id: str
    work: str
    product: float
    peer: float | None
    limit: float
    bar: float
    peer_bar: float | None = None
    full_size: bool = True
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.product / self.limit

    @property
    def peer_ratio(self) -> float | None:
        return self.product / self.peer if self.peer else None

    @property
    def met(self) -> bool:
        """Whether every bar is reached; a smaller size proves nothing."""
        beats_peer = self.peer_bar is None or (self.peer_ratio is not None and self.peer_ratio >= self.peer_bar)
        return self.full_size and self.ratio >= self.bar and beats_peer


@dataclass(frozen=True)
class Benchmark:
    """Its full size in policies, and how to run it at a size."""

    policies: int
    run: Callable[[Servers, int], Result]

    def at(self, servers: Servers, policies: int | None) -> Result:
        """Run at full size, or at a smaller one for trying."""
        return self.run(servers, min(policies or self.policies, self.policies))


def batches(servers: Servers, policies: int) -> Result:
    """B1: batches of 200, end to end."""
    run = through_product(servers, "b1", Workload(policies, 200))
    limit = copy_rate(servers, "b1")
    sample = min(policies, PEER_POLICIES)
    peer = peer_rate(servers, "b1_peer", sample)
    return Result(
        id="B1",
        work=f"{policies:,} policies in batches of 200",
        product=policies / run.seconds,
        peer=peer,
        limit=limit,
        bar=0.12,
        peer_bar=30,
        full_size=policies == BENCHMARKS["B1"].policies,
        details={**_details(run), "peer_policies": sample},
    )


def single_events(servers: Servers, policies: int) -> Result:
    """B2: one event a message, end to end."""
    workload = Workload(policies, 1)
    run = through_product(servers, "b2", workload)
    while_publishing = handing_on_rate(servers, "b2_while_publishing", workload, filled=False)
    return Result(
        id="B2",
        work=f"{policies:,} policies, one a message",
        product=policies / run.seconds,
        peer=None,
        limit=handing_on_rate(servers, "b2_limit", workload, filled=True),
        bar=0.60,
        full_size=policies == BENCHMARKS["B2"].policies,
        details={**_details(run), "limit_while_publishing": round(while_publishing, 1)},
    )


def _details(run: Run) -> dict[str, Any]:
    return {
        "policies": run.totals.policies,
        "villages": run.totals.villages,
        "selling_days": run.totals.selling_days,
        "insured_a_policy": round(run.totals.persons / run.totals.policies, 3),
        "product_seconds": round(run.seconds, 3),
        "publishing_seconds": round(run.publishing_seconds, 3),
    }


BENCHMARKS = {"B1": Benchmark(200_000, batches), "B2": Benchmark(20_000, single_events)}
