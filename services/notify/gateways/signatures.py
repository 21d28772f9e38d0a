"""How a webhook proves that it came from us: the signature headers of the Standard Webhooks specification."""

import base64
import binascii
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"


class SecretError(ValueError):
    """A secret that is not `whsec_` followed by base64; the message does not repeat it."""


def signature_headers(secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; with several secrets (while rotating) one signature each. Raises SecretError."""
    if not secrets:
        raise SecretError("there is no secret")
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_sign(secret, signed)}" for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(_key_of(secret), signed, "sha256")).decode()


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError("the secret is not base64") from None
    if not (secret.startswith(PREFIX) and key):
        raise SecretError("the secret does not begin with whsec_ or is empty")
    return key
