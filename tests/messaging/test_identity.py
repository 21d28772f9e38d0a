"""Who sent it is what the broker vouches for: never the body, the routing key or a header from outside."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from yarl import URL

from shared.contracts.envelope import ONE
from shared.messaging import consume as consuming
from shared.messaging.topology import INTAKE
from shared.messaging.transport import SENDER, Message
from tests.messaging.conftest import connected, opened
from tests.messaging.events import json_of, policy
from tests.messaging.house import INTAKE_QUEUE, at_work, build, eventually
from tests.messaging.office import Office, books
from tests.nodes.rabbitmq import RabbitMQ

KEY = "any-key.policy.issued"
_ADD = (
    'rabbit_auth_backend_internal:add_user(<<"{0}">>, <<"secret">>, <<"guest">>), '
    'rabbit_auth_backend_internal:set_permissions(<<"{0}">>, <<"{1}">>, '
    '<<"^$">>, <<"^guanai.intake$">>, <<"^$">>, <<"guest">>).'
)
_REMOVE = 'rabbit_auth_backend_internal:delete_user(<<"{0}">>, <<"guest">>).'
Submit = Callable[..., Awaitable[None]]


@pytest.fixture
async def office(surroundings: tuple[str, str | Path]) -> AsyncIterator[Office]:
    """A policy office, both ways to run."""
    database_url, address = surroundings
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(database_url))
        await build(database, books)
        yield Office(database, await stack.enter_async_context(connected(address)))


@pytest.fixture
def insurer() -> str:
    """An insurer with a broker user of that name."""
    return f"life-{uuid4().hex[:8]}"


@pytest.fixture
def submit(
    request: pytest.FixtureRequest, surroundings: tuple[str, str | Path], insurer: str, office: Office
) -> Iterator[Submit]:
    """Publish a body as `insurer`, over the broker as that user or within the process."""
    address = surroundings[1]
    if isinstance(address, Path):

        async def within(body: bytes, **headers: Any) -> None:
            known = {SENDER: insurer, **headers}
            assert await office.transport.publish([Message(INTAKE, KEY, body, "m", ONE, known)]) == [None]

        yield within
        return
    broker: RabbitMQ = request.getfixturevalue("rabbitmq")
    broker.evaluate(_ADD.format(insurer, URL(address).path.strip("/")))

    async def over_the_broker(body: bytes, user_id: str | None = insurer, **headers: Any) -> None:
        await publish(str(URL(address).with_user(insurer).with_password("secret")), body, user_id, headers)

    yield over_the_broker
    broker.evaluate(_REMOVE.format(insurer))


async def publish(url: str, body: bytes, user_id: str | None, headers: dict[str, Any]) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(INTAKE, ensure=False)
        message = aio_pika.Message(body, headers=headers, user_id=user_id, content_type=ONE)
        await exchange.publish(message, KEY, timeout=10)


async def deliveries(office: Office, count: int) -> None:
    async with at_work(office.consumer(INTAKE_QUEUE)):
        await eventually(lambda: sum(n for k, n in office.watch.counts.items() if k[0] == "deliveries") >= count)


async def test_an_insurer_whom_the_broker_vouches_for_is_taken_in(office: Office, submit: Submit, insurer: str) -> None:
    await submit(json_of(policy("P1", insurer=insurer)))
    await deliveries(office, 1)
    assert [(r["to"], r["status"]) for r in await office.receipts()] == [(insurer, "accepted")]


async def test_a_source_that_names_another_insurer_is_refused_to_the_real_sender(
    office: Office, submit: Submit, insurer: str
) -> None:
    await submit(json_of(policy("P1", "the id", insurer="victim-life"), policy("P2", insurer=insurer)))
    await deliveries(office, 1)
    answers = {r["event_id"]: (r["to"], r["status"], [e["code"] for e in r["errors"]]) for r in await office.receipts()}
    assert answers == {
        "the id": (insurer, "rejected", ["wrong_insurer"]),
        "s-P2": (insurer, "accepted", []),
    }
    await office.submit(policy("P9", "the id", insurer="victim-life"), sender="victim-life")
    assert (await office.receipts())[-1]["status"] == "accepted"


async def test_a_body_that_is_no_json_is_answered_and_kept(office: Office, submit: Submit, insurer: str) -> None:
    await submit(b'{"id": "x", ')
    await deliveries(office, 1)
    (receipt,) = await office.receipts()
    assert (receipt["to"], receipt["status"], receipt["errors"][0]["code"]) == (insurer, "rejected", "invalid_json")
    assert await office.dead_reasons(INTAKE_QUEUE) == ["invalid_json"]


async def test_too_large_a_body_is_answered_and_kept(office: Office, submit: Submit) -> None:
    await submit(json_of(policy("P1")) + b" " * 1_048_576)
    await deliveries(office, 1)
    (receipt,) = await office.receipts()
    assert receipt["errors"][0]["code"] == "too_large"
    assert await office.dead_reasons(INTAKE_QUEUE) == ["too_large"]


async def test_a_copied_message_is_dead(office: Office, submit: Submit, insurer: str) -> None:
    await submit(json_of(policy("P1", insurer=insurer)), CC=["victim-life.policy.issued"])
    await deliveries(office, 1)
    assert "copied_by_header" in await office.dead_reasons(INTAKE_QUEUE)
    assert (office.count("intake_refused", "copied_by_header") >= 1, await office.receipts()) == (True, [])


async def test_a_submission_of_nobody_is_dead_and_counted(office: Office, submit: Submit, insurer: str) -> None:
    nobody: dict[str, Any] = {SENDER: ""} if office.transport.name == "local" else {"user_id": None}
    await submit(json_of(policy("P1", insurer=insurer)), **nobody)
    await deliveries(office, 1)
    assert await office.dead_reasons(INTAKE_QUEUE) == ["no_user_id"]
    assert (office.count("intake_refused", "no_user_id"), await office.receipts()) == (1, [])


async def test_a_dead_submission_of_nobody_stays_nobodys_when_it_comes_again(
    office: Office, submit: Submit, insurer: str
) -> None:
    nobody: dict[str, Any] = {SENDER: ""} if office.transport.name == "local" else {"user_id": None}
    await submit(json_of(policy("P1", insurer="guest")), **nobody)
    await deliveries(office, 1)
    (letter,) = await office.transport.dead_letters(INTAKE_QUEUE, 10)
    assert await office.transport.requeue(INTAKE_QUEUE, letter.id)
    await deliveries(office, 2)
    assert (await office.stored(), await office.dead_reasons(INTAKE_QUEUE)) == ([], ["no_user_id"])


async def test_a_failed_submission_keeps_its_sender_through_retries_and_requeue(
    office: Office, submit: Submit, insurer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "MOST_ATTEMPTS", 2)
    monkeypatch.setattr(consuming, "RETRY_SECONDS", 0.1)
    await submit(json_of(policy("P1", insurer=insurer, units=1_000_000)))
    await deliveries(office, 2)
    (letter,) = await office.transport.dead_letters(INTAKE_QUEUE, 10)
    assert await office.transport.requeue(INTAKE_QUEUE, letter.id)
    office.on_sale.clear()
    await deliveries(office, 3)
    assert [(r["to"], r["status"]) for r in await office.receipts()] == [(insurer, "rejected")]


async def test_a_sender_header_from_outside_is_nobodys_word(amqp_url: str, rabbitmq: RabbitMQ, pg_url: str) -> None:
    rabbitmq.evaluate(_ADD.format("evil-life", URL(amqp_url).path.strip("/")))
    evil = str(URL(amqp_url).with_user("evil-life").with_password("secret"))
    async with opened(pg_url) as database, connected(amqp_url) as transport:
        await build(database, books)
        office = Office(database, transport)
        await publish(evil, json_of(policy("P1", insurer="victim-life")), "evil-life", {SENDER: "victim-life"})
        await deliveries(office, 1)
        assert [(r["to"], r["status"]) for r in await office.receipts()] == [("evil-life", "rejected")]
    rabbitmq.evaluate(_REMOVE.format("evil-life"))


async def test_the_broker_itself_refuses_a_false_user_id(amqp_url: str, rabbitmq: RabbitMQ) -> None:
    rabbitmq.evaluate(_ADD.format("evil-life", URL(amqp_url).path.strip("/")))
    evil = str(URL(amqp_url).with_user("evil-life").with_password("secret"))
    async with connected(amqp_url):
        with pytest.raises(aio_pika.exceptions.AMQPError):
            await publish(evil, json_of(policy("P1", insurer="victim-life")), "victim-life", {})
    rabbitmq.evaluate(_REMOVE.format("evil-life"))


async def test_a_blind_copy_is_the_senders_own_all_the_same(amqp_url: str, rabbitmq: RabbitMQ, pg_url: str) -> None:
    rabbitmq.evaluate(_ADD.format("evil-life", URL(amqp_url).path.strip("/")))
    evil = str(URL(amqp_url).with_user("evil-life").with_password("secret"))
    async with opened(pg_url) as database, connected(amqp_url) as transport:
        await build(database, books)
        office = Office(database, transport)
        body = json_of(policy("P1", insurer="victim-life"))
        await publish(evil, body, "evil-life", {"BCC": ["victim-life.policy.issued"]})
        await deliveries(office, 1)
        assert {(r["to"], r["status"]) for r in await office.receipts()} == {("evil-life", "rejected")}
    rabbitmq.evaluate(_REMOVE.format("evil-life"))
