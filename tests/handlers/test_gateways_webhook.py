"""Webhooks arrive signed and readable and are read as their receivers mean them, against real HTTP servers."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import httpx2
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from hypothesis import given
from hypothesis import strategies as st

from services.notify.gateways import GivenUp, Letter, Outcome, Sent, TryAgain
from services.notify.gateways.post import ANSWER_BYTES, Post, answer_to
from services.notify.gateways.signatures import signature_headers
from services.notify.gateways.webhook import ENDPOINT_IS_GONE, Webhook, seconds_to_wait
from tests.handlers.sinks import Got, HttpSink, Reply, hang_up, silence

LETTER = Letter(
    notice_id="notice-2026-0001",
    title="横州市进度滞后提醒",
    text="完成年度目标的61.5%,\n排名第12。",
    data={"region": "450181", "title": "not the title", "ratio": 0.615},
    sent_at=datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
)
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC).timestamp()
OLD, NEW = ("whsec_" + base64.b64encode(word * 8).decode() for word in (b"old!", b"new!"))


@pytest.fixture
async def receiver() -> AsyncIterator[HttpSink]:
    async with HttpSink() as sink:
        yield sink


def webhook(*secrets: str, seconds: float = 5.0) -> Webhook:
    return Webhook(lambda _: secrets or (NEW,), allow_private=True, now=lambda: NOW, seconds=seconds)


def is_signed_with(secret: str, got: Got) -> bool:
    """What a receiver does by the specification, written without our own code."""
    signed = b".".join([got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body])
    digest = hmac.new(base64.b64decode(secret[6:]), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}" in got.headers["webhook-signature"].split(" ")


async def test_a_letter_arrives_as_a_cloud_event(receiver: HttpSink) -> None:
    assert await webhook().send(f"{receiver.url}/hooks?team=7", LETTER) == Sent("HTTP 200")
    (got,) = receiver.got
    assert (got.method, got.target) == ("POST", "/hooks?team=7")
    event = from_http_event(HTTPMessage(dict(got.headers), got.body))
    assert (event.get_id(), event.get_source()) == ("notice-2026-0001", "urn:guanai:notify")
    assert (event.get_type(), event.get_specversion()) == ("guanai.notice.v1", "1.0")
    assert (event.get_time(), event.get_datacontenttype()) == (LETTER.sent_at, "application/json")
    assert event.get_data() == {"region": "450181", "ratio": 0.615, "title": LETTER.title, "text": LETTER.text}
    assert got.headers["content-type"].startswith("application/cloudevents+json")


def test_the_example_of_the_specification_has_its_signature() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    assert signature_headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


async def test_a_receiver_can_verify_the_signature(receiver: HttpSink) -> None:
    await webhook(NEW).send(receiver.url, LETTER)
    (got,) = receiver.got
    assert got.headers["webhook-id"] == LETTER.notice_id
    assert got.headers["webhook-timestamp"] == str(int(NOW))
    assert is_signed_with(NEW, got)
    assert not is_signed_with(OLD, got)
    assert not is_signed_with(NEW, replace(got, body=got.body + b" "))


async def test_while_secrets_rotate_either_of_them_verifies(receiver: HttpSink) -> None:
    await webhook(NEW, OLD).send(receiver.url, LETTER)
    assert is_signed_with(NEW, receiver.got[0])
    assert is_signed_with(OLD, receiver.got[0])


@pytest.mark.parametrize("secrets", [(), ("whsec_",), ("plain-hunter2",), ("whsec_hunter2h!",), (NEW, "bWVtb3J5")])
async def test_nothing_leaves_unsigned_and_the_secret_stays_secret(
    receiver: HttpSink, secrets: tuple[str, ...]
) -> None:
    outcome = await Webhook(lambda _: secrets, allow_private=True).send(receiver.url, LETTER)
    assert isinstance(outcome, TryAgain)
    assert "hunter2" not in outcome.detail
    assert receiver.got == []


def test_a_webhook_shows_no_secret_of_whoever_keeps_them() -> None:
    assert NEW not in repr(Webhook(partial(lambda secret, _: [secret], NEW)))


async def test_every_endpoint_has_its_own_secrets(receiver: HttpSink) -> None:
    one, two = f"{receiver.url}/one", f"{receiver.url}/two"
    hook = Webhook(lambda url: [{one: OLD, two: NEW}[url]], allow_private=True)
    await hook.send(one, LETTER)
    await hook.send(two, LETTER)
    assert [is_signed_with(OLD, got) for got in receiver.got] == [True, False]


async def test_a_retry_has_the_same_id_and_its_own_timestamp(receiver: HttpSink) -> None:
    receiver.replies.append(Reply(500))
    times = iter([NOW, NOW, NOW + 300, NOW + 300])
    hook = Webhook(lambda _: [NEW], allow_private=True, now=lambda: next(times))
    assert await hook.send(receiver.url, LETTER) == TryAgain("HTTP 500")
    assert await hook.send(receiver.url, LETTER) == Sent("HTTP 200")
    first, again = receiver.got
    assert first.body == again.body
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert int(again.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300


STATUSES: list[tuple[int, Outcome]] = [
    *((status, Sent(f"HTTP {status}")) for status in (200, 201, 202, 204)),
    *((status, GivenUp(f"HTTP {status}")) for status in (301, 302, 307, 308, 400, 401, 403, 404, 413, 422)),
    *((status, TryAgain(f"HTTP {status}")) for status in (408, 425, 429, 500, 502, 503, 504)),
    (410, GivenUp(ENDPOINT_IS_GONE)),
]


@pytest.mark.parametrize(("status", "outcome"), STATUSES)
async def test_a_status_is_read_as_the_receiver_means_it(receiver: HttpSink, status: int, outcome: Outcome) -> None:
    receiver.replies.append(Reply(status))
    assert await webhook().send(receiver.url, LETTER) == outcome


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("Wed, 25 Nov 2026 08:02:00 GMT", 120.0),
        ("Wed, 25 Nov 2026 07:00:00 GMT", 0.0),
        ("99999999999", 86_400.0),
        ("Sat, 25 Nov 2034 08:00:00 GMT", 86_400.0),
        ("-7", None),
        ("soon", None),
    ],
)
async def test_a_receiver_may_name_the_time(
    receiver: HttpSink, status: int, retry_after: str, seconds: float | None
) -> None:
    receiver.replies.append(Reply(status, headers={"Retry-After": retry_after}))
    assert await webhook().send(receiver.url, LETTER) == TryAgain(f"HTTP {status}", seconds)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d{1,3}:\d\d:\d\d [+A-Z]?\d{0,6}"))
def test_whatever_stands_in_retry_after_is_no_accident(retry_after: str) -> None:
    wait = seconds_to_wait(retry_after, NOW)
    assert wait is None or 0 <= wait <= 86_400


async def test_a_redirect_is_not_followed(receiver: HttpSink) -> None:
    async with HttpSink() as elsewhere:
        receiver.replies.append(Reply(307, headers={"Location": elsewhere.url}))
        assert await webhook().send(receiver.url, LETTER) == GivenUp("HTTP 307")
    assert elsewhere.connections == 0


async def test_proxies_of_the_environment_are_not_asked(receiver: HttpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with HttpSink() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert await webhook().send(receiver.url, LETTER) == Sent("HTTP 200")
    assert proxy.connections == 0


async def test_a_receiver_that_is_down_or_hangs_up_is_tried_again(receiver: HttpSink) -> None:
    async with HttpSink() as down:
        pass
    assert await webhook().send(down.url, LETTER) == TryAgain("no answer: ConnectError")
    receiver.replies.append(hang_up)
    assert await webhook().send(receiver.url, LETTER) == TryAgain("no answer: RemoteProtocolError")


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\n")
    await drip(writer, b"X-Wait: a little\r\n")


async def drip_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 100000\r\n\r\n")
    await drip(writer, b".")


async def drip(writer: asyncio.StreamWriter, drop: bytes) -> None:
    while True:
        writer.write(drop)
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (silence, TryAgain("no answer: TimeoutError")),
        (drip_headers, TryAgain("no answer: TimeoutError")),
        (drip_body, Sent("HTTP 200")),
    ],
)
async def test_a_slow_receiver_is_left_in_time(receiver: HttpSink, behaviour: object, outcome: Outcome) -> None:
    assert callable(behaviour)
    receiver.replies.append(behaviour)
    started = time.monotonic()
    assert await webhook(seconds=0.4).send(receiver.url, LETTER) == outcome
    assert time.monotonic() - started < 2


async def test_only_the_beginning_of_an_endless_answer_is_read(receiver: HttpSink) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 -\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"8000\r\n" + bytes(0x8000) + b"\r\n")
            await writer.drain()

    receiver.usual = endless
    assert await webhook().send(receiver.url, LETTER) == Sent("HTTP 200")
    post = Post(httpx2.URL(receiver.url), b"{}", {})
    async with asyncio.timeout(5):
        answer = await answer_to(post, httpx2.create_ssl_context(), asyncio.get_running_loop().time() + 60)
    assert len(answer.body) == ANSWER_BYTES == 65_536


async def test_a_compressed_answer_is_never_unpacked(receiver: HttpSink) -> None:
    receiver.replies.append(Reply(200, b"not gzip at all", {"Content-Encoding": "gzip"}))
    assert await webhook().send(receiver.url, LETTER) == Sent("HTTP 200")
    assert receiver.got[0].headers["accept-encoding"] == "identity"


async def test_a_body_that_breaks_off_does_not_take_back_the_status(receiver: HttpSink) -> None:
    receiver.replies.append(Reply(200, b"short", {"Content-Length": "5000"}))
    assert await webhook().send(receiver.url, LETTER) == Sent("HTTP 200")


async def test_cancelling_passes_through(receiver: HttpSink) -> None:
    reached = asyncio.Event()

    async def never(_: asyncio.StreamWriter) -> None:
        reached.set()
        await asyncio.Event().wait()

    receiver.replies.append(never)
    sending = asyncio.create_task(webhook().send(receiver.url, LETTER))
    await reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize("status", [200, 302, 404, 410, 429, 500])
async def test_neither_outcome_nor_log_repeats_the_url_or_the_answer(
    receiver: HttpSink, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    receiver.replies.append(Reply(status, json.dumps({"echo": "t0ken"}).encode()))
    outcome = await webhook().send(f"{receiver.url}/t0ken?key=t0ken", LETTER)
    assert "t0ken" not in f"{outcome}{caplog.text}"
    assert NEW[6:] not in caplog.text
