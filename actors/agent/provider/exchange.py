"""One request over HTTP whose answer is a stream of events: bounded in time and size at every step, and closed when it is over.

The services' own clients (`openai`, `anthropic`) are not used. Tried with a hostile server they kept 190 MB of one endless line and
570 MB of a packed answer, did not see the pings that show that a service is alive, and took half an answer for a whole one; their import
takes seconds, brings asyncio and 67 MB. What they would spare is `openai_chat` and `anthropic_messages`, which are pure and small.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import trio
from attrs import define, field, frozen

from actors.agent.provider.dialect import malformed
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Limits
from actors.agent.provider.refused import refused
from actors.agent.provider.sse import MOST_BYTES, Events, EventTooLarge, ServerEvent

if TYPE_CHECKING:
    import httpx2

__all__ = ["Post", "exchange"]

_REFUSAL_BYTES = 64 * 1024
_SHORTEST_SECRET = 8
_DEEPEST = 10
_DIALLED = "connection.connect_tcp.complete"
_CONNECTED = "http11.send_request_headers.started"
_LATE: Final = {
    "connect": ("provider_connect_failed", "no connection stood after {} ms; see that the address is right and reachable"),
    "first_byte": ("provider_first_byte_timeout", "it took the request and sent nothing of an answer for {} ms"),
    "idle": ("provider_idle_timeout", "it fell silent in the middle of its answer for {} ms"),
    "total": ("provider_total_timeout", "the answer was not whole after {} ms"),
}
_library: Any = None
_trust: ssl.SSLContext | None = None


@frozen
class Post:
    """What is sent. Headers and body may hold secrets and are never shown; `secret` is taken out of everything that comes back."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    secret: str = field(default="", repr=False)


@define
class _Watch:
    """The deadline in force: that of the phase, or the total one where it is nearer."""

    limits: Limits
    scope: trio.CancelScope
    phase: str = "connect"
    late: str = "connect"
    _dialled: Any = None
    _ends: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        total = self.limits.total_ms
        self._ends = trio.current_time() + total / 1000 if total is not None else float("inf")
        self.enter("connect")

    def enter(self, phase: str) -> None:
        """From here the limit of `phase` counts."""
        self.phase = phase
        nearest = trio.current_time() + self.allowed(phase) / 1000
        self.late = phase if nearest <= self._ends else "total"
        self.scope.deadline = min(nearest, self._ends)

    def allowed(self, phase: str) -> int:
        """Milliseconds."""
        found: int = getattr(self.limits, f"{phase}_ms")
        return found

    async def trace(self, name: str, about: Mapping[str, Any]) -> None:
        """Hears of the steps that the library takes."""
        if name == _DIALLED:
            self._dialled = about["return_value"]
        elif name == _CONNECTED and self.phase == "connect":
            self._dialled = None
            self.enter("first_byte")

    async def hang_up(self) -> None:
        """Closes a connection that was dialled and never stood: a cancelled TLS handshake leaves it to nobody."""
        if self._dialled is not None:
            with trio.CancelScope(shield=True):
                await self._dialled.aclose()

    def failure(self) -> ProviderFailure:
        """Of the limit that has passed."""
        code, text = _LATE[self.late]
        return ProviderFailure(code, text.format(self.allowed(self.late)))


async def exchange(post: Post, limits: Limits, take: Callable[[ServerEvent], bool]) -> str:
    """Sends `post` and gives each event of the answer to `take` until that is True or the answer ends. The service's id of the call, or "".

    Raises ProviderFailure, also what `take` raises. No redirect is followed and no proxy used. A packed answer is refused, since what it
    would become has no bound that is known beforehand.
    """
    library = await _load()
    with trio.CancelScope() as scope:
        watch = _Watch(limits, scope)
        try:
            return await _post(library, post, watch, take)
        except library.ConnectError as error:
            raise ProviderFailure("provider_connect_failed", f"no connection: {_cause(error)}") from None
        except (library.InvalidURL, library.UnsupportedProtocol, library.LocalProtocolError) as error:
            what = f"this cannot be sent ({type(error).__name__}); see the backend's base_url, headers and key"
            raise ProviderFailure("provider_misconfigured", what) from None
        except (library.HTTPError, library.StreamError) as error:
            when = "in the middle of its answer" if watch.phase == "idle" else "before it answered"
            raise ProviderFailure("provider_truncated", f"the connection broke {when} ({type(error).__name__})") from None
        finally:
            await watch.hang_up()
    raise watch.failure()


