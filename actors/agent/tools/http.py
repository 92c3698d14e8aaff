"""Getting a page of a host that is allowed: its name is looked up once, and nothing but the address that was looked at is connected to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

import trio

from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.tools.source import Said
from actors.agent.tools.words import shape, text
from actors.outside.reaching import PORTS, addresses_of, fetch_first, host_of
from actors.outside.trouble import Trouble
from actors.outside.web import Reply, Request
from actors.workflow.hosts import reach

__all__ = ["SPECS", "Http"]

SHOWN: Final = 64 << 10
TIME_S: Final = 30.0
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
        host, port = host_of(url), url.port or PORTS[url.scheme]
        reached = reach(host, port, self._hosts)
        if reached == "denied":
            return _denied(f"{host}:{port} is not one of the hosts that are allowed: {self._allowed()}.")
        try:
            with trio.fail_after(TIME_S):
                request = Request("GET", url._replace(fragment="").geturl(), TIME_S, most=SHOWN, cut=True)
                return _told(await fetch_first(request, await addresses_of(url, reached)))
        except Trouble as trouble:
            if trouble.code == "http_host_private":
                return _denied(f"{trouble.message}.")
            return Said(f"It could not be had: {trouble.message}.", is_error=True)
        except trio.TooSlowError:
            return Said(f"It could not be had within {TIME_S:g} s.", is_error=True)

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
