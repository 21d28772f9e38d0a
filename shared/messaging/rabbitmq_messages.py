"""Between aio-pika's messages and ours: what goes out, what came in, what a dead letter shows."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from shared.messaging.transport import ATTEMPTS, QUEUE, REASON, SENDER, DeadLetter, Delivery, Message


def outgoing(message: Message, user: str) -> aio_pika.Message:
    """Persistent, in our own user's name."""
    delay = message.delay_seconds
    return aio_pika.Message(
        message.body,
        headers=dict(message.headers),
        content_type=message.content_type,
        message_id=message.message_id,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        user_id=user,
        expiration=timedelta(seconds=delay) if delay else None,
    )


def delivery_of(message: AbstractIncomingMessage, queue: str, own_user: str) -> Delivery:
    """A message as it arrives, with who the broker says wrote it."""
    return Delivery(
        queue,
        message.delivery_tag or 0,
        message.body,
        message.message_id or "",
        message.content_type or "",
        _sender(message, own_user),
        bool(message.redelivered),
        _headers(message),
        message,
    )


def _headers(message: AbstractIncomingMessage) -> dict[str, str | int]:
    """The headers that mean something here; CC and BCC only that they are there."""
    own = {key: value for key in (ATTEMPTS, REASON, QUEUE) if isinstance(value := message.headers.get(key), str | int)}
    return {**own, **{key: 1 for key in ("CC", "BCC") if key in message.headers}}


def _sender(message: AbstractIncomingMessage, own_user: str) -> str | None:
    """The broker-validated user; of what we moved ourselves, the one it first came from."""
    if message.user_id == own_user and SENDER in message.headers:
        return text_of(message.headers[SENDER])
    return message.user_id


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
