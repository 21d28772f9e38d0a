"""Addresses for those who need not know them: enough to recognise, not enough to use."""

from urllib.parse import urlsplit

_LONG_ENOUGH = 16
_TAIL = 4


def masked_address(channel: str, address: str) -> str:
    """li.lei@county.example -> l***@county.example; a webhook keeps its host, a robot the end of its key."""
    if not address:
        return address
    if channel == "mail":
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}***@{domain}"
    if channel == "wecom":
        return f"…{address[-_TAIL:]}" if len(address) >= _LONG_ENOUGH else "…"
    return f"{urlsplit(address).scheme}://{urlsplit(address).hostname}/…"
