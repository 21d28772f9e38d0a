"""WeCom group robots: markdown into a chat group, within the robot's limits of bytes and messages a minute."""

import asyncio
import re
import ssl
import time
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2
import orjson

from services.notify.gateways import SPOKEN_ENOUGH, SWITCHED_OFF, GivenUp, Letter, Outcome, Sent, TryAgain
from services.notify.gateways.addresses import is_reserved
from services.notify.gateways.allowance import Allowance
from services.notify.gateways.post import Answer, Post, answer_to
from services.notify.gateways.robot_messages import messages_of

SEND_PATH = "/cgi-bin/webhook/send"
KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")
MESSAGES, PER_SECONDS = 20, 60.0
TOO_MANY = 45009
TOO_MANY_WAIT_SECONDS = 60.0
# Secret, message type, token, parameter, empty, too long, not JSON; robot removed, switched off, not in the group.
HOPELESS = {40001, 40008, 40014, 40058, 44004, 45002, 47001, 93000, 93004, 93008}


class WeCom:
    """Posts letters to robots; an address is a robot's key or its whole URL, which must lie under `base_url`."""

    def __init__(
        self,
        base_url: str = "https://qyapi.weixin.qq.com",
        *,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = 15.0,
    ) -> None:
        self._base_url = base_url
        self._send_url = send_url(base_url)
        self._tls = tls or httpx2.create_ssl_context()
        self._seconds = seconds
        self._allowances = defaultdict[str, Allowance](lambda: Allowance(MESSAGES, PER_SECONDS, clock))

    async def send(self, address: str, letter: Letter) -> Outcome:
        """Send every part in order; if one is not taken, the whole letter is to be tried again."""
        if (key := key_in(address, self._base_url)) is None:
            return GivenUp(SWITCHED_OFF if _is_switched_off(address) else "not a robot of this WeCom")
        messages = messages_of(letter)
        if len(messages) > MESSAGES:
            return GivenUp(f"longer than the {MESSAGES} messages a robot may send at once")
        wait = self._allowances[key].seconds_until(len(messages))
        if wait > 0:
            return TryAgain(SPOKEN_ENOUGH, wait)
        self._allowances[key].spend(len(messages))
        return await self._say_all(key, messages)

    async def _say_all(self, key: str, messages: list[str]) -> Outcome:
        for message in messages:
            outcome = await self._say(key, message)
            if not isinstance(outcome, Sent):
                return outcome
        return Sent(f"errcode 0, messages: {len(messages)}, robot {masked(key)}")

    async def _say(self, key: str, message: str) -> Outcome:
        body = orjson.dumps({"msgtype": "markdown", "markdown": {"content": message}})
        post = Post(httpx2.URL(self._send_url, params={"key": key}), body, {"Content-Type": "application/json"})
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            return outcome_of(await answer_to(post, self._tls, deadline))
        except (OSError, httpx2.TransportError) as trouble:
            return TryAgain(f"no answer: {type(trouble).__name__}")


def send_url(base_url: str) -> str:
    """Where all robots of one WeCom take their messages."""
    return base_url.rstrip("/") + SEND_PATH


def key_in(address: str, base_url: str) -> str | None:
    """The robot's key, from its URL or alone; None for what is no robot of this WeCom."""
    key = address.removeprefix(f"{send_url(base_url)}?key=")
    return key if KEY.fullmatch(key) else None


def outcome_of(answer: Answer) -> Outcome:
    """HTTP 200 says nothing yet: the result is `errcode` in the body."""
    if answer.status != 200:
        return TryAgain(f"HTTP {answer.status}")
    code = _errcode(answer.body)
    if code == 0:
        return Sent("errcode 0")
    if code == TOO_MANY:
        return TryAgain(f"errcode {code}", TOO_MANY_WAIT_SECONDS)
    return GivenUp(f"errcode {code}") if code in HOPELESS else TryAgain(f"errcode {code}")


def _is_switched_off(address: str) -> bool:
    try:
        return is_reserved(urlsplit(address).hostname or "")
    except ValueError:
        return False


def masked(key: str) -> str:
    """Enough of a robot's key to recognise it, not enough to use it."""
    return f"…{key[-4:]}" if len(key) >= 16 else "…"


def _errcode(body: bytes) -> int | None:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    code = answer.get("errcode") if isinstance(answer, dict) else None
    return code if type(code) is int else None
