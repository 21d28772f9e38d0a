"""Where a webhook may lead: a URL is checked and resolved once, and only the addresses found then are ever used."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import httpx2

from services.notify.gateways import SWITCHED_OFF
from services.notify.gateways.addresses import Address, Network, address_spelled_by, is_public, is_reserved

OPEN_PORTS = {443, 8443}
ANY_PORT = range(1, 65_536)
DEFAULT_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str], Awaitable[Sequence[str]]]


class DestinationError(Exception):
    """The URL leads where we do not go; the message may be shown and holds no part of the URL."""


@dataclass(frozen=True)
class Destination:
    """A URL with the addresses its host had when it was checked."""

    url: httpx2.URL
    host: str
    addresses: tuple[Address, ...]

    def pinned_urls(self) -> list[httpx2.URL]:
        """The same URL once per address, with the address in place of the name: nothing is left to resolve."""
        return [self.url.copy_with(host=str(address)) for address in self.addresses]


@dataclass(frozen=True)
class Border:
    """The rule for leaving the house: https, two ports and public addresses, unless private ones are allowed."""

    resolve: Resolve
    allow_private: bool = False
    ours: tuple[Network, ...] = ()

    async def find(self, address: str) -> Destination:
        """Check and resolve; raises DestinationError, or OSError when the name cannot be looked up."""
        url = _url_of(address)
        self._check(url)
        host = url.raw_host.decode("ascii")
        spelled = address_spelled_by(host)
        addresses = (spelled,) if spelled else tuple(ip_address(found) for found in await self.resolve(host))
        if not addresses:
            raise OSError("the name has no address")
        if not self.allow_private and not all(is_public(address, self.ours) for address in addresses):
            raise DestinationError("the host is not on the public Internet")
        return Destination(url, host, addresses)

    def _check(self, url: httpx2.URL) -> None:
        if url.userinfo:
            raise DestinationError("the URL holds a user or password")
        if url.scheme != "https" and not (self.allow_private and url.scheme == "http"):
            raise DestinationError("the URL is not https")
        port = DEFAULT_PORTS[url.scheme] if url.port is None else url.port
        if port not in (ANY_PORT if self.allow_private else OPEN_PORTS):
            raise DestinationError("the port is not open to webhooks")
        if is_reserved(url.host):
            raise DestinationError(SWITCHED_OFF)


async def resolve_by_dns(host: str) -> Sequence[str]:
    """Every address of `host`, in the order the system prefers; raises OSError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise DestinationError("not a host name") from None
    return [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]


def _url_of(address: str) -> httpx2.URL:
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        raise DestinationError("not a URL") from None
    if not url.host:
        raise DestinationError("not a URL")
    return url
