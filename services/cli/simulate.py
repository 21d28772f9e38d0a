"""`guanai simulate`: a calibrated programme year, sent as insurers send it, with a progress bar."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import aio_pika
import httpx2
import typer
from pydantic_core import to_json
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.client import ask, client, fail
from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, claim_count, claim_events, policy_events
from shared.contracts.envelope import BATCH, insurer_of
from shared.messaging.topology import INTAKE

_BATCH = 500


class Sender(Protocol):
    """One way to submit a batch of one insurer to one service."""

    def send(self, service: str, insurer: str, events: list[dict[str, Any]]) -> None:
        """Returns when the batch is safe. Ends the command on trouble."""


def simulate_year(year: int, policies: int | None, via: str, rate: float, seed: int) -> None:
    """Send the policies, then the claims; prints what became of them."""
    reference = Path(os.environ.get("GUANAI_REFERENCE_DIR") or SHIPPED)
    plan = _plan(reference, year, policies, via, seed)
    answered: Counter[str] = Counter()
    sender = _over_amqp() if via == "amqp" else _OverHttp(answered)
    try:
        streams = [
            ("enrollment", policy_events(plan), plan.policies),
            ("claims", claim_events(plan), 3 * claim_count(plan)),
        ]
    except ValueError as error:
        fail(str(error))
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        for service, events, total in streams:
            task = bar.add_task(f"{service:>10}", total=total)
            for batch in _paced(_by_insurer(events), rate):
                sender.send(service, str(insurer_of(batch[0]["source"])), batch)
                bar.advance(task, len(batch))
    told = ", ".join(f"{count:,} {status}" for status, count in answered.items() if count)
    typer.echo(f"sent programme year {year}: {told or 'the broker has confirmed everything'}")


def _plan(reference: Path, year: int, policies: int | None, via: str, seed: int) -> Plan:
    if via not in ("http", "amqp"):
        fail("--via is http or amqp")
    insurers = (_amqp_user(),) if via == "amqp" else ("demo-life", "demo-care")
    return Plan(reference, year, policies or 4_440, seed, insurers)


def _by_insurer(events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Batches of one insurer each, in the order of the events."""
    stream = iter(events)
    while chunk := list(islice(stream, _BATCH)):
        for source in dict.fromkeys(event["source"] for event in chunk):
            yield [event for event in chunk if event["source"] == source]


def _paced(batches: Iterable[list[dict[str, Any]]], rate: float) -> Iterator[list[dict[str, Any]]]:
    began, sent = time.monotonic(), 0
    for batch in batches:
        yield batch
        sent += len(batch)
        if rate and (ahead := sent / rate - (time.monotonic() - began)) > 0:
            time.sleep(ahead)


class _OverHttp:
    def __init__(self, answered: Counter[str]) -> None:
        self._http: httpx2.Client = client()
        self._answered = answered

    def send(self, service: str, insurer: str, events: list[dict[str, Any]]) -> None:
        headers = {"Content-Type": BATCH}
        answer = ask(self._http, "POST", f"/{service}/v1/events", content=to_json(events), headers=headers)
        self._answered.update({k: v for k, v in answer.items() if k != "receipts"})


def _amqp_user() -> str:
    url = os.environ.get("GUANAI_AMQP_URL")
    if not url:
        fail("Set GUANAI_AMQP_URL to the broker's address with the user of the insurer: amqp://demo-life:...@host/")
    return str(urlsplit(url).username or "guest")


def _over_amqp() -> Sender:
    return _OverAmqp(os.environ["GUANAI_AMQP_URL"])


class _OverAmqp:
    """Publishes as the user of the address: the broker vouches for the name."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._user = urlsplit(url).username
        self._exchange = self._loop.run_until_complete(self._connected(url))

    async def _connected(self, url: str) -> aio_pika.abc.AbstractExchange:
        try:
            self._connection = await aio_pika.connect(url)
        except (OSError, aio_pika.exceptions.AMQPError) as error:
            fail(f"RabbitMQ cannot be reached ({type(error).__name__}): check GUANAI_AMQP_URL")
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        return await channel.get_exchange(INTAKE, ensure=False)

    def send(self, service: str, insurer: str, events: list[dict[str, Any]]) -> None:
        kind = "policy" if service == "enrollment" else "claim"
        message = aio_pika.Message(
            to_json(events),
            content_type=BATCH,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=f"{events[0]['id']}+{len(events)}",
            user_id=self._user,
        )
        self._loop.run_until_complete(self._exchange.publish(message, f"{insurer}.{kind}.batch", timeout=60))
