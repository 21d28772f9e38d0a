"""Much news at once is one message to one address, which names and quotes every notice; each is settled by itself."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.notify.errands import delivery as loop
from services.notify.gateways.robot_messages import MESSAGE_BYTES
from services.notify.rules.news import News
from services.notify.tables import deliveries, notices, routes
from shared.messaging.tables import outbox
from tests.handlers.notify_house import House, Row, house_at, lagging, milestone, open_office, until
from tests.handlers.sinks import HttpSink, MailSink, Reply

SECRETARY = "secretary@region.example"
NEWS: list[News] = [
    *[lagging(f"45{n:02d}", f"市{n}", severity="severe" if n < 3 else "warning") for n in range(1, 15)],
    *[milestone(f"4501{n:02d}", f"县{n}") for n in range(1, 27)],
]


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.02)
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with house_at(url, tmp_path) as made:
        yield made


@pytest.fixture
async def post_office() -> AsyncIterator[MailSink]:
    async with MailSink() as sink:
        yield sink


async def listens(house: House, channel: str, address: str, number: int = 1) -> None:
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" if channel == "webhook" else None
    at = {"created_at": house.clock.now(), "disabled_because": None}
    await house.write(
        routes, {"id": f"r{number}", "region": "", "channel": channel, "address": address, "secret": secret, **at}
    )


def smtp(sink: MailSink) -> str:
    return f"smtp://127.0.0.1:{sink.port}"


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")


async def settled(house: House) -> bool:
    return all(row["delivered_at"] or row["given_up_because"] for row in await house.rows(deliveries))


async def waiting(house: House) -> bool:
    return all(row["waits_because"] for row in await house.rows(deliveries))


async def facts(house: House) -> list[tuple[str, str]]:
    """What everyone is told, by type and notice."""
    told = [json.loads(row["body"]) for row in await house.rows(outbox)]
    events = [event for body in told for event in (body if isinstance(body, list) else [body])]
    return sorted((event["type"], event["data"]["notice_id"]) for event in events)


def names_all(text: str, told: list[Row]) -> bool:
    """Each title and number stands in the list, and each text in full below it."""
    listed = all(f"、{row['title']}（编号 {row['id']}）\n" in text for row in told)
    return listed and all(f"、{row['title']}\n{row['text']}\n" in f"{text}\n" for row in told)


async def test_forty_notices_at_once_are_one_mail_that_omits_nothing(house: House, post_office: MailSink) -> None:
    await listens(house, "mail", SECRETARY)
    await house.tell(*NEWS)
    async with open_office(house.office(smtp_url=smtp(post_office))):
        await until(lambda: settled(house))
    (mail,) = post_office.mails
    assert mail["Subject"] == "【汇总】关爱保险通知40条：好消息26条、滞后提醒12条、严重滞后2条"
    assert names_all(words(mail), await house.rows(notices))
    assert {row["attempts"] for row in await house.rows(deliveries)} == {1}
    assert [detail for _, _, detail in await house.ledger()] == ["250"] * 40
    ids = [row["id"] for row in await house.rows(notices)]
    assert await facts(house) == sorted(("guanai.notice.delivered.v1", key) for key in ids)


async def test_a_single_notice_stays_itself(house: House, post_office: MailSink) -> None:
    await listens(house, "mail", SECRETARY)
    await house.tell(NEWS[0])
    async with open_office(house.office(smtp_url=smtp(post_office))):
        await until(lambda: settled(house))
    ((row,), (mail,)) = await house.rows(notices), post_office.mails
    assert (mail["Subject"], words(mail).strip()) == (row["title"], row["text"])


async def test_a_group_reads_all_of_it_in_few_messages_that_fit(house: House) -> None:
    async with HttpSink() as robot:
        robot.usual = Reply(200, b'{"errcode": 0}')
        await listens(house, "wecom", "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa")
        await house.tell(*NEWS)
        async with open_office(house.office(wecom_base_url=robot.url)):
            await until(lambda: settled(house))
    messages = [json.loads(got.body)["markdown"]["content"] for got in robot.got]
    assert len(messages) <= 12
    assert all(len(message.encode()) <= MESSAGE_BYTES for message in messages)
    assert names_all("".join(message.partition("\n")[2] for message in messages), await house.rows(notices))


async def test_a_webhook_hears_of_each_notice_by_itself(house: House, post_office: MailSink) -> None:
    async with HttpSink() as hook:
        await listens(house, "webhook", hook.url)
        await listens(house, "mail", SECRETARY, 2)
        await house.tell(*NEWS)
        async with open_office(house.office(smtp_url=smtp(post_office))):
            await until(lambda: settled(house))
    ids = sorted(row["id"] for row in await house.rows(notices))
    assert sorted(json.loads(got.body)["id"] for got in hook.got) == ids
    assert len(post_office.mails) == 1


async def test_a_digest_that_was_not_taken_goes_out_again_as_the_same_mail(house: House, post_office: MailSink) -> None:
    post_office.to_data.append("451 try again later")
    await listens(house, "mail", SECRETARY)
    await house.tell(*NEWS)
    async with open_office(house.office(smtp_url=smtp(post_office))):
        with capture_logs() as logs:
            await until(lambda: waiting(house))
        (due_at,) = {row["due_at"] for row in await house.rows(deliveries)}
        assert timedelta(seconds=24) <= due_at - house.clock.now() <= timedelta(seconds=36)
        house.clock.turn(seconds=36)
        with capture_logs() as more:
            await until(lambda: settled(house))
    assert len(post_office.mails) == 1
    carried = [line for line in [*logs, *more] if line["event"] == "letter_carried"]
    assert len({line["within"] for line in carried}) == 1
    assert [line["outcome"] for line in carried] == ["try_again"] * 40 + ["sent"] * 40


async def test_what_cannot_be_delivered_is_given_up_notice_by_notice(house: House, post_office: MailSink) -> None:
    post_office.to_rcpt.append("550 5.1.1 no such mailbox")
    await listens(house, "mail", SECRETARY)
    await house.tell(*NEWS)
    async with open_office(house.office(smtp_url=smtp(post_office))):
        await until(lambda: settled(house))
    assert {row["given_up_because"] for row in await house.rows(deliveries)} == {"SMTPRecipientRefused 550 5.1.1"}
    ids = [row["id"] for row in await house.rows(notices)]
    assert await facts(house) == sorted(("guanai.notice.failed.v1", key) for key in ids)


async def test_replicas_say_everything_once_to_everyone(house: House, post_office: MailSink) -> None:
    readers = [f"reader{n}@region.example" for n in range(12)]
    for number, reader in enumerate(readers):
        await listens(house, "mail", reader, number)
    office = house.office(smtp_url=smtp(post_office))
    async with open_office(office), open_office(office), open_office(office):
        for at in range(0, len(NEWS), 8):
            await house.tell(*NEWS[at : at + 8])
        await until(lambda: settled(house))
    ids = sorted(row["id"] for row in await house.rows(notices))
    for reader in readers:
        texts = [words(mail) for mail in post_office.mails if mail["To"] == reader]
        found = [line for text in texts for line in text.split("\n") if line.startswith("——关爱保险平台")]
        assert sorted(line.rpartition(" ")[2].removesuffix("）") for line in found) == ids
