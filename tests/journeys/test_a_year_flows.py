"""Insurers submit, a consumer is killed in the middle, and the numbers are exact."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from pydantic_core import to_json

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, claim_events, policy_events
from tests.journeys.platform import SERVICES, Platform, furnished, until

Event = dict[str, Any]
PLAN = Plan(SHIPPED, 2021, 6_000, seed=1, insurers=("guest",))


@pytest.fixture
def platform(tmp_path: Path, amqp_url: str, pg_url: str) -> Iterator[Platform]:
    """All services in processes of their own."""
    with furnished(tmp_path, amqp_url, pg_url) as made:
        yield made


async def publish(amqp_url: str, kind: str, events: list[Event]) -> None:
    """As an insurer's system does: batches, persistent, confirmed, with the user's own name."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        intake = await channel.get_exchange("guanai.intake", ensure=False)
        for start in range(0, len(events), 200):
            batch = events[start : start + 200]
            message = aio_pika.Message(
                to_json(batch),
                content_type="application/cloudevents-batch+json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=batch[0]["id"],
                user_id="guest",
            )
            await intake.publish(message, f"guest.{kind}.batch")


def yuan(events: list[Event], *path: str) -> str:
    """The exact sum of decimal strings, as one."""
    total = 0
    for event in events:
        value: Any = event["data"]
        for name in path:
            value = value[name]
        total += int(value.replace(".", ""))
    return f"{total // 100}.{total % 100:02d}"


def measures(platform: Platform, region: str = "45") -> dict[str, Any]:
    answer = platform.get("reporting", "/reporting/v1/indicators", region=region, year=2021)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["measures"]
    return found


def test_totals_are_exact_after_a_consumer_was_killed_in_the_middle(platform: Platform, amqp_url: str) -> None:
    policies = list(policy_events(PLAN))
    known = {event["data"]["policy_no"] for event in policies}
    claims = [e for e in islice(claim_events(PLAN), 9_000)]
    asyncio.run(publish(amqp_url, "policy", policies))
    until(lambda: measures(platform)["policies"] > 300, what="the first policies are booked")
    platform.kill("reporting")
    asyncio.run(publish(amqp_url, "claim", claims))
    asyncio.run(publish(amqp_url, "policy", policies[:1_000]))
    platform.kill("claims")
    platform.start("reporting", "claims")

    reported = [e for e in claims if e["type"].endswith("claim.reported.v1")]
    paid = [e for e in claims if e["type"].endswith("claim.paid.v1")]
    assert {event["data"]["policy_no"] for event in reported} <= known
    until(lambda: measures(platform)["policies"] >= len(known), what="every policy is booked")
    until(lambda: measures(platform)["claims_paid"] >= len(paid), what="every claim is booked")

    found = measures(platform)
    assert found["policies"] == len(known) == 6_000
    assert found["units"] == sum(e["data"]["units"] for e in policies) == 3_061_912
    assert found["persons"] == sum(len(e["data"]["insured"]) for e in policies)
    assert found["households"] == len({e["data"]["household_no"] for e in policies})
    assert found["premium"]["fiscal"] == yuan(policies, "premium", "fiscal")
    assert found["premium"]["self_paid"] == yuan(policies, "premium", "self_paid")
    assert found["claims_reported"] == len(reported)
    assert found["claims_paid"] == len(paid)
    assert found["paid_amount"] == yuan(paid, "amount")
    village = policies[17]["data"]["region"]
    assert measures(platform, village)["units"] == sum(
        e["data"]["units"] for e in policies if e["data"]["region"] == village
    )
    for service in SERVICES:
        assert platform.get(service, f"/{service}/v1/dead").json()["items"] == []
        assert platform.stop(service) == 0, platform.log_of(service)


def test_a_simulated_year_over_amqp_adds_up_exactly(platform: Platform) -> None:
    told = platform.command("simulate", "--year", "2020", "--policies", "2220", "--via", "amqp")
    assert "confirmed" in told
    year = "/reporting/v1/indicators?region=45&year=2020"
    until(lambda: '"policies":2220,' in platform.get("reporting", year).text, what="all is booked")
    measures = platform.get("reporting", year).json()["measures"]
    assert (measures["units"], measures["premium"]["total"]) == (2_867_602, "116120000.00")


def test_submissions_are_accepted_while_the_broker_is_away(platform: Platform, rabbitmq: Any) -> None:
    policies = list(islice(policy_events(PLAN), 50))
    rabbitmq.kill()
    until(lambda: platform.get("enrollment", "/enrollment/readyz").status_code == 503, what="not ready is said")
    said = platform.get("enrollment", "/enrollment/readyz").json()
    assert "RabbitMQ" in said["broker"]
    assert said["database"] == "ok"
    answer = platform.post("enrollment", "/enrollment/v1/events", json=policies)
    assert answer.status_code == 200
    assert answer.json()["accepted"] == len(policies)
    rabbitmq.start()
    until(lambda: measures(platform)["policies"] == len(policies), what="the policies are booked")


def test_a_service_says_that_its_database_is_away_and_goes_on_when_it_is_back(
    platform: Platform, postgresql: Any
) -> None:
    postgresql.stop()
    until(lambda: platform.get("reporting", "/reporting/readyz").status_code == 503, what="not ready is said")
    assert "database" in platform.get("reporting", "/reporting/readyz").json()["database"]
    answer = platform.get("reporting", "/reporting/v1/indicators", region="45")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    postgresql.start()
    until(lambda: platform.is_ready("reporting"), what="ready again")
    policies = list(islice(policy_events(PLAN), 20))
    assert platform.post("enrollment", "/enrollment/v1/events", json=policies).json()["accepted"] == 20
    until(lambda: measures(platform)["policies"] == 20, what="the policies are booked")
