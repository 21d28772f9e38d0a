"""Webhooks: a signed CloudEvent to an address that a stranger wrote down, without going where we must not go."""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import orjson

from services.notify.gateways import GivenUp, Letter, Outcome, Sent, TryAgain
from services.notify.gateways.addresses import Network
from services.notify.gateways.destinations import Border, Destination, DestinationError, Resolve, resolve_by_dns
from services.notify.gateways.post import Answer, Post, answer_to
from services.notify.gateways.signatures import SecretError, signature_headers

ENDPOINT_IS_GONE = "endpoint is gone"
WORTH_ANOTHER_TRY = {408, 425}
MAY_NAME_A_TIME = {429, 503}
LONGEST_WAIT_SECONDS = 86_400.0
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True)
class Webhook:
    """Posts letters to URLs; `secrets_for(url)` gives the `whsec_` secrets of an endpoint, the newest first.

    `allow_private` permits http, any port and private addresses (tests, on-premise receivers).
    `ours` are public networks that lead back to ourselves; `tls` trusts other authorities than the system's.
    """

    secrets_for: Callable[[str], Sequence[str]] = field(repr=False)
    allow_private: bool = False
    ours: tuple[Network, ...] = ()
    resolve: Resolve = resolve_by_dns
    tls: ssl.SSLContext = field(default_factory=httpx2.create_ssl_context)
    now: Callable[[], float] = time.time
    seconds: float = 15.0

    async def send(self, address: str, letter: Letter) -> Outcome:
        """Post once; the status of the answer is the outcome."""
        deadline = asyncio.get_running_loop().time() + self.seconds
        try:
            answer = await self._post(address, letter, deadline)
        except DestinationError as refusal:
            return GivenUp(str(refusal))
        except SecretError as trouble:
            return TryAgain(str(trouble))
        except (OSError, httpx2.TransportError) as trouble:
            return TryAgain(f"no answer: {type(trouble).__name__}")
        return outcome_of(answer, self.now())

    async def _post(self, address: str, letter: Letter, deadline: float) -> Answer:
        border = Border(self.resolve, self.allow_private, self.ours)
        async with asyncio.timeout_at(deadline):
            destination = await border.find(address)
        body = cloud_event(letter)
        signed = signature_headers(self.secrets_for(address), letter.notice_id, int(self.now()), body)
        posts = _posts_to(destination, body, {**signed, "Content-Type": CONTENT_TYPE})
        return await _first_answer(posts, self.tls, deadline)


def cloud_event(letter: Letter) -> bytes:
    """The body: a CloudEvent in structured JSON form; title and text win over `data` keys of the same name."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": letter.notice_id,
            "source": "urn:guanai:notify",
            "type": "guanai.notice.v1",
            "time": letter.sent_at.isoformat(),
            "datacontenttype": "application/json",
            "data": {**letter.data, "title": letter.title, "text": letter.text},
        }
    )


def outcome_of(answer: Answer, now: float) -> Outcome:
    """Read the status as the receiver meant it; a redirect is a refusal, since it is never followed."""
    status, said = answer.status, f"HTTP {answer.status}"
    if 200 <= status < 300:
        return Sent(said)
    if status == 410:
        return GivenUp(ENDPOINT_IS_GONE)
    if status in MAY_NAME_A_TIME:
        return TryAgain(said, seconds_to_wait(answer.headers.get("Retry-After", ""), now))
    if status >= 500 or status in WORTH_ANOTHER_TRY:
        return TryAgain(said)
    return GivenUp(said)


def seconds_to_wait(retry_after: str, now: float) -> float | None:
    """A Retry-After header, in seconds or as a date, between zero and one day; None if it says nothing."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), LONGEST_WAIT_SECONDS)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.fromtimestamp(now, UTC)
    return min(max(wait.total_seconds(), 0.0), LONGEST_WAIT_SECONDS)


def _posts_to(destination: Destination, body: bytes, headers: dict[str, str]) -> list[Post]:
    headers = {**headers, "Host": destination.url.netloc.decode("ascii")}
    return [Post(url, body, headers, destination.host) for url in destination.pinned_urls()]


async def _first_answer(posts: Sequence[Post], tls: ssl.SSLContext, deadline: float) -> Answer:
    """Try the addresses in turn: only a connection that never stood lets the next one have its go."""
    for post in posts[:-1]:
        try:
            return await answer_to(post, tls, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    return await answer_to(posts[-1], tls, deadline)
