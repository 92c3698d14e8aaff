"""What an agent is told: one message between two marks, with the task and what it must leave behind (engine spec 6.3). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from actors.agent.brief import Brief
from actors.flow.blocks import END, START
from actors.node.orders import AgentOrder, WorkOrder

__all__ = ["envelope"]

LONGEST_ERROR: Final = 400
OURS: Final = "with the tool write_file"
OWN: Final = "relative to the folder in which you are working"
PRIORITY: Final = "What stands above counts more than the instructions below, where they differ."
ENDS: Final = "End your answer with exactly this block, and write nothing behind it:"
FITS: Final = "In the place of the braces stands one JSON object that is valid against this JSON Schema (2020-12):"
PLAIN: Final = '{"markers": [], "context": ""}'
MEANING: Final = (
    "`markers` is a list of short words that say what came of the work, of those that the instructions name; empty where none applies. "
    "`context` says in a sentence or two what those who go on from here have to know."
)
OURS_ALONE: Final = ("markers", "order")
"""What a schema says to us and not to who answers by it."""
LONGEST_VARIABLE: Final = 4_000
NO_SCHEMA: Final = "(no schema: any content that fits the instructions)"


def envelope(order: WorkOrder, action: AgentOrder, *, repair: bool, own_tools: bool = False, brief: Brief | None = None) -> str:
    """The user message of an attempt; `repair`: what was left before was not right, and that stands in it.

    `own_tools`: it goes to an agent that has other tools than ours. `brief`: what else it is told. What went wrong, and what people said,
    stands before the task; what is wrong with a file, behind it (flow spec 8.4; engine spec 6.3).
    """
    brief, how = brief or Brief(), OWN if own_tools else OURS
    wrong = _repair(order, action.repair.errors, how) if repair and action.repair is not None else ""
    mark = f"PENSTOCK TASK {order.node_id}"
    parts = [f"=== BEGIN {mark} ===", _head(order, action)]
    if order.artifact is not None:
        parts.append(_demand(order, how))
    first = wrong if order.artifact is None else ""
    parts += [first, _feedback(action), PRIORITY if first or action.feedback else "", _task(action, brief)]
    if action.data:
        parts.append(f"Data, as JSON:\n{_json(action.data)}")
    if brief.knows and (known := _known(action)):
        parts.append(f"Variables, as JSON:\n{_json(known)}")
    parts += [*brief.snippets, action.lessons, _answer(brief), wrong if order.artifact is not None else "", f"=== END {mark} ==="]
    return "\n\n".join(part for part in parts if part)


def _task(action: AgentOrder, brief: Brief) -> str:
    told = "\n\n".join(text for text in (brief.body, action.instructions.strip()) if text)
    return f"Instructions:\n{told}" if told else ""


def _feedback(action: AgentOrder) -> str:
    if not action.feedback:
        return ""
    return "Feedback of the people who looked at your work, oldest first:\n" + "\n".join(f"- {text}" for text in action.feedback)


def _known(action: AgentOrder) -> dict[str, str]:
    """All variables that say something, long ones cut."""
    return {
        name: text if len(text) <= LONGEST_VARIABLE else f"{text[:LONGEST_VARIABLE]} […]"
        for name, text in action.variables.items()
        if text not in ("", "[]")
    }


def _answer(brief: Brief) -> str:
    """How the answer is to end."""
    if brief.schema is not None:
        shown = (
            {key: value for key, value in brief.schema.items() if key not in OURS_ALONE} if isinstance(brief.schema, dict) else brief.schema
        )
        return f"{ENDS}\n{START}\n{{…}}\n{END}\n{FITS}\n{_json(shown)}"
    return f"{ENDS}\n{START}\n{PLAIN}\n{END}\n{MEANING}" if brief.block else ""


def _head(order: WorkOrder, action: AgentOrder) -> str:
    lines = [f"Run: {order.run_id}", f"Node: {order.node_id}", f"Attempt: {order.attempt}"]
    if action.identity is not None:
        lines.append(f"You work as: {action.identity}")
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
