"""JSON-RPC 2.0 as it is spoken here: one request object a line, always with an id, params by name. Pure; knows no method.

Batches and notifications from the client are refused: every request is answered, in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from attrs import Factory, frozen

from actors.refusals import Refusal

__all__ = [
    "BAD_REQUEST", "INTERNAL", "METHOD_UNKNOWN", "PARAMS_INVALID", "PARSE_ERROR", "REFUSED", "Call", "Malformed", "error", "notification",
    "read_call", "result",
]  # fmt: skip

PARSE_ERROR = -32700
BAD_REQUEST = -32600
METHOD_UNKNOWN = -32601
PARAMS_INVALID = -32602
INTERNAL = -32603
REFUSED = -32000

CallId = str | int
_MEMBERS = frozenset({"jsonrpc", "id", "method", "params"})
_ID_LENGTH = 128


@frozen
class Call:
    """One well-formed request."""

    id: CallId
    method: str
    params: Mapping[str, Any] = Factory(dict)


@frozen
class Malformed:
    """An object that is no request. `id` is the one it had, when that much could be read."""

    message: str
    id: CallId | None = None


def read_call(value: object) -> Call | Malformed:
    """Judge one decoded line. Never raises."""
    if not isinstance(value, dict):
        return Malformed(f"a request is one JSON object, not {_kind(value)}; batches are not accepted")
    given = value.get("id")
    call_id = given if _is_id(given) else None
    unknown = sorted(set(value) - _MEMBERS)
    if unknown:
        return Malformed(f"unknown member {unknown[0]!r}: a request has jsonrpc, id, method, params", call_id)
    if value.get("jsonrpc") != "2.0":
        return Malformed('jsonrpc must be "2.0"', call_id)
    if call_id is None:
        return Malformed(f"id must be an integer or a text of 1 to {_ID_LENGTH} characters: every request is answered", None)
    return _read_body(value, call_id)


def _read_body(value: dict[str, Any], call_id: CallId) -> Call | Malformed:
    method, params = value.get("method"), value.get("params", {})
    if not isinstance(method, str):
        return Malformed(f"method must be a text, not {_kind(method)}", call_id)
    if not isinstance(params, dict):
        return Malformed(f"params must be an object, not {_kind(params)}", call_id)
    return Call(call_id, method, params)


def _is_id(given: object) -> bool:
    if isinstance(given, str):
        return 0 < len(given) <= _ID_LENGTH
    return isinstance(given, int) and not isinstance(given, bool)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def result(call_id: CallId, value: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> bytes:
    """The line of a success. `extra` are members beside the standard ones (the greeting of a connection's first reply)."""
    return _line({"jsonrpc": "2.0", "id": call_id, "result": value, **(extra or {})})


def error(call_id: CallId | None, number: int, refusal: Refusal, extra: Mapping[str, Any] | None = None) -> bytes:
    """The line of a refusal; its snake_case code goes first in `data`."""
    body = {"code": number, "message": refusal.message, "data": {"code": refusal.code, **refusal.data}}
    return _line({"jsonrpc": "2.0", "id": call_id, "error": body, **(extra or {})})


def notification(method: str, params: Mapping[str, Any]) -> bytes:
    """The line of a notification."""
    return _line({"jsonrpc": "2.0", "method": method, "params": params})


def _line(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
