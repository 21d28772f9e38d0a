"""The CloudEvent around what an insurer sends."""

from functools import cache
from typing import Any

Event = dict[str, Any]


def insurer_event(insurer: str, kind: str, subject: str, time: str, data: Event) -> Event:
    """The event about the subject; a subject has one event of a kind, so both together are its id."""
    return {
        "specversion": "1.0",
        "id": f"{subject}-{kind[kind.index('.') + 1 :]}",
        "source": f"urn:guanai:insurer:{insurer}",
        "type": f"guanai.insurer.{kind}.v1",
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }


def office_time(day: str, hour: int, number: int) -> str:
    """Some second of the four office hours that begin at this hour."""
    return f"{day}T{_clock()[hour * 3600 + number * 7919 % 14400]}+08:00"


def money(fen: int) -> str:
    """An amount as contracts write it: yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"


@cache
def _clock() -> tuple[str, ...]:
    return tuple(f"{h:02d}:{m:02d}:{s:02d}" for h in range(24) for m in range(60) for s in range(60))
