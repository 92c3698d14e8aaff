"""Who is asked when a host is named: its name is looked up once, and nothing but the addresses that were looked at is connected to."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult

import trio
from attrs import evolve

from actors.outside.addresses import is_public
from actors.outside.trouble import Trouble
from actors.outside.web import Reply, Request, fetch
from actors.workflow.hosts import Reach

__all__ = ["PORTS", "addresses_of", "fetch_first", "host_of"]

MOST_TRIED: Final = 3
PORTS: Final = {"http": 80, "https": 443}


def host_of(url: SplitResult) -> str:
    """The host in small letters, an IPv6 address in brackets: as lists of hosts have it."""
    name = (url.hostname or "").rstrip(".")
    return f"[{name}]" if ":" in name else name


async def addresses_of(url: SplitResult, reached: Reach) -> list[str]:
    """The addresses of the URL's host that may be connected to, in the order in which they are to be tried; never empty.

    Those of a private network are left out, but for a host that is `named`. Raises Trouble `http_unreachable`, `http_host_private`.
    """
    host, port = host_of(url), url.port or PORTS[url.scheme]
    try:
        found = await trio.socket.getaddrinfo(url.hostname or "", port, type=trio.socket.SOCK_STREAM)
    except OSError as error:
        raise Trouble("http_unreachable", f"the name {host} is not known ({error.strerror or error})") from None
    known = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    fit = [address for address in known if reached == "named" or is_public(address)]
    if not fit:
        where = f"{host} lies on this machine or in a private network ({known[0]})"
        raise Trouble("http_host_private", f"{where}, and nobody has allowed {host}:{port} by name")
    return fit


async def fetch_first(request: Request, addresses: list[str]) -> Reply:
    """The reply of the first address that can be connected to. Raises Trouble."""
    *others, last = addresses[:MOST_TRIED]
    for address in others:
        try:
            return await fetch(evolve(request, address=address))
        except Trouble as trouble:
            if trouble.code != "http_unreachable":
                raise
    return await fetch(evolve(request, address=last))
