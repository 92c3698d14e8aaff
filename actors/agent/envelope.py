"""What an agent is told: one message between two marks, with the task and what it must leave behind (engine spec 6.3). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from actors.node.orders import AgentOrder, WorkOrder

__all__ = ["envelope"]

LONGEST_ERROR: Final = 400
OURS: Final = "with the tool write_file"
OWN: Final = "relative to the folder in which you are working"
NO_SCHEMA: Final = "(no schema: any content that fits the instructions)"


def envelope(order: WorkOrder, action: AgentOrder, *, repair: bool, own_tools: bool = False) -> str:
    """The user message of an attempt; `repair`: what was left before was not right, and that stands in it.

    `own_tools`: it goes to an agent that has other tools than ours.
    """
    mark = f"PENSTOCK TASK {order.node_id}"
    parts = [f"=== BEGIN {mark} ===", _head(order)]
    if order.artifact is not None:
        parts.append(_demand(order, OWN if own_tools else OURS))
    parts.append(f"Instructions:\n{action.instructions.strip()}")
    if action.lessons:
        parts.append(action.lessons)
    if action.data:
        parts.append(f"Data, as JSON:\n{_json(action.data)}")
    if action.feedback:
        parts.append("Feedback of the people who looked at your work, oldest first:\n" + "\n".join(f"- {text}" for text in action.feedback))
    if repair and action.repair is not None:
        parts.append(_repair(order, action.repair.errors, OWN if own_tools else OURS))
    parts.append(f"=== END {mark} ===")
    return "\n\n".join(parts)


def _head(order: WorkOrder) -> str:
    lines = [f"Run: {order.run_id}", f"Node: {order.node_id}", f"Attempt: {order.attempt}"]
    if order.artifact is not None:
        lines += [f"Expected artifact: {order.artifact.path}", f"Schema: {order.artifact.schema_name or 'none'}"]
    return "\n".join(lines)


def _demand(order: WorkOrder, how: str) -> str:
    assert order.artifact is not None
    if order.artifact.schema is None:
        return f"Write your result to exactly this path, {how}: {order.artifact.path}\n{NO_SCHEMA}"
    return (
        f"Write one JSON object to exactly this path, {how}: {order.artifact.path}\n"
        f"It must be valid against this JSON Schema (2020-12):\n{_json(order.artifact.schema)}"
    )


def _repair(order: WorkOrder, errors: tuple[Mapping[str, Any], ...], how: str) -> str:
    found = "\n".join(f"- {_line(error)}" for error in errors)
    if order.artifact is None:
        return f"REPAIR: your last attempt was not accepted. What was wrong:\n{found}"
    if not errors:
        return (
            f"REPAIR: your last attempt ended without the file {order.artifact.path}. Nothing else counts: write it now, {how}, "
            "to exactly that path."
        )
    return (
        f"REPAIR: the file that you wrote to {order.artifact.path} did not validate and was removed. Read the schema again; satisfy its "
        f"required, enum, type, minLength and additionalProperties. What was wrong:\n{found}\nWrite the whole file anew."
    )


def _line(error: Mapping[str, Any]) -> str:
    where = f"{error['path']}: " if error.get("path") else ""
    text = f"{where}{error.get('message', '')}"
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]} […]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
