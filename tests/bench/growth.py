"""B5: what a policy costs with the whole year in, against an empty database, one right after the other."""

from tests.bench.batches import EVENTS_A_MESSAGE, POLICIES, details_of
from tests.bench.loaded_year import the_year
from tests.bench.product import publisher_of, taken, through_product
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.bench.workload import Workload
from tests.bench.year import FULL_SIZE

SEED = 5
DATABASE = "b5"


def growth(stand: Stand) -> Result:
    """B1's batches in both; the services of the year rest while the empty ones work."""
    year, work = the_year(stand), Workload(stand.size(POLICIES), EVENTS_A_MESSAGE, SEED)
    with stand.display.step("B5: policies come into an empty database", work.policies) as step, year.resting():
        empty = through_product(stand.servers, DATABASE, work, step)
        stand.servers.drop(DATABASE)
    with (
        stand.display.step("B5: the same come to the whole year", work.policies) as step,
        publisher_of(year.amqp_url, work) as publisher,
    ):
        full = taken(year.platform, publisher, stand.servers, step)
    ratio = empty.rate / full.rate
    return Result(
        id="B5",
        work=f"{work.policies:,} policies in batches on top of {year.tally.counts['policies']:,}",
        unit="µs/policy",
        product=1e6 / full.rate,
        limit=1e6 / empty.rate,
        ratio=ratio,
        checks=[Check("× the cost in an empty database", ratio, "≤", 1.15)],
        notes="the limit is the same in an empty database, right before.",
        full_size=stand.is_full(FULL_SIZE),
        details={"empty": details_of(empty), "full": details_of(full)},
    )
