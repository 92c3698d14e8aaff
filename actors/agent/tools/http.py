"""Getting a page of a host that is allowed: its name is looked up once, and nothing but the address that was looked at is connected to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

import trio

from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.tools.source import Said
from actors.agent.tools.words import shape, text
from actors.outside.addresses import is_public
from actors.outside.trouble import Trouble
from actors.outside.web import Reply, Request, fetch
from actors.workflow.hosts import reach

__all__ = ["SPECS", "Http"]

SHOWN: Final = 64 << 10
TIME_S: Final = 30.0
MOST_TRIED: Final = 3
PORTS: Final = {"http": 80, "https": 443}
TEXTS: Final = ("json", "xml", "javascript", "yaml", "toml", "x-www-form-urlencoded")
"""What a type of content ends in that is text, beside all that begins with text/."""

SPECS: Final = {
    "http_get": ToolSpec(
        "http_get", f"Get a text from an http or https address; at most its first {SHOWN} bytes. Only some hosts are allowed.",
        shape(("url",), url=text("The whole address, in ASCII.", least=8, most=4_000)), "once",
    ),
}  # fmt: skip
"""The tool by its name, as models are told of it."""


class Http:
    """The tool, where `names` has it. `hosts` are lists of what may be reached: a host has to stand in each that is given."""

    def __init__(self, hosts: Iterable[tuple[str, ...] | None], names: Collection[str]) -> None:
        self._hosts = tuple(one for one in hosts if one is not None)
        self._specs = {name: spec for name, spec in SPECS.items() if name in names}

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return self._specs

    async def use(self, call: ToolCall) -> Said:
        url = _url(call.arguments["url"])
        if url is None:
            return Said("That is no address of http or https, in ASCII and without user and password.", is_error=True)
        host, port = _host(url), url.port or PORTS[url.scheme]
        reached = reach(host, port, self._hosts)
        if reached == "denied":
            return _denied(f"{host}:{port} is not one of the hosts that are allowed: {self._allowed()}.")
        try:
            with trio.fail_after(TIME_S):
                addresses = await _look_up(url.hostname or "", port)
                fit = [address for address in addresses if reached == "named" or is_public(address)]
                if not fit:
                    where = f"{host} lies on this machine or in a private network ({addresses[0]})"
                    return _denied(f"{where}, and nobody has allowed {host}:{port} by name.")
                return _told(await _first(url._replace(fragment="").geturl(), fit))
        except Trouble as trouble:
            return Said(f"It could not be had: {trouble.message}.", is_error=True)
        except trio.TooSlowError:
            return Said(f"It could not be had within {TIME_S:g} s.", is_error=True)
        except OSError as error:
            return Said(f"It could not be had: the name {host} is not known ({error.strerror or error}).", is_error=True)

    def _allowed(self) -> str:
        return "; and of these ".join(", ".join(one) or "none" for one in self._hosts) or "none"


def _denied(text: str) -> Said:
    return Said(f"Refused: {text}", is_error=True, state="denied")


def _url(given: str) -> SplitResult | None:
    if not given.isascii() or not given.isprintable() or " " in given or "\\" in given:
        return None
    try:
        url = urlsplit(given)
        fine = url.scheme in PORTS and url.hostname and url.port != 0 and "@" not in url.netloc
    except ValueError:
        return None
    return url if fine else None


def _host(url: SplitResult) -> str:
    name = (url.hostname or "").rstrip(".")
    return f"[{name}]" if ":" in name else name


async def _look_up(name: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which they are to be tried; never empty. Raises OSError."""
    found = await trio.socket.getaddrinfo(name, port, type=trio.socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _first(url: str, addresses: list[str]) -> Reply:
    """The reply of the first address that can be connected to. Raises Trouble."""
    *others, last = addresses[:MOST_TRIED]
    for address in others:
        try:
            return await _get(url, address)
        except Trouble as trouble:
            if trouble.code != "http_unreachable":
                raise
    return await _get(url, last)


async def _get(url: str, address: str) -> Reply:
    return await fetch(Request("GET", url, TIME_S, address=address, most=SHOWN, cut=True))


def _told(reply: Reply) -> Said:
    kind = reply.headers.get("content-type", "text/plain").partition(";")
    name = kind[0].strip().lower()
    head = f"HTTP {reply.status}, {name}"
    if not name.startswith("text/") and not name.endswith(TEXTS):
        return Said(f"{head}: that is no text, so it is not shown.", is_error=True)
    body = _decoded(reply.body, kind[2])
    more = f"\n[... only the first {SHOWN} bytes]" if reply.cut else ""
    return Said(f"{head}\n\n{body}{more}", is_error=reply.status >= 400)


def _decoded(body: bytes, parameters: str) -> str:
    _, _, charset = parameters.lower().partition("charset=")
    try:
        said = body.decode(charset.partition(";")[0].strip(" \"'") or "utf-8", "replace")
    except LookupError:
        said = body.decode("utf-8", "replace")
    return said.replace("\0", "\ufffd")
