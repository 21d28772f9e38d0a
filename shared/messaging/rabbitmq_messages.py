"""Between AMQP's messages and ours: what goes out, what came in, what a dead letter shows."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from aiormq import spec
from aiormq.abc import DeliveredMessage

from shared.messaging.transport import ATTEMPTS, QUEUE, REASON, SENDER, DeadLetter, Delivery, Message

_PERSISTENT = 2


def properties_of(message: Message, user: str) -> spec.Basic.Properties:
    """Persistent, in our own user's name; a delay is a number of milliseconds."""
    delay = message.delay_seconds
    return spec.Basic.Properties(
        content_type=message.content_type,
        headers=dict(message.headers),
        delivery_mode=_PERSISTENT,
        expiration=str(int(delay * 1000)) if delay else None,
        message_id=message.message_id,
        user_id=user,
    )


def delivery_of(message: DeliveredMessage, queue: str, own_user: str) -> Delivery:
    """A message as it arrives, with who the broker says wrote it."""
    told = message.header.properties
    headers = told.headers or {}
    return Delivery(
        queue,
        message.delivery_tag or 0,
        message.body,
        told.message_id or "",
        told.content_type or "",
        _sender(told.user_id, headers, own_user),
        bool(message.redelivered),
        _headers(headers) if headers else {},
        message,
    )


def _headers(told: Mapping[str, Any]) -> dict[str, str | int]:
    """The headers that mean something here; CC and BCC only that they are there."""
    own = {key: value for key in (ATTEMPTS, REASON, QUEUE) if isinstance(value := told.get(key), str | int)}
    return {**own, **{key: 1 for key in ("CC", "BCC") if key in told}}


def _sender(user: str | None, headers: Mapping[str, Any], own_user: str) -> str | None:
    """The broker-validated user; of what we moved ourselves, the one it first came from."""
    if user == own_user and SENDER in headers:
        return text_of(headers[SENDER])
    return user


def shown(queue: str, message: AbstractIncomingMessage) -> DeadLetter:
    """What a person may see of it."""
    reason = text_of(message.headers.get(REASON)) or "given up by the broker"
    digest = sha256(message.body).hexdigest()[:16]
    return DeadLetter(
        message.message_id or digest, queue, reason, len(message.body), digest, message.content_type or ""
    )


def text_of(value: Any) -> str | None:
    """A header's value where it is text."""
    return value if isinstance(value, str) else None
