"""What a node leaves to those that come after it: a result under its key, and an entry in the list of contexts (flow spec 1.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

__all__ = ["LONGEST_CONTEXT", "ContextEntry", "Result", "context_entry", "result_of"]

LONGEST_CONTEXT: Final = 2_000
"""How many characters of a text that says nothing of itself are its context."""


@frozen
class Result:
    """What conditions, texts and runs above find under a node's result key.

    `structured_output` is the JSON object that the node gave, `output_file` the path of its artifact.
    `error`: why it failed, also where that was passed over.
    """

    node_id: str
    label: str
    status: str = "completed"
    markers: tuple[str, ...] = ()
    context: str = ""
    structured_output: Mapping[str, Any] | None = None
    output_file: str | None = None
    child_run_id: str | None = None
    error: str | None = None


@frozen
class ContextEntry:
    """What one node said to all later ones, in the order of their endings. `iteration`: of the innermost loop around it."""

    label: str
    context: str = ""
    markers: tuple[str, ...] = ()
    iteration: int = 0
    structured_output: Mapping[str, Any] | None = None
    output_file: str | None = None


def result_of(node_id: str, label: str, output: Any, *, output_file: str | None = None) -> Result:
    """The result of a node that completed with `output`: an object says its markers and context itself, a text is its own context."""
    if isinstance(output, Mapping):
        found = output.get("markers")
        markers = tuple(item for item in found if isinstance(item, str)) if isinstance(found, list) else ()
        context = output.get("context")
        said = context if isinstance(context, str) else ""
        return Result(node_id, label, markers=markers, context=said, structured_output=output, output_file=output_file)
    said = output[:LONGEST_CONTEXT] if isinstance(output, str) else ""
    return Result(node_id, label, context=said, output_file=output_file)


def context_entry(result: Result, iteration: int = 0) -> ContextEntry:
    """The entry that goes with a result."""
    return ContextEntry(result.label, result.context, result.markers, iteration, result.structured_output, result.output_file)
