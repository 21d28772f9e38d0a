"""What a service has said: its facts and receipts, written in the transaction that made them true, kept as its log."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from shared.contracts.envelope import BATCH, MOST_EVENTS, ONE, insurer_of
from shared.contracts.registry import type_of
from shared.messaging.envelopes import START_BYTES, Envelopes, body
from shared.messaging.happenings import Answer, Arrived, Fact, Happening
from shared.messaging.message_ids import writer_of
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS, RECEIPTS
from shared.messaging.transaction import Transaction

_BODY_BYTES = 900_000
Address = tuple[str, str]


async def put(tx: Transaction, service: str, happened: Sequence[Happening]) -> None:
    """One row a message: what goes to the same address travels together."""
    envelopes = Envelopes(service, tx.moment)
    by_address: defaultdict[Address, list[bytes]] = defaultdict(list)
    for number, thing in enumerate(happened, 1):
        if not isinstance(thing, Arrived):
            by_address[_address(thing)].append(envelopes.around(thing))
        if number % MOST_EVENTS == 0:
            await asyncio.sleep(0)
    rows = [_row(tx, service, address, events) for address, all_ in by_address.items() for events in _bodies(all_)]
    await tx.insert(outbox, rows)


def _address(thing: Fact | Answer) -> Address:
    if isinstance(thing, Answer):
        return RECEIPTS, insurer_of(thing.source) or "unknown"
    return FACTS, f"{_key(type(thing.data))}.{thing.region[:4]}"


@cache
def _key(data: type[BaseModel]) -> str:
    """`PolicyIssued` -> `policy.issued`."""
    return type_of(data).removeprefix("guanai.").rpartition(".")[0]


def _bodies(events: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut into messages of at most 1,000 events and 1 MiB."""
    body: list[bytes] = []
    size = 0
    for event in events:
        if body and (len(body) == MOST_EVENTS or size + len(event) > _BODY_BYTES):
            yield body
            body, size = [], 0
        body.append(event)
        size += len(event) + START_BYTES
    if body:
        yield body


def _row(tx: Transaction, service: str, address: Address, events: list[bytes]) -> dict[str, Any]:
    exchange, routing_key = address
    message_id = writer_of(service, exchange).message_id(len(events))
    return {
        "exchange": exchange,
        "routing_key": routing_key,
        "message_id": message_id,
        "content_type": ONE if len(events) == 1 else BATCH,
        "body": body(message_id, events),
        "written_at": tx.now,
    }
