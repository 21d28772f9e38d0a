"""An insurer's system on a real broker: it may submit in its own name and read its own receipts, nothing else."""

import asyncio
import re
import shlex
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import aio_pika
import aio_pika.exceptions
import pytest
from pydantic_core import from_json, to_json

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, policy_events
from tests.journeys.platform import Platform
from tests.nodes.rabbitmq import RabbitMQ

NAME = "demo-life"


@pytest.fixture
def insurer_url(tmp_path: Path, amqp_url: str, pg_url: str, rabbitmq: RabbitMQ) -> Iterator[str]:
    """The address of a registered insurer's own RabbitMQ user, with enrollment running."""
    environment = {"GUANAI_AMQP_URL": amqp_url, "GUANAI_DATABASE_URL": pg_url, "GUANAI_TODAY": "2021-08-31"}
    platform = Platform(tmp_path, environment)
    try:
        platform.command("migrate")
        platform.command("declare")
        platform.start("enrollment", "claims", "reporting", "notify")
        platform.command("load", "regions", str(SHIPPED / "regions.csv"))
        platform.command("load", "regions", str(SHIPPED / "regions_villages.csv.gz"))
        platform.command("load", "products", str(SHIPPED / "products.csv"))
        told = platform.command("insurer", "add", NAME)
        lines = [shlex.split(line) for line in told.splitlines() if line.startswith("  rabbitmqctl ")]
        assert len(lines) == 4
        for line in lines:
            rabbitmq.ctl(*line[1:])
        password = lines[0][3]
        yield re.sub(r"//[^@]*@", f"//{NAME}:{password}@", amqp_url)
    finally:
        rabbitmq.ctl("delete_user", NAME)
        platform.close()


def message(events: list[dict[str, Any]], user: str | None = NAME) -> aio_pika.Message:
    return aio_pika.Message(
        to_json(events), content_type="application/cloudevents-batch+json", user_id=user, message_id=events[0]["id"]
    )


async def receipts_after(url: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Submit as the insurer and read as many receipts from its own queue."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(on_return_raises=True)
        queue = await channel.declare_queue(f"receipts.{NAME}", durable=True)
        await queue.bind("guanai.receipts", NAME)
        intake = await channel.get_exchange("guanai.intake", ensure=False)
        await intake.publish(message(events), f"{NAME}.policy.issued")
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(30), queue.iterator() as arriving:
            async for arrived in arriving:
                body = from_json(arrived.body)
                found += body if isinstance(body, list) else [body]
                await arrived.ack()
                if len(found) >= len(events):
                    break
        return [event["data"] for event in found]


async def refusal(url: str, exchange: str, key: str, user: str | None, events: list[dict[str, Any]]) -> str:
    """The name of the error that the broker answers with, empty when it lets it pass."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(on_return_raises=True)
        try:
            target = await channel.get_exchange(exchange, ensure=False)
            await target.publish(message(events, user), key, timeout=10)
        except aio_pika.exceptions.AMQPError as error:
            return type(error).__name__
        return ""


async def may_read(url: str, queue: str) -> bool:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        try:
            await (await channel.get_queue(queue, ensure=False)).get(fail=False)
        except aio_pika.exceptions.AMQPError:
            return False
        return True


def test_an_insurer_submits_and_reads_its_receipts_and_can_do_nothing_else(insurer_url: str) -> None:
    own = list(islice(policy_events(Plan(SHIPPED, 2021, 2_220, insurers=(NAME,))), 20))
    others = list(islice(policy_events(Plan(SHIPPED, 2021, 2_220, insurers=("ins-b",))), 3))
    receipts = asyncio.run(receipts_after(insurer_url, own))
    assert [receipt["status"] for receipt in receipts] == ["accepted"] * len(own)
    assert {receipt["event_id"] for receipt in receipts} == {event["id"] for event in own}

    forged = asyncio.run(receipts_after(insurer_url, others))
    assert {(r["status"], r["errors"][0]["code"]) for r in forged} == {("rejected", "wrong_insurer")}

    attempts = [("guanai.intake", "ins-b.policy.issued", NAME), ("guanai.intake", f"{NAME}.policy.issued", "ins-b"),
                ("guanai.events", "policy.issued.4501", NAME), ("", "reporting.facts", NAME)]  # fmt: skip
    for exchange, key, user in attempts:
        assert asyncio.run(refusal(insurer_url, exchange, key, user, own)), (exchange, key, user)
    assert not asyncio.run(may_read(insurer_url, "enrollment.intake"))
