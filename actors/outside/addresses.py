"""Which addresses lie on the open network: not this machine, its neighbours, a cloud's metadata, or one of them translated. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

__all__ = ["is_public"]

_TRANSLATED: Final = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
"""Networks whose last 32 bits are an IPv4 address: NAT64, and the old way to write one."""

_OF_PROTOCOLS: Final = IPv4Network("192.0.0.0/24")


def is_public(text: str) -> bool:
    """Whether the address is one of the open network; a text that is none is not."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inside = _inside(address) if isinstance(address, IPv6Address) else None
    if inside is not None:
        return is_public(str(inside))
    unusual = address.is_multicast or address.is_reserved
    unusual |= address.is_site_local if isinstance(address, IPv6Address) else address in _OF_PROTOCOLS
    return address.is_global and not unusual


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that it stands for."""
    if address.ipv4_mapped is not None or address.sixtofour is not None:
        return address.ipv4_mapped or address.sixtofour
    return IPv4Address(int(address) & 0xFFFFFFFF) if any(address in network for network in _TRANSLATED) else None
