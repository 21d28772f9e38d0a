"""What to do about an outcome: settled, given up, or when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.gateways import NOTHING_LEFT_THE_HOUSE, SWITCHED_OFF, GivenUp, Outcome, Sent, TryAgain

WAIT_SECONDS = 30.0
# 30 s, 2 min, 10 min, 30 min, 2 h, 6 h, then every 12 h until three days have passed.
PAUSES = (30.0, 120.0, 600.0, 1800.0, 7200.0, 21_600.0, *[43_200.0] * 5)
JITTER = 0.2


@dataclass(frozen=True)
class Settled:
    """Nothing more to do: delivered, or given up for a reason; `switched_off` is nobody's failure."""

    given_up_because: str | None = None
    switched_off: bool = False


@dataclass(frozen=True)
class Again:
    """Due once more at `due_at`; what has not left the house does not count as an attempt."""

    due_at: datetime
    because: str
    counts: bool = True


def verdict_on(outcome: Outcome, attempts: int, now: datetime, luck: float) -> Settled | Again:
    """`attempts` includes this one; `luck` is a random number from 0 to 1 that keeps retries from marching in step."""
    if isinstance(outcome, Sent):
        return Settled()
    if isinstance(outcome, GivenUp):
        return Settled(outcome.detail, outcome.detail == SWITCHED_OFF)
    if outcome.detail in NOTHING_LEFT_THE_HOUSE:
        return Again(now + timedelta(seconds=outcome.after_seconds or WAIT_SECONDS), outcome.detail, counts=False)
    if attempts > len(PAUSES):
        return Settled(f"tried {attempts} times, the last time: {outcome.detail}")
    return Again(now + timedelta(seconds=_pause(outcome, attempts, luck)), outcome.detail)


def _pause(outcome: TryAgain, attempts: int, luck: float) -> float:
    """Never sooner than the other side asked for."""
    own = PAUSES[attempts - 1] * (1 + JITTER * (2 * luck - 1))
    return max(own, outcome.after_seconds or 0.0)
