"""What one service's way of speaking consists of: a path, headers, a body, and a fold of its events to an answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from actors.agent.provider.border import decode, encode
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Answer, ModelRequest, OnPart
from actors.agent.provider.sse import ServerEvent
from actors.agent.provider.tokens import TokenUsage
from storage.strict_json import BadJson

__all__ = ["MOST_CALLS", "Dialect", "Fold", "count", "estimate", "field", "malformed", "opened"]

MOST_CALLS = 128
"""Tool calls in one answer."""
_MOST_TOKENS = 2**40
_CHARACTERS_PER_TOKEN = 4
_T = TypeVar("_T")


class Fold(Protocol):
    """Takes the events of one answer. Each method raises ProviderFailure where they make no sense."""

    @property
    def text(self) -> str:
        """What has been said so far."""
        ...

    @property
    def usage(self) -> TokenUsage:
        """What the service has counted so far."""
        ...

    def take(self, event: ServerEvent) -> bool:
        """Whether the answer is over; nothing behind its end is read."""
        ...

    def answer(self, request_id: str) -> Answer:
        """The whole answer, after the last event. `request_id` is that of the headers. Fails where the end was not seen."""
        ...


class Dialect(Protocol):
    """How a service is spoken to."""

    @property
    def path(self) -> str:
        """Behind the base URL."""
        ...

    def headers(self, key: str) -> Mapping[str, str]:
        """Those of this service; `key` is "" where there is none."""
        ...

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """The request as JSON."""
        ...

    def fold(self, request: ModelRequest, on_part: OnPart) -> Fold:
        """For the answer to this request."""
        ...


def malformed(what: str) -> ProviderFailure:
    """An answer that is none: `what` says where."""
    return ProviderFailure("provider_malformed", f"the answer cannot be read: {what}. If it happens again, see what serves this address")


def opened(event: ServerEvent) -> dict[str, Any]:
    """The JSON object in an event."""
    try:
        data = decode(event.data)
    except BadJson as error:
        raise malformed(f"an event is not what it should be: {error}") from None
    if not isinstance(data, dict):
        raise malformed(f"an event is a JSON object, and one is {type(data).__name__}")
    return data


def field(data: Mapping[str, Any], name: str, kind: type[_T], default: _T) -> _T:
    """The value of a field, `default` where it is absent or null; anything else than `kind` is malformed."""
    found = data.get(name)
    if found is None:
        return default
    if not isinstance(found, kind) or isinstance(found, bool) is not (kind is bool):
        raise malformed(f"the field {name!r} is {kind.__name__}, and it came as {type(found).__name__}")
    return found


def count(data: Mapping[str, Any], name: str) -> int | None:
    """A number of tokens, None where there is none that can be believed."""
    found = data.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _MOST_TOKENS else None


def estimate(sent: Mapping[str, Any], received: int) -> TokenUsage:
    """A guess for a service that counts nothing, so that budgets do not stand still: a token for every four characters each way."""
    return TokenUsage(input=len(encode(sent)) // _CHARACTERS_PER_TOKEN + 1, output=received // _CHARACTERS_PER_TOKEN + 1, estimated=True)
