"""One HTTP request to an address that the settings name: bounded in time and size, verified, never led to another host or through a proxy.

The library is imported in a thread when the first request is made: it costs a quarter of a second, which most daemons never need.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import trio
from attrs import Factory, define, field, frozen

from actors.outside.trouble import Trouble

if TYPE_CHECKING:
    import httpx2

__all__ = ["LARGEST", "Line", "Reply", "Request", "fetch", "http_client", "load_http", "prepare"]

LARGEST = 1 << 20
"""Bytes of a body that are taken."""
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 307, 308)
_library: Any = None
_trust: ssl.SSLContext | None = None


@frozen
class Request:
    """What is asked. Headers and body may hold secrets, and are never shown.

    `address`: where to connect, whatever the host's name stands for by then. `most` bytes of a body are taken; with `cut` a longer one is
    cut there, else refused.
    """

    method: str
    url: str
    timeout_s: float
    headers: Mapping[str, str] = field(default=Factory(dict), repr=False)
    body: bytes | None = field(default=None, repr=False)
    address: str | None = None
    most: int = LARGEST
    cut: bool = False


@frozen
class Reply:
    """What came: the names of headers in lower case. `cut`: there is more of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


async def fetch(request: Request) -> Reply:
    """The reply, whatever its status.

    Raises Trouble: `http_unreachable`, `http_timeout`, `http_redirected` (to another host, or of what is no GET), `http_too_large`,
    `http_broken` (half an answer, or none that is HTTP). No text of a server or a secret stands in it.
    """
    where = urlsplit(request.url).netloc
    library, line = await load_http(), Line()
    with trio.move_on_after(request.timeout_s):
        try:
            async with http_client() as client:
                return await _follow(client, request, line)
        except (library.ConnectError, library.UnsupportedProtocol) as error:
            raise Trouble("http_unreachable", f"{where} cannot be reached: {error}") from None
        except (library.HTTPError, library.InvalidURL, library.StreamError) as error:
            raise Trouble("http_broken", f"the exchange with {where} broke off: {type(error).__name__}") from None
        finally:
            await line.hang_up()
    raise Trouble("http_timeout", f"{where} had not answered after {request.timeout_s:g} s")


async def prepare() -> None:
    """Have the library at hand before the first request."""
    await load_http()


@define
class Line:
    """The connection that was dialled and does not stand yet: a cancelled TLS handshake leaves it to nobody."""

    _dialled: Any = None

    async def trace(self, name: str, about: Mapping[str, Any]) -> None:
        """Hears of the steps that the library takes."""
        if name == "connection.connect_tcp.complete":
            self._dialled = about["return_value"]
        elif name == "http11.send_request_headers.started":
            self._dialled = None

    async def hang_up(self) -> None:
        """Close it, whatever else has been given up."""
        if self._dialled is not None:
            with trio.CancelScope(shield=True):
                await self._dialled.aclose()


async def load_http() -> Any:
    """The library, which `http_client` needs."""
    global _library, _trust  # noqa: PLW0603  made once per process, see above
    if _library is None:
        _library = await trio.to_thread.run_sync(importlib.import_module, "httpx2")
        _trust = await trio.to_thread.run_sync(ssl.create_default_context)
    return _library


def http_client() -> httpx2.AsyncClient:
    """A client that goes through no proxy and follows nothing, for a context; `load_http` comes before it. Its times are its user's."""
    client: httpx2.AsyncClient = _library.AsyncClient(trust_env=False, verify=_trust, timeout=None, follow_redirects=False)
    return client


async def _follow(client: httpx2.AsyncClient, request: Request, line: Line) -> Reply:
    url, headers = request.url, {**request.headers, "Accept-Encoding": "identity"}
    for _ in range(_MOST_REDIRECTS + 1):
        target, host, name = _pinned(url, request.address)
        more = {"trace": line.trace, **name}
        async with client.stream(request.method, target, headers={**headers, **host}, content=request.body, extensions=more) as response:
            if response.status_code not in _REDIRECTS:
                said = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status_code, said, *await _body(response, url, request))
            url = _next(request, url, response.headers.get("location", ""))
    raise Trouble("http_redirected", f"{urlsplit(url).netloc} redirects more than {_MOST_REDIRECTS} times")


def _pinned(url: str, address: str | None) -> tuple[str, dict[str, str], dict[str, str]]:
    """Where to connect for a URL, and the host's own name: as the server is to hear it, and as its certificate has to have it."""
    if address is None:
        return url, {}, {}
    parts = urlsplit(url)
    there = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=there if parts.port is None else f"{there}:{parts.port}")
    return target.geturl(), {"Host": parts.netloc}, {"sni_hostname": (parts.hostname or "").rstrip(".")}


def _next(request: Request, url: str, location: str) -> str:
    """Where a redirect leads: a token that was meant for one host is never sent to another."""
    target = urljoin(url, location)
    before, after = urlsplit(url), urlsplit(target)
    if request.method != "GET" or (before.scheme, before.netloc) != (after.scheme, after.netloc):
        raise Trouble("http_redirected", f"{before.netloc} redirects elsewhere, which is not followed; set the new address if it is right")
    return target


async def _body(response: httpx2.Response, url: str, request: Request) -> tuple[bytes, bool]:
    """The body as it was sent, and whether it goes on. It is cancelled there: only that ends the library's generators in their order."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Trouble("http_broken", f"{urlsplit(url).netloc} packed its answer, which nobody has asked for")
    body = bytearray()
    with trio.CancelScope() as scope:
        async for chunk in response.aiter_raw():
            body += chunk[: request.most + 1 - len(body)]
            if len(body) > request.most:
                scope.cancel()
    if len(body) > request.most and not request.cut:
        raise Trouble("http_too_large", f"{urlsplit(url).netloc} sent more than {request.most} bytes")
    return bytes(body[: request.most]), len(body) > request.most
