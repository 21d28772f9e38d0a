"""Facts and receipts as the bytes of CloudEvents: what the events of one transaction share is written once."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel
from pydantic_core import to_json

from shared.contracts.envelope import source_of_service
from shared.contracts.registry import type_of
from shared.messaging.happenings import Answer, Fact
from shared.messaging.message_ids import ENDINGS

_START = b'{"specversion":"1.0","id":"'
_ENDINGS = tuple(f'{ending}",'.encode() for ending in ENDINGS)
START_BYTES = 80
"""No event's start is longer."""


class Envelopes:
    """The envelopes of one service and moment, as `contracts.envelope.Event` has them."""

    def __init__(self, service: str, moment: datetime) -> None:
        self._source = to_json(source_of_service(service))
        self._moment = to_json(moment)
        self._frames: dict[type[BaseModel], tuple[bytes, bytes]] = {}

    def around(self, thing: Fact | Answer) -> bytes:
        """An event from its source on: it is not known yet which id it gets."""
        if isinstance(thing, Answer):
            return self._around(thing.receipt, thing.receipt.subject, thing.receipt.event_id)
        return self._around(thing.data, thing.subject, thing.caused_by)

    def _around(self, data: BaseModel, subject: str | None, caused_by: str | None) -> bytes:
        """What is not set is left out."""
        about, since = self._frames.get(type(data)) or self._frame(type(data))
        if subject is not None:
            about += b',"subject":' + to_json(subject)
        if caused_by is not None:
            since += b',"causationid":' + to_json(caused_by)
        return about + since + b',"data":' + data.__pydantic_serializer__.to_json(data) + b"}"

    def _frame(self, data: type[BaseModel]) -> tuple[bytes, bytes]:
        about = b'"source":' + self._source + b',"type":' + to_json(type_of(data))
        since = b',"time":' + self._moment + b',"datacontenttype":"application/json"'
        self._frames[data] = about, since
        return about, since


def body(message_id: str, events: Sequence[bytes]) -> bytes:
    """One event, or an array of them: each gets its id."""
    start = _START + message_id.encode()
    whole = [start + ending + event for ending, event in zip(_ENDINGS, events, strict=False)]
    return whole[0] if len(whole) == 1 else b"[" + b",".join(whole) + b"]"
