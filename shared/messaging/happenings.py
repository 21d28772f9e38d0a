"""What a handler may return: facts for everyone, answers for an insurer, and what has arrived for those that wait."""

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any, NamedTuple

from pydantic import BaseModel

from shared.contracts.envelope import Event
from shared.contracts.receipts import Problem, Receipt, ReceiptStatus
from shared.contracts.registry import type_of
from shared.contracts.values import trusted
from shared.messaging.transaction import Transaction


class Fact(NamedTuple):
    """Something that happened; `region` decides the routing key's city, `caused_by` is an event id."""

    data: BaseModel
    region: str
    subject: str
    caused_by: str | None = None


class Answer(NamedTuple):
    """A receipt for whoever sent the event; a parked one names the key it `waits_for`."""

    source: str
    receipt: Receipt
    waits_for: str | None = None


class Arrived(NamedTuple):
    """Whatever is parked on this key is judged again in the same transaction."""

    key: str


Happening = Fact | Answer | Arrived
Handler = Callable[[Sequence[Event[Any]], Transaction], Awaitable[Sequence[Happening]]]


class Route(NamedTuple):
    """Events of `type` go to `handler`."""

    type: str
    handler: Handler


def on(data: type[BaseModel], handler: Handler) -> Route:
    """One line of a service's table of contents."""
    return Route(type_of(data), handler)


def answer(
    event: Event[Any],
    status: ReceiptStatus,
    errors: Sequence[Problem] = (),
    warnings: Sequence[Problem] = (),
    waits_for: str | None = None,
) -> Answer:
    """The receipt for one submitted event."""
    receipt = trusted(
        Receipt, event_id=event.id, subject=event.number, status=status, errors=tuple(errors), warnings=tuple(warnings)
    )
    return Answer(event.source, receipt, waits_for)


def new_id() -> str:
    """A unique id that sorts by time, so that an index on ids grows at one end; not a secret."""
    return f"{time.time_ns() // 1_000_000:012x}{next(_NUMBERS):020x}"


_NUMBERS = count(secrets.randbits(79))
"""From a place of its own for every process: two of them would have to begin within their ids of each other."""
