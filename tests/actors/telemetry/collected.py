"""What a collector makes of a body: parsed with the collectors' own definitions, every unknown field an error."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]  # it comes without types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["attributes", "resource_of", "spans_of"]

IDS = ("traceId", "spanId", "parentSpanId")


def _request(body: bytes) -> ExportTraceServiceRequest:
    """OTLP writes ids in hexadecimal where the JSON of protocol buffers has base64: all else is the same."""
    said = orjson.loads(body)
    for span in said["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        span |= {name: base64.b64encode(bytes.fromhex(span[name])).decode() for name in IDS if name in span}
    request = ExportTraceServiceRequest()
    ParseDict(said, request)
    return request


def spans_of(body: bytes) -> list[Span]:
    """All spans of an export request."""
    return [span for each in _request(body).resource_spans for scoped in each.scope_spans for span in scoped.spans]


def resource_of(body: bytes) -> dict[str, Any]:
    """Whose spans these are."""
    return dict(_pairs(_request(body).resource_spans[0].resource.attributes))


def attributes(span: Span) -> dict[str, Any]:
    """What the span says."""
    return dict(_pairs(span.attributes))


def _pairs(found: Any) -> Iterator[tuple[str, Any]]:
    for one in found:
        yield one.key, _value(one.value)


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    assert kind is not None
    return [_value(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, kind)
