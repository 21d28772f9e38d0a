"""Letters really arrive: at least once, over every channel, whatever happens in between, and the ledger says so."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notify.errands import delivery as loop
from services.notify.errands.claims import LEASE, claim_due
from services.notify.errands.ledger import record
from services.notify.gateways import Gateway, GivenUp, Letter, Outcome, Sent
from services.notify.tables import attempts, deliveries, notices, routes
from shared.messaging.outcomes import Unavailable
from tests.handlers.notify_house import House, house_at, lagging, open_office, recovered, until
from tests.handlers.sinks import Got, HttpSink, MailSink, Reply, silence

WARNING = "behind_pace.4501.2021.1.warning"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef" * 2).decode()
OK = Reply(200, b'{"errcode": 0, "errmsg": "ok"}')


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.02)
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with house_at(url, tmp_path) as made:
        yield made


@pytest.fixture
async def hook() -> AsyncIterator[HttpSink]:
    async with HttpSink() as sink:
        yield sink


@pytest.fixture
async def post_office() -> AsyncIterator[MailSink]:
    async with MailSink() as sink:
        yield sink


async def listens(house: House, address: str, region: str = "", secret: str = SECRET, number: int = 1) -> None:
    at = {"created_at": house.clock.now() + timedelta(seconds=number), "disabled_because": None}
    await house.write(
        routes, {"id": f"r{number}", "region": region, "channel": "webhook", "address": address, "secret": secret, **at}
    )


def is_signed(got: Got, secret: str = SECRET) -> bool:
    return signature_with(secret, got) in got.headers["webhook-signature"].split(" ")


def signature_with(secret: str, got: Got) -> str:
    """By the specification, written without our own code."""
    signed = b".".join([got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body])
    digest = hmac.new(base64.b64decode(secret[6:]), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


async def settled(house: House) -> bool:
    rows = await house.rows(deliveries)
    return all(row["delivered_at"] or row["given_up_because"] for row in rows)


async def attempted(house: House, times: int) -> bool:
    """The last of so many attempts is written down."""
    rows = await house.rows(attempts)
    return len(rows) == times and all(row["outcome"] != "begun" for row in rows)


async def test_every_contact_and_route_gets_every_notice(house: House, hook: HttpSink, post_office: MailSink) -> None:
    async with HttpSink() as robot:
        robot.usual = OK
        key = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
        url = f"{robot.url}/cgi-bin/webhook/send?key={key}"
        await house.know({"region": "4501", "email": "secretary@city.example", "robot_url": url})
        await house.know({"region": "4502", "email": "other@city.example"})
        await listens(house, f"{hook.url}/hook")
        office = house.office(smtp_url=f"smtp://127.0.0.1:{post_office.port}", wecom_base_url=robot.url)
        async with open_office(office):
            for news in (lagging(), recovered()):
                await house.tell(news)
                await until(lambda: settled(house))
    ids = {WARNING, "behind_pace.4501.2021.1.recovered"}
    assert {json.loads(got.body)["id"] for got in hook.got} == ids
    assert all(is_signed(got) for got in hook.got)
    assert post_office.recipients == ["secretary@city.example"] * 2
    titles = {row["title"] for row in await house.rows(notices)}
    assert {mail["Subject"] for mail in post_office.mails} == titles
    contents = [json.loads(got.body)["markdown"]["content"] for got in robot.got]
    assert {content.split("**")[1] for content in contents} == titles
    assert await house.said() == ["notice.delivered.4501"] * 6
    assert {row["attempts"] for row in await house.rows(deliveries)} == {1}


async def test_a_webhook_carries_the_evidence(house: House, hook: HttpSink) -> None:
    await listens(house, hook.url)
    await house.tell(lagging())
    async with open_office(house.office()):
        await until(lambda: settled(house))
    data = json.loads(hook.got[0].body)["data"]
    assert (data["kind"], data["rule"], data["region"], data["episode"]) == ("lagging", "behind_pace", "4501", 1)
    assert (data["evidence"]["threshold"], len(data["evidence"]["children"])) == (0.9, 5)
    assert data["title"].startswith("【滞后提醒】南宁市")


async def test_while_a_secret_changes_both_sign_the_newer_first(house: House, hook: HttpSink) -> None:
    new = "whsec_" + base64.b64encode(b"fedcba9876543210" * 2).decode()
    await listens(house, hook.url)
    await listens(house, hook.url, secret=new, number=2)
    await house.tell(lagging())
    async with open_office(house.office()):
        await until(lambda: settled(house))
    (got,) = hook.got
    signatures = [signature_with(secret, got) for secret in (new, SECRET)]
    assert got.headers["webhook-signature"].split(" ") == signatures


class KilledAfterSending:
    """The letter has gone out; whoever sent it dies before it is written down."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.sent = asyncio.Event()

    async def send(self, address: str, letter: Letter) -> Outcome:
        await self._gateway.send(address, letter)
        self.sent.set()
        raise asyncio.CancelledError


