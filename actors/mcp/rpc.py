"""JSON-RPC as the Model Context Protocol speaks it: what is sent, and what comes back, in lines of bounded length. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from attrs import Factory, define

from actors.agent.provider.border import decode, encode, excerpt
from actors.outside.trouble import Trouble
from actors.version import VERSION
from storage.strict_json import BadJson

__all__ = ["MOST_BYTES", "VERSIONS", "Lines", "greeting", "line", "messages", "notice", "reply", "request", "result_of", "text_of"]

VERSIONS: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""The versions of the protocol that are spoken, the newest first."""
MOST_BYTES: Final = 4 << 20
"""Of one message."""
MOST_AT_ONCE: Final = 1_000
LARGEST_MENDED: Final = 256 << 10
UNKNOWN_METHOD: Final = -32601


def request(number: int, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be answered under `number`."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": dict(params)}


def notice(method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What nobody answers."""
    return {"jsonrpc": "2.0", "method": method} | ({"params": dict(params)} if params else {})


def greeting() -> dict[str, Any]:
    """The parameters of `initialize`. Nothing is offered to servers: no model, no folder, no person who could be asked."""
    return {"protocolVersion": VERSIONS[0], "capabilities": {}, "clientInfo": {"name": "penstock", "version": VERSION}}


def reply(message: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to what a server asks: it may ask whether we live, and for nothing else."""
    said: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] == "ping":
        return said | {"result": {}}
    return said | {"error": {"code": UNKNOWN_METHOD, "message": "Penstock offers nothing of the kind"}}


def line(message: Mapping[str, Any]) -> bytes:
    """The message as a line."""
    return encode(message) + b"\n"


def messages(data: bytes) -> list[dict[str, Any]]:
    """The messages in what was sent as one, a batch included. Raises BadJson for what is none.

    Texts in them are not clean yet: a message may have half a million parts, and only those that are used are worth the time.
    """
    found = _loads(data)
    batch = found if isinstance(found, list) else [found]
    if len(batch) > MOST_AT_ONCE:
        raise BadJson(f"it is a batch of {len(batch)} messages, and at most {MOST_AT_ONCE} are taken")
    if not all(isinstance(one, dict) and one.get("jsonrpc") == "2.0" for one in batch):
        raise BadJson("it is JSON, and no message of JSON-RPC 2.0")
    return batch


def _loads(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        if len(data) > LARGEST_MENDED:
            raise BadJson("it is no JSON") from None
    return decode(data)  # half a surrogate pair, as some languages write it


def text_of(value: object, most: int) -> str:
    """What a server calls something, in one line, "" for what is no text."""
    return excerpt(value, most) if isinstance(value, str) else ""


def result_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was answered. Raises Trouble `mcp_refused` for an error, `mcp_malformed` for what is neither."""
    error = message.get("error")
    if isinstance(error, Mapping):
        code = error.get("code")
        raise Trouble("mcp_refused", f"the server says no ({code if isinstance(code, int) else '?'}): {text_of(error.get('message'), 200)}")
    result = message.get("result")
    if not isinstance(result, Mapping):
        raise Trouble("mcp_malformed", "the server's answer holds neither a result nor an error")
    return result


@define
class Lines:
    """Takes bytes as they come and gives the lines that are whole. Raises Trouble `mcp_too_large`; no more is kept then."""

    _rest: bytearray = Factory(bytearray)
    _searched: int = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that `piece` ends, without blank ones."""
        self._rest += piece
        found, start = [], 0
        while (end := self._rest.find(b"\n", max(start, self._searched))) >= 0:
            found.append(bytes(self._rest[start:end]).strip())
            start = end + 1
        del self._rest[:start]
        self._searched = len(self._rest)
        if len(self._rest) > MOST_BYTES:
            self._rest.clear()
            raise Trouble("mcp_too_large", f"the server sent a message of more than {MOST_BYTES} bytes")
        return [one for one in found if one]
