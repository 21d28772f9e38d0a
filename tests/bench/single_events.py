"""B2: one event a message end to end, beside a bare loop that hands the same messages on."""

from tests.bench.batches import details_of
from tests.bench.limits import handing_on_rate
from tests.bench.product import through_product
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.bench.workload import Workload

POLICIES = 20_000


def single_events(stand: Stand) -> Result:
    """20,000 policies, one a message."""
    work = Workload(stand.size(POLICIES), 1)
    with stand.display.step("B2: the product takes policies one by one", work.policies) as step:
        run = through_product(stand.servers, "b2", work, step)
    with stand.display.step("B2: a bare loop hands the same messages on"):
        while_publishing = handing_on_rate(stand.servers, "b2_while_publishing", work, filled=False)
        limit = handing_on_rate(stand.servers, "b2_limit", work, filled=True)
    return Result(
        id="B2",
        work=f"{work.policies:,} policies, one a message",
        unit="policies/s",
        product=run.rate,
        limit=limit,
        ratio=run.rate / limit,
        checks=[Check("× the limit", run.rate / limit, "≥", 0.60)],
        notes="the limit is a bare aio-pika loop that empties a full queue of the same messages; "
        f"while they are published, as in the product's run, it takes {while_publishing:,.0f}/s.",
        full_size=stand.is_full(POLICIES),
        details={**details_of(run), "limit_while_publishing": round(while_publishing, 1)},
    )