async def test_killed_after_sending_the_letter_goes_out_again_with_the_same_id(house: House, hook: HttpSink) -> None:
    await listens(house, hook.url)
    await house.tell(lagging())
    office = house.office()
    async with house.running.database.begin() as tx:
        (errand,) = await claim_due(tx, 8)
    office.secrets[errand.address] = errand.secrets
    killed = KilledAfterSending(office.gateways["webhook"])
    with pytest.raises(asyncio.CancelledError):
        await killed.send(errand.address, errand.letter)
    assert await house.ledger() == [(1, "begun", "")]
    house.clock.turn(seconds=LEASE.total_seconds() - 1)
    async with house.running.database.begin() as tx:
        assert await claim_due(tx, 8) == []
    house.clock.turn(seconds=1)
    async with open_office(office):
        await until(lambda: settled(house))
    assert [got.headers["webhook-id"] for got in hook.got] == [WARNING] * 2
    assert hook.got[0].body == hook.got[1].body
    assert await house.ledger() == [(1, "begun", ""), (2, "sent", "HTTP 200")]
    assert await house.said() == ["notice.delivered.4501"]


async def test_stopped_the_loop_brings_its_letters_to_their_end(house: House, hook: HttpSink) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        reached.set()
        await go_on.wait()
        writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    hook.usual = slowly
    await listens(house, hook.url)
    await house.tell(lagging())
    async with open_office(house.office()):
        await reached.wait()
        asyncio.get_running_loop().call_later(0.1, go_on.set)
    assert (await house.delivery())["delivered_at"] == house.clock.now()
    assert len(hook.got) == 1


async def test_a_replica_that_slept_through_its_lease_changes_nothing(house: House, hook: HttpSink) -> None:
    await listens(house, hook.url)
    await house.tell(lagging())
    async with house.running.database.begin() as tx:
        (sleeper,) = await claim_due(tx, 1)
    house.clock.turn(seconds=LEASE.total_seconds())
    async with house.running.database.begin() as tx:
        (other,) = await claim_due(tx, 1)
        assert await record(tx, sleeper, GivenUp("HTTP 404"), 0.5) == []
        assert await claim_due(tx, 1) == []
        assert len(await record(tx, other, Sent("HTTP 200"), 0.5)) == 1
        assert await record(tx, sleeper, Sent("HTTP 200"), 0.5) == []
    assert await house.ledger() == [(1, "sent", "HTTP 200"), (2, "sent", "HTTP 200")]
    assert (await house.delivery())["attempts"] == 2


async def test_replicas_share_the_letters(house: House, hook: HttpSink) -> None:
    for number in range(20):
        await listens(house, f"{hook.url}/{number}", number=number)
    await house.tell(lagging())
    async with open_office(house.office()), open_office(house.office()), open_office(house.office()):
        await until(lambda: settled(house))
    assert sorted(got.target for got in hook.got) == sorted(f"/{number}" for number in range(20))


async def test_it_is_tried_again_later_and_the_ledger_tells_all(house: House, hook: HttpSink) -> None:
    hook.replies.extend([Reply(500), Reply(503, headers={"Retry-After": "3600"})])
    await listens(house, hook.url)
    await house.tell(lagging())
    async with open_office(house.office()):
        await until(lambda: attempted(house, 1))
        waiting = await house.delivery()
        assert timedelta(seconds=24) <= waiting["due_at"] - house.clock.now() <= timedelta(seconds=36)
        assert waiting["waits_because"] == "HTTP 500"
        house.clock.turn(seconds=36)
        await until(lambda: attempted(house, 2))
        assert (await house.delivery())["due_at"] - house.clock.now() == timedelta(hours=1)
        house.clock.turn(hours=1)
        await until(lambda: settled(house))
    assert [line[1:] for line in await house.ledger()] == [
        ("try_again", "HTTP 500"),
        ("try_again", "HTTP 503"),
        ("sent", "HTTP 200"),
    ]
    assert (await house.delivery())["attempts"] == 3
    assert {got.headers["webhook-id"] for got in hook.got} == {WARNING}


