"""The key that personal data is sealed with: given by the operator, generated only in embedded mode."""

import base64
import binascii
import os
from functools import cache

from services.enrollment.rules.personal_data import Vault
from shared.runtime.settings import Settings


class NoKey(Exception):
    """Personal data cannot be kept without a key; says how to make one."""


def vault_of(settings: Settings) -> Vault:
    """The vault of `GUANAI_PII_KEY` or `GUANAI_PII_KEY_FILE`; 32 bytes, base64 or hex. Raises NoKey."""
    if settings.pii_key is not None:
        return _vault(settings.pii_key.get_secret_value())
    path = settings.pii_key_file or settings.data_dir / "pii.key"
    if path.is_file():
        return _vault(path.read_text().strip())
    if settings.pii_key_file is None and not settings.database_url_of("enrollment").startswith("postgres"):
        return _vault(_generated(settings))
    raise NoKey("Set GUANAI_PII_KEY or GUANAI_PII_KEY_FILE: `openssl rand -base64 32` makes a key. Keep it safe.")


def _generated(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    text = base64.b64encode(os.urandom(32)).decode()
    descriptor = os.open(settings.data_dir / "pii.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return text


@cache
def _vault(text: str) -> Vault:
    try:
        key = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != 32:
        raise NoKey("The key for personal data must be 32 bytes in base64 or hex: `openssl rand -base64 32`")
    return Vault(key)