async def _load() -> Any:
    global _library, _trust  # noqa: PLW0603  made once per process, in a thread: it costs a quarter of a second
    if _library is None:
        _trust = await trio.to_thread.run_sync(ssl.create_default_context)
        _library = await trio.to_thread.run_sync(importlib.import_module, "httpx2")
    return _library


async def _post(library: Any, post: Post, watch: _Watch, take: Callable[[ServerEvent], bool]) -> str:
    headers = {**post.headers, "content-type": "application/json", "accept": "text/event-stream", "accept-encoding": "identity"}
    client = library.AsyncClient(trust_env=False, verify=_trust, timeout=None, follow_redirects=False)
    async with (
        client,
        client.stream("POST", post.url, headers=headers, content=post.body, extensions={"trace": watch.trace}) as response,
    ):
        said = {name.lower(): value for name, value in response.headers.items()}
        if response.status_code != 200:
            body = await _refusal(response, watch)
            if response.status_code < 300:
                raise malformed(f"it answered HTTP {response.status_code}, and only 200 brings an answer")
            raise refused(response.status_code, said, _hiding(body, post.secret))
        _check_form(said)
        await _events(response, post, watch, take)
        return said.get("x-request-id") or said.get("request-id") or ""


def _check_form(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise malformed("it is packed, which nobody has asked for")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "text/event-stream":
        raise malformed("it is no stream of events (text/event-stream), so the address may be that of something else")


async def _events(response: httpx2.Response, post: Post, watch: _Watch, take: Callable[[ServerEvent], bool]) -> None:
    """Reads to the end. What ends it early cancels the reading: only that closes the library's generators in their order."""
    events, size, failure = Events(), 0, None
    with trio.CancelScope() as reading:
        async for piece in response.aiter_raw():
            watch.enter("idle")
            size += len(piece)
            try:
                if size > watch.limits.body_bytes:
                    raise _too_large(watch.limits.body_bytes)
                if any(take(ServerEvent(one.name, _hiding(one.data, post.secret))) for one in events.feed(piece)):
                    reading.cancel()
            except EventTooLarge:
                failure = _too_large(MOST_BYTES)
                reading.cancel()
            except ProviderFailure as error:
                failure = error
                reading.cancel()
    if failure is not None:
        raise failure


async def _refusal(response: httpx2.Response, watch: _Watch) -> bytes:
    """The beginning of what is said with a refusal."""
    body = bytearray()
    with trio.CancelScope() as reading:
        async for piece in response.aiter_raw():
            watch.enter("idle")
            body += piece[: _REFUSAL_BYTES - len(body)]
            if len(body) >= _REFUSAL_BYTES:
                reading.cancel()
    return bytes(body)


def _hiding(data: bytes, secret: str) -> bytes:
    """Without the key, should a service repeat it. What is shorter than eight characters is no key that could be told from other text."""
    return data.replace(secret.encode(), b"***") if len(secret) >= _SHORTEST_SECRET else data


def _too_large(most: int) -> ProviderFailure:
    return ProviderFailure("provider_too_large", f"the answer, or one event of it, is larger than the {most} bytes that are read")


def _cause(error: BaseException) -> str:
    """The words of the system or of TLS at the bottom of an error; they hold no data of ours."""
    said = type(error).__name__
    deeper: BaseException | None = error
    for _ in range(_DEEPEST):
        if deeper is None:
            break
        said = (deeper.strerror if isinstance(deeper, OSError) and deeper.strerror else str(deeper)) or said
        inside = deeper.exceptions[0] if isinstance(deeper, BaseExceptionGroup) else None
        deeper = inside or deeper.__cause__ or deeper.__context__
    return " ".join(said.split())[:200]