async def test_after_three_days_in_vain_it_is_given_up_and_everyone_is_told(house: House, hook: HttpSink) -> None:
    hook.usual = Reply(500)
    await listens(house, hook.url)
    await house.tell(lagging())
    async with open_office(house.office()):
        for attempt in range(1, 13):
            await until(lambda attempt=attempt: attempted(house, attempt))  # type: ignore[misc]
            house.clock.turn(hours=15)
        await until(lambda: settled(house))
    assert len(hook.got) == 12
    assert (await house.delivery())["given_up_because"] == "tried 12 times, the last time: HTTP 500"
    assert await house.said() == ["notice.failed.4501"]


async def test_an_endpoint_that_is_gone_gets_nothing_more(house: House, hook: HttpSink) -> None:
    hook.replies.append(Reply(410))
    await listens(house, hook.url)
    await house.tell(lagging())
    async with open_office(house.office()):
        await until(lambda: settled(house))
    assert (await house.rows(routes))[0]["disabled_because"] == "endpoint is gone"
    await house.tell(recovered())
    assert len(await house.rows(deliveries)) == 1


async def test_contacts_under_invalid_are_switched_off_without_noise(house: House, post_office: MailSink) -> None:
    await house.know(
        {"region": "4501", "email": "association-4501@example.invalid", "robot_url": "https://robot.invalid/x?key=y"}
    )
    await house.tell(lagging())
    for settings in ({}, {"smtp_url": f"smtp://127.0.0.1:{post_office.port}"}):
        async with open_office(house.office(**settings)):
            await until(lambda: settled(house))
    rows = await house.rows(deliveries)
    assert {row["given_up_because"] for row in rows} == {"switched off: reserved domain"}
    assert await house.said() == []
    assert post_office.mails == []


async def test_mail_waits_for_a_server_without_using_up_attempts(house: House, post_office: MailSink) -> None:
    await house.know({"region": "4501", "email": "secretary@city.example"})
    await house.tell(lagging())

    async def waits_since_now() -> bool:
        row = await house.delivery()
        return bool(row["waits_because"]) and row["due_at"] > house.clock.now()

    async with open_office(house.office()):
        for _ in range(15):
            await until(waits_since_now)
            house.clock.turn(hours=12)
        await until(waits_since_now)
    waiting = await house.delivery()
    assert waiting["waits_because"] == "no mail server configured: set GUANAI_SMTP_URL"
    assert (waiting["attempts"], await house.ledger()) == (0, [])
    house.clock.turn(minutes=1)
    async with open_office(house.office(smtp_url=f"smtp://127.0.0.1:{post_office.port}")):
        await until(lambda: settled(house))
    assert post_office.recipients == ["secretary@city.example"]
    assert await house.ledger() == [(1, "sent", "250")]


async def test_one_silent_receiver_holds_up_nobody(house: House, hook: HttpSink) -> None:
    async with HttpSink() as deaf:
        deaf.usual = silence
        for number in range(loop.AT_ONCE - 1):
            await listens(house, f"{deaf.url}/{number}", number=number)
        for number in range(20, 40):
            await listens(house, f"{hook.url}/{number}", number=number)
        await house.tell(lagging())

        async def all_heard() -> bool:
            return len(hook.got) == 20

        running = asyncio.create_task(loop.deliver(house.office()))
        await until(all_heard)
        deaf.usual = OK
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_database_that_is_away_for_a_moment_does_not_send_twice(
    house: House, hook: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles = [Unavailable("restarting"), Unavailable("restarting")]

    async def stumbling(*given: object) -> object:
        if troubles:
            raise troubles.pop()
        return await record(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "record", stumbling)
    monkeypatch.setattr(loop, "_PAUSES", (0.01, 0.01, 0.01))
    await listens(house, hook.url)
    await house.tell(lagging())
    async with open_office(house.office()):
        await until(lambda: settled(house))
    assert len(hook.got) == 1
    assert await house.said() == ["notice.delivered.4501"]


async def test_a_fault_of_our_own_in_one_letter_is_not_the_end(house: House, hook: HttpSink) -> None:
    class Broken:
        async def send(self, address: str, letter: Letter) -> Outcome:
            raise ZeroDivisionError(address)

    await listens(house, hook.url)
    await house.know({"region": "4501", "email": "secretary@city.example"})
    await house.tell(lagging())
    async with open_office(house.office(), {"mail": Broken()}):
        await until(lambda: attempted(house, 2))
    outcomes = {row["channel"]: row["waits_because"] for row in await house.rows(deliveries)}
    assert outcomes == {"mail": "our own trouble: ZeroDivisionError", "webhook": None}
