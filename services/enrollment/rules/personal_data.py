"""How personal data is kept: sealed with AES-256-GCM, found by a blind index, shown masked."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01\x01"
_NONCE = 12


class Vault:
    """Seals bytes to a place: what is moved to another row does not open."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derived(key, b"guanai personal data v1"))
        self._index = HMAC(_derived(key, b"guanai blind index v1"), SHA256())

    def seal(self, plain: bytes, place: str) -> bytes:
        """Version and key id (2 bytes), nonce (12), ciphertext with tag."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises InvalidTag when the bytes or the place are not those that were sealed."""
        return self._cipher.decrypt(sealed[2 : 2 + _NONCE], sealed[2 + _NONCE :], place.encode())

    def index_of(self, purpose: str, value: str) -> bytes:
        """16 bytes that are equal for equal values and tell nothing without the key (HMAC-SHA-256)."""
        index = self._index.copy()
        index.update(f"{purpose}|{value}".encode())
        return index.finalize()[:16]


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def masked_number(number: str) -> str:
    """`450***********1232`."""
    return f"{number[:3]}{'*' * max(len(number) - 7, 1)}{number[-4:]}" if len(number) > 7 else "*" * len(number)


def masked_name(name: str) -> str:
    """`张**`."""
    return name[:1] + "*" * (len(name) - 1)
