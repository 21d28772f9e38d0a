"""Letters by mail arrive readable and once per notice, and refusals are told apart, against a real SMTP server."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.notify.gateways import GivenUp, Letter, Sent, TryAgain
from services.notify.gateways.mail import Mail
from tests.handlers.sinks import MailSink, tls_for

LETTER = Letter(
    notice_id="notice-2026-0001",
    title="横州市进度滞后提醒",
    text="截至2026年11月23日,横州市完成 <61.5%> & 排名第12。\n请于3个工作日内反馈。",
    data={"region": "450181"},
    sent_at=datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
)
SENDER = "观爱平台 <notice@guanai.example>"
READER = "li.lei@county.example"


@pytest.fixture
async def post_office() -> AsyncIterator[MailSink]:
    async with MailSink() as sink:
        yield sink


def mail_to(sink: MailSink, *, seconds: float = 5.0) -> Mail:
    return Mail(f"smtp://127.0.0.1:{sink.port}", SENDER, seconds=seconds)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n").strip()


async def test_a_chinese_letter_arrives_as_it_was_written(post_office: MailSink) -> None:
    assert isinstance(await mail_to(post_office).send(READER, LETTER), Sent)
    (mail,) = post_office.mails
    assert mail["Subject"] == LETTER.title
    assert mail["From"] == SENDER
    assert mail["To"] == READER
    assert mail["Date"].datetime == LETTER.sent_at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert part(mail, "plain") == LETTER.text
    assert post_office.recipients == [READER]


async def test_words_in_the_html_twin_are_never_markup(post_office: MailSink) -> None:
    await mail_to(post_office).send(READER, replace(LETTER, title="<script>1</script>"))
    html = part(post_office.mails[0], "html")
    assert "&lt;61.5%&gt; &amp; 排名第12。<br>" in html
    assert "<title>&lt;script&gt;1&lt;/script&gt;</title>" in html
    assert "<script>" not in html


async def test_a_retry_has_the_same_message_id_and_another_notice_another(post_office: MailSink) -> None:
    mail = mail_to(post_office)
    for letter in (LETTER, replace(LETTER, text="改过的正文"), replace(LETTER, notice_id="notice-2026-0002")):
        assert isinstance(await mail.send(READER, letter), Sent)
    first, again, other = (sent["Message-ID"] for sent in post_office.mails)
    assert first == again != other
    assert str(first).endswith("@guanai.example>")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
async def test_a_title_cannot_add_a_header(post_office: MailSink, newline: str) -> None:
    title = f"提醒{newline}Bcc: spy@evil.example{newline}{newline}<b>"
    assert isinstance(await mail_to(post_office).send(READER, replace(LETTER, title=title)), Sent)
    (mail,) = post_office.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "提醒 Bcc: spy@evil.example <b>"
    assert post_office.recipients == [READER]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@c.example",
        "a@county.example\r\nBcc: spy@evil.example",
        "a@county.example\n",
        "a@county.example,spy@evil.example",
        "a@county.example> NOTIFY=NEVER <spy@evil.example",
        "李雷 <a@county.example>",
        "李雷@county.example",
    ],
)
async def test_what_is_not_one_plain_mailbox_is_never_sent(post_office: MailSink, address: str) -> None:
    assert await mail_to(post_office).send(address, LETTER) == GivenUp("not a mailbox")
    assert post_office.rcpt_commands == []


@pytest.mark.parametrize("address", ["demo@region.invalid", "demo@INVALID", "demo@a.b.Invalid"])
async def test_a_reserved_domain_is_switched_off(post_office: MailSink, address: str) -> None:
    assert await mail_to(post_office).send(address, LETTER) == GivenUp("switched off: reserved domain")
    assert post_office.rcpt_commands == []


async def test_a_domain_that_only_looks_reserved_is_not(post_office: MailSink) -> None:
    assert isinstance(await mail_to(post_office).send("a@invalid.example", LETTER), Sent)


async def test_a_greylisted_letter_is_tried_again_and_then_taken(post_office: MailSink) -> None:
    post_office.to_rcpt.append("451 4.7.1 greylisted")
    assert await mail_to(post_office).send(READER, LETTER) == TryAgain("SMTPRecipientRefused 451 4.7.1")
    assert isinstance(await mail_to(post_office).send(READER, LETTER), Sent)
    assert len(post_office.mails) == 1


async def test_an_unknown_mailbox_is_given_up_without_repeating_its_name(post_office: MailSink) -> None:
    post_office.to_rcpt.append(f"550 5.1.1 <{READER}>: no such user")
    assert await mail_to(post_office).send(READER, LETTER) == GivenUp("SMTPRecipientRefused 550 5.1.1")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("554 5.7.1 spam", GivenUp("SMTPDataError 554 5.7.1")), ("452 disk full", TryAgain("SMTPDataError 452"))],
)
async def test_a_letter_refused_for_its_content(post_office: MailSink, reply: str, outcome: GivenUp | TryAgain) -> None:
    post_office.to_data.append(reply)
    assert await mail_to(post_office).send(READER, LETTER) == outcome


async def test_a_server_that_is_down_is_tried_again() -> None:
    async with MailSink() as sink:
        pass
    assert await mail_to(sink).send(READER, LETTER) == TryAgain("no answer: SMTPConnectError")


@pytest.mark.parametrize("sink", [MailSink(greet=False), MailSink(hang_at="RCPT")], ids=["greeting", "rcpt"])
async def test_a_server_that_falls_silent_is_left_in_time(sink: MailSink) -> None:
    async with sink:
        started = time.monotonic()
        assert isinstance(await mail_to(sink, seconds=0.3).send(READER, LETTER), TryAgain)
        assert time.monotonic() - started < 2


async def test_a_server_that_is_slow_at_every_step_is_left_in_time() -> None:
    async with MailSink(pause_seconds=0.3) as sink:
        assert await mail_to(sink, seconds=0.45).send(READER, LETTER) == TryAgain("no answer: TimeoutError")
    assert sink.mails == []


async def test_a_server_that_drips_is_left_in_time() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"220-still thinking\r\n")
            await asyncio.sleep(0.05)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        mail = Mail(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", SENDER, seconds=0.3)
        async with asyncio.timeout(3):
            assert isinstance(await mail.send(READER, LETTER), TryAgain)
        await asyncio.sleep(0.1)


async def test_a_letter_taken_before_a_lost_goodbye_is_sent() -> None:
    async with MailSink(hang_at="QUIT") as sink:
        assert isinstance(await mail_to(sink, seconds=1.0).send(READER, LETTER), Sent)
    assert len(sink.mails) == 1


async def test_an_answer_lost_after_data_is_tried_again_with_the_same_message_id() -> None:
    async with MailSink(drop_after_data=True) as sink:
        assert isinstance(await mail_to(sink).send(READER, LETTER), TryAgain)
        sink.drop_after_data = False
        assert isinstance(await mail_to(sink).send(READER, LETTER), Sent)
    assert len(sink.mails) == 2
    assert len({mail["Message-ID"] for mail in sink.mails}) == 1


async def test_cancelling_passes_through() -> None:
    async with MailSink(hang_at="RCPT") as sink:
        sending = asyncio.create_task(mail_to(sink).send(READER, LETTER))
        await sink.hanging.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return tls_for("localhost", tmp_path)


async def test_starttls_with_a_login(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with MailSink(tls=tls[0], password="p@ss/wörd") as sink:
        url = f"smtp+starttls://guanai:p%40ss%2Fw%C3%B6rd@localhost:{sink.port}"
        assert isinstance(await Mail(url, SENDER, tls=tls[1]).send(READER, LETTER), Sent)
    assert sink.logins == [("guanai", "p@ss/wörd")]


async def test_a_wrong_password_is_our_trouble_and_stays_secret(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with MailSink(tls=tls[0], password="right") as sink:
        mail = Mail(f"smtp+starttls://guanai:hunter2@localhost:{sink.port}", SENDER, tls=tls[1])
        outcome = await mail.send(READER, LETTER)
    assert isinstance(outcome, TryAgain)
    assert "535" in outcome.detail
    assert "hunter2" not in f"{outcome}{mail!r}{mail}"


async def test_smtps(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with MailSink(tls=tls[0], implicit_tls=True) as sink:
        mail = Mail(f"smtps://localhost:{sink.port}", SENDER, tls=tls[1])
        assert isinstance(await mail.send(READER, LETTER), Sent)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_an_untrusted_certificate_gets_no_letter(tls: tuple[ssl.SSLContext, ssl.SSLContext], scheme: str) -> None:
    async with MailSink(tls=tls[0], implicit_tls=scheme == "smtps") as sink:
        assert isinstance(await Mail(f"{scheme}://localhost:{sink.port}", SENDER).send(READER, LETTER), TryAgain)
    assert sink.mails == []


async def test_starttls_is_never_given_up_for_plain_text(post_office: MailSink) -> None:
    mail = Mail(f"smtp+starttls://127.0.0.1:{post_office.port}", SENDER)
    assert isinstance(await mail.send(READER, LETTER), TryAgain)
    assert post_office.mails == []


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://", "smtp://u:se/cret@mail.example"])
def test_a_url_that_cannot_be_meant_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="the SMTP URL") as refusal:
        Mail(url, SENDER)
    assert "se" not in str(refusal.value).replace("usable", "")


@pytest.mark.parametrize("sender", ["", "nobody", "观爱", "a@b.example\nBcc: c@d.example"])
def test_a_sender_without_a_mailbox_is_refused_at_the_start(sender: str) -> None:
    with pytest.raises(ValueError, match="the sender"):
        Mail("smtp://mail.example", sender)


async def test_many_letters_at_once_all_arrive(post_office: MailSink) -> None:
    mail, readers = mail_to(post_office), [f"reader{n}@county.example" for n in range(20)]
    outcomes = await asyncio.gather(*(mail.send(reader, LETTER) for reader in readers))
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert sorted(post_office.recipients) == sorted(readers)
