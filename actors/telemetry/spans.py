"""One span, and the ids by which spans find each other: made of names, so that nothing has to be remembered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from attrs import frozen

__all__ = ["CLIENT", "INTERNAL", "Span", "Value", "attempt_span", "run_span", "span_id", "trace_id"]

Value = str | bool | int | float | Sequence[str]

INTERNAL: Final = 1
CLIENT: Final = 3
"""Kinds of spans, as OTLP numbers them."""


@frozen
class Span:
    """A piece of work that is over. Ids are hexadecimal, times epoch milliseconds; `error` is empty where it went well."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    start_ms: int
    end_ms: int
    attributes: Mapping[str, Value]
    error: str = ""


def trace_id(run_id: str) -> str:
    """The trace of a run, whichever daemon tells of it."""
    return sha256(f"trace:{run_id}".encode()).hexdigest()[:32]


def span_id(*names: object) -> str:
    """The span of what these names say; told twice, it is one span."""
    return sha256("/".join(map(str, names)).encode()).hexdigest()[:16]


def run_span(run_id: str, round_: int) -> str:
    """The span of a run. A run that goes on after its end has another one: `round_` counts its ends so far."""
    return span_id("run", run_id, round_)


def attempt_span(run_id: str, node_id: str, instance: int, attempt: int) -> str:
    """The span of an attempt of a node."""
    return span_id("attempt", run_id, node_id, instance, attempt)
