"""Spans as OTLP/HTTP writes them in JSON, and what a collector's answer means. Pure.

The format is stable and small: ids are hexadecimal, whole numbers of 64 bits are texts, kinds and codes are numbers. The SDK would bring
a thread, a second HTTP client, twelve packages and 115 ms of imports, and would make spans while the work is done, not from its record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from actors.telemetry.spans import Span, Value

__all__ = ["again", "encode", "rejected"]

_ERROR = 2
_AGAIN = frozenset({429, 502, 503, 504})


def encode(resource: Mapping[str, Value], scope: str, version: str, spans: Iterable[Span]) -> bytes:
    """The body of an `ExportTraceServiceRequest`."""
    scoped = {"scope": {"name": scope, "version": version}, "spans": [_span(span) for span in spans]}
    return orjson.dumps({"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scoped]}]})


def _span(span: Span) -> dict[str, Any]:
    parent = {"parentSpanId": span.parent_id} if span.parent_id else {}
    status: dict[str, Any] = {"code": _ERROR, "message": span.error} if span.error else {}
    return {
        "traceId": span.trace_id, "spanId": span.span_id, **parent, "name": span.name, "kind": span.kind,
        "startTimeUnixNano": str(span.start_ms * 1_000_000), "endTimeUnixNano": str(span.end_ms * 1_000_000),
        "attributes": _attributes(span.attributes), "status": status,
    }  # fmt: skip


def _attributes(values: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"arrayValue": {"values": [_value(one) for one in value]}}


def again(status: int) -> bool:
    """Whether a batch that was answered so is sent once more, later; all other refusals are final."""
    return status in _AGAIN


def rejected(body: bytes) -> int:
    """How many spans of an accepted batch the collector did not take."""
    try:
        said = orjson.loads(body)
        return int(said["partialSuccess"].get("rejectedSpans", 0))
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0
