"""Several replicas of a service: nothing is counted twice, a killed one is taken over, and the totals are the same."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, claim_events, policy_events
from tests.journeys.platform import SERVICES, TWO_OF_EACH, TWO_SHARDS, Platform, furnished, until
from tests.journeys.test_a_year_flows import measures, publish
from tests.journeys.test_trust import digests

pytestmark = pytest.mark.usefixtures("hashing")
PLAN = Plan(SHIPPED, 2021, 4_000, seed=3, insurers=("guest",))
SHARDS = ("reporting.facts.0", "reporting.facts.1")
SUMS = ("cells", "households", "covers", "payment_days")


@contextmanager
def sharded(directory: Path, amqp_url: str, pg_url: str, processes: tuple[str, ...]) -> Iterator[Platform]:
    with furnished(directory, amqp_url, pg_url, processes, GUANAI_REPORTING_SHARDS="2") as made:
        yield made


def applied(platform: Platform, replica: str) -> dict[str, int]:
    """Events that a replica of reporting has brought into effect, by queue."""
    page = platform.get(replica, "/reporting/metrics").text
    lines = re.findall(r'guanai_events_applied_total{queue="(reporting.facts[.0-9]*)",.*} (\S+)', page)
    return {queue: int(float(number)) for queue, number in lines}


def test_the_shard_of_a_killed_replica_is_taken_over_and_everything_counts_once(
    tmp_path: Path, amqp_url: str, pg_url: str
) -> None:
    policies = list(policy_events(PLAN))
    with sharded(tmp_path, amqp_url, pg_url, TWO_SHARDS) as platform:
        asyncio.run(publish(amqp_url, "policy", policies[:1_500]))
        until(lambda: applied(platform, "reporting").get(SHARDS[0], 0) > 100, what="the first replica books")
        until(lambda: applied(platform, "reporting.1").get(SHARDS[1], 0) > 100, what="so does the second")
        asyncio.run(publish(amqp_url, "policy", policies[1_500:]))
        platform.kill("reporting.1")
        until(lambda: measures(platform)["policies"] >= len(policies), what="every policy is booked")

        found = measures(platform)
        assert found["policies"] == len(policies)
        assert found["units"] == sum(event["data"]["units"] for event in policies)
        assert found["households"] == len({event["data"]["household_no"] for event in policies})
        assert applied(platform, "reporting")[SHARDS[1]] > 0
        assert platform.get("reporting", "/reporting/v1/invariants").json()["items"] == []
        assert platform.get("reporting", "/reporting/v1/dead").json()["items"] == []

        platform.start("reporting.1")
        queues = platform.get("reporting.1", "/reporting/v1/queues").json()["items"]
        assert [queue["advice"] for queue in queues] == [None] * 3
        told = platform.command("rebuild", "reporting", "--yes")
        assert "identical row by row" in told


def after_a_year(platform: Platform, amqp_url: str, pg_url: str) -> dict[str, str]:
    """What every row of sums says after policies and claims have come at the same time."""
    policies, claims = list(policy_events(PLAN)), list(islice(claim_events(PLAN), 6_000))
    expected = {kind: sum(e["type"].endswith(f"claim.{kind}.v1") for e in claims) for kind in ("reported", "paid")}

    async def both() -> None:
        await asyncio.gather(publish(amqp_url, "claim", claims), publish(amqp_url, "policy", policies))

    asyncio.run(both())
    until(lambda: measures(platform)["policies"] >= len(policies), what="every policy is booked")
    until(lambda: measures(platform)["claims_paid"] >= expected["paid"], what="every payment is booked")
    until(lambda: measures(platform)["claims_reported"] >= expected["reported"], what="every claim is booked")
    found = measures(platform)
    assert found["policies"] == len(policies)
    assert {kind: found[f"claims_{kind}"] for kind in expected} == expected
    return {table: digest for table, digest in digests(pg_url).items() if table in SUMS}


def test_one_of_each_and_two_of_each_come_to_the_same(
    tmp_path: Path, amqp_url: str, pg_url: str, second_amqp_url: str, second_pg_url: str
) -> None:
    (tmp_path / "one").mkdir()
    with furnished(tmp_path / "one", amqp_url, pg_url, SERVICES) as platform:
        alone = after_a_year(platform, amqp_url, pg_url)
    (tmp_path / "two").mkdir()
    with sharded(tmp_path / "two", second_amqp_url, second_pg_url, TWO_OF_EACH) as platform:
        assert after_a_year(platform, second_amqp_url, second_pg_url) == alone
        for replica, shard in (("reporting", SHARDS[0]), ("reporting.1", SHARDS[1])):
            assert applied(platform, replica)[shard] > 0, replica
        for service in TWO_OF_EACH:
            name = service.partition(".")[0]
            assert platform.get(service, f"/{name}/v1/dead").json()["items"] == []
            assert "events_applied_total" in platform.get(service, f"/{name}/metrics").text
            assert platform.stop(service) == 0, platform.log_of(service)
