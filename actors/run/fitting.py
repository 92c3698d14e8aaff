"""Making a plan fit into one event: long texts are cut first, then nodes are left out from the end, and both are said. Pure."""

from __future__ import annotations

from typing import Any

from storage.codec import canonical

__all__ = ["LARGEST_PLAN", "fitted"]

LARGEST_PLAN = 192 << 10
"""Bytes of a plan as canonical JSON."""
CUTS = (2_000, 200)
MOST_PROBLEMS = 100


def fitted(plan: dict[str, Any], limit: int = LARGEST_PLAN) -> dict[str, Any]:
    """The plan, or as much of it as has room.

    `cut_to` says to how many characters texts were cut, `omitted` how many nodes are left out.
    """
    if _size(plan) <= limit:
        return plan
    problems = {"problems": plan["problems"][:MOST_PROBLEMS], "problems_in_all": len(plan["problems"])}
    found: dict[str, Any] = {**plan, **problems}
    for most in CUTS:
        found = {name: _cut(value, most) for name, value in found.items()} | {"cut_to": most}
        if _size(found) <= limit:
            return found
    nodes, size = [], _size(found | {"nodes": [], "output": None}) + 64
    for node in found["nodes"]:
        size += _size(node) + 1
        if size > limit:
            break
        nodes.append(node)
    return found | {"nodes": nodes, "output": None, "omitted": len(found["nodes"]) - len(nodes)}


def _size(value: Any) -> int:
    return len(canonical(value))


def _cut(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= most else f"{value[:most]}…"
    if isinstance(value, dict):
        return {key: _cut(item, most) for key, item in value.items()}
    return [_cut(item, most) for item in value] if isinstance(value, list) else value
