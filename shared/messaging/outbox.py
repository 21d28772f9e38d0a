"""What a service has said: its facts and receipts, written in the transaction that made them true, kept as its log."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.contracts.envelope import BATCH, MOST_EVENTS, ONE, Event, insurer_of, source_of_service
from shared.contracts.receipts import Receipt
from shared.contracts.registry import event_of, type_of
from shared.contracts.values import trusted
from shared.messaging.happenings import Answer, Arrived, Fact, Happening, new_id
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS, RECEIPTS
from shared.messaging.transaction import Transaction

_BODY_BYTES = 900_000
Address = tuple[str, str]


async def put(tx: Transaction, service: str, happened: Sequence[Happening]) -> None:
    """One row a message: what goes to the same address travels together."""
    by_address: defaultdict[Address, list[bytes]] = defaultdict(list)
    for number, thing in enumerate(happened, 1):
        if not isinstance(thing, Arrived):
            by_address[_address(thing)].append(_written(tx, service, thing))
        if number % MOST_EVENTS == 0:
            await asyncio.sleep(0)
    rows = [_row(tx, address, events) for address, all_ in by_address.items() for events in _bodies(all_)]
    await tx.insert(outbox, rows)


def _address(thing: Fact | Answer) -> Address:
    if isinstance(thing, Answer):
        return RECEIPTS, insurer_of(thing.source) or "unknown"
    name = type_of(type(thing.data)).removeprefix("guanai.").rpartition(".")[0]
    return FACTS, f"{name}.{thing.region[:4]}"


def _written(tx: Transaction, service: str, thing: Fact | Answer) -> bytes:
    if isinstance(thing, Answer):
        return _event(tx, service, thing.receipt, thing.receipt.subject, thing.receipt.event_id)
    return _event(tx, service, thing.data, thing.subject, thing.caused_by)


def _event(tx: Transaction, service: str, data: Any, subject: str | None, caused_by: str | None) -> bytes:
    name = "guanai.receipt.v1" if isinstance(data, Receipt) else type_of(type(data))
    event: Event[Any] = trusted(
        event_of(name),
        specversion="1.0",
        id=new_id(),
        source=source_of_service(service),
        type=name,
        subject=subject,
        time=tx.moment,
        datacontenttype="application/json",
        traceparent=None,
        causationid=caused_by,
        data=data,
    )
    return event.__pydantic_serializer__.to_json(event, exclude_none=False)


def _bodies(events: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut into messages of at most 1,000 events and 1 MiB."""
    body: list[bytes] = []
    size = 0
    for event in events:
        if body and (len(body) == MOST_EVENTS or size + len(event) > _BODY_BYTES):
            yield body
            body, size = [], 0
        body.append(event)
        size += len(event) + 1
    if body:
        yield body


def _row(tx: Transaction, address: Address, events: list[bytes]) -> dict[str, Any]:
    one = len(events) == 1
    return {
        "exchange": address[0],
        "routing_key": address[1],
        "message_id": new_id(),
        "content_type": ONE if one else BATCH,
        "body": events[0] if one else b"[" + b",".join(events) + b"]",
        "written_at": tx.now,
    }
