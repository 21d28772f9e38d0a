"""Which network addresses belong to the public Internet, and which names are reserved: tables, without any look-up."""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

RESERVED_DOMAIN = "invalid"

# Written out because `ipaddress.is_global` has changed its mind between patch releases of Python.
NOT_PUBLIC_IPV4 = (
    IPv4Network("0.0.0.0/8"),  # this host
    IPv4Network("10.0.0.0/8"),  # private
    IPv4Network("100.64.0.0/10"),  # shared between a carrier and its customers
    IPv4Network("127.0.0.0/8"),  # loopback
    IPv4Network("169.254.0.0/16"),  # link-local, cloud metadata
    IPv4Network("172.16.0.0/12"),  # private
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.0.2.0/24"),  # documentation
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("192.168.0.0/16"),  # private
    IPv4Network("198.18.0.0/15"),  # benchmarks
    IPv4Network("198.51.100.0/24"),  # documentation
    IPv4Network("203.0.113.0/24"),  # documentation
    IPv4Network("224.0.0.0/4"),  # multicast
    IPv4Network("240.0.0.0/4"),  # reserved, broadcast
)
# Everything outside is loopback, link-local, private, multicast or a wrapped IPv4 address (::ffff:, NAT64).
GLOBAL_IPV6 = IPv6Network("2000::/3")
NOT_PUBLIC_IPV6 = (
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address in disguise
    IPv6Network("3fff::/20"),  # documentation
)


def is_public(address: Address, ours: Iterable[Network] = ()) -> bool:
    """Whether a stranger may send us to `address`; `ours` are public networks that lead back into our own house."""
    if any(address in network for network in ours):
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_IPV4)
    return address in GLOBAL_IPV6 and not any(address in network for network in NOT_PUBLIC_IPV6)


def address_spelled_by(host: str) -> Address | None:
    """The address that `host` itself spells, in any form a C library reads (127.0.0.1, 0x7f.1, 2130706433, ::1)."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def is_reserved(domain: str) -> bool:
    """Whether `domain` lies under .invalid, where nobody lives by definition (RFC 2606)."""
    return domain.lower().rstrip(".").rpartition(".")[2] == RESERVED_DOMAIN
