"""The way out to the world: one letter, three channels (mail, webhook, WeCom robot), three outcomes.

A gateway tries once and says what came of it; when to try again, and whom to tell instead, is decided by its caller.
Delivery is at least once: the notice id stays the same on every retry, so the receiver can tell a repeat from news.
`detail` goes into logs and tables, so it never holds a secret, a robot key, an address or the other side's words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

SWITCHED_OFF = "switched off: reserved domain"
NO_MAIL_SERVER = "no mail server configured: set GUANAI_SMTP_URL"
SPOKEN_ENOUGH = "the robot has spoken enough for this minute"
NOTHING_LEFT_THE_HOUSE = frozenset({NO_MAIL_SERVER, SPOKEN_ENOUGH})


@dataclass(frozen=True)
class Letter:
    """What is sent, whatever the channel."""

    notice_id: str
    title: str
    text: str
    data: Mapping[str, Any]
    sent_at: datetime


@dataclass(frozen=True)
class Sent:
    """The other side has taken the letter."""

    detail: str


@dataclass(frozen=True)
class TryAgain:
    """Not taken this time, or not known to be; the other side may have said how long to wait."""

    detail: str
    after_seconds: float | None = None


@dataclass(frozen=True)
class GivenUp:
    """The same letter to the same address will never be taken."""

    detail: str


Outcome = Sent | TryAgain | GivenUp


class Gateway(Protocol):
    """One channel; it never raises for troubles of the other side."""

    async def send(self, address: str, letter: Letter) -> Outcome:
        """Try once to deliver `letter` to `address`, in a bounded time."""
        ...
