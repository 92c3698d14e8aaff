"""An edit of one node of a stored definition: the keys that change, in any spelling that a file may use. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

__all__ = ["patched"]

SPELLINGS: Final = {
    "id": "node_id", "command": "argv", "shell": "run", "python": "function", "http": "url",
    "retry": "retry_policy", "timeout": "absolute_timeout_ms",
    "idle_timeout": "timeout_ms", "contract": "output_contract", "prompt": "instructions", "rework": "rework_targets",
    "on_timeout": "on_expiry", "remind_every": "remind_every_ms",
    "agent": "persona_id", "instructions": "objective",
}  # fmt: skip
"""What files say, and the model's word for it."""
KIND_KEYS: Final = {
    "command": ("argv", "env", "stdin"), "shell": ("run", "env"), "python": ("function", "isolate"),
    "http": ("url", "method", "headers", "body", "expect"),
    "agent": ("persona_id", "objective", "tools", "policy", "tool_approval"), "gate": ("gate",), "wait": ("wait",),
}  # fmt: skip
KIND_OF: Final = {"command": "command", "argv": "command", "shell": "shell", "run": "shell", "python": "python", "function": "python",
                  "http": "http", "url": "http",
                  "agent": "agent", "persona_id": "agent", "gate": "gate", "wait": "wait"}  # fmt: skip
GATE_KEYS: Final = (
    "prompt", "instructions", "decisions", "on_reject", "rework", "rework_targets", "options", "timeout", "on_timeout", "on_expiry",
    "escalate_to", "remind_every", "remind_every_ms", "expiry_policy",
)  # fmt: skip


def patched(definition: Mapping[str, Any], node_id: str, patch: Mapping[str, Any]) -> dict[str, Any] | None:
    """The definition (canonical JSON) with the node's keys replaced, and those that are null taken away; None: it has no such node.

    What comes out is to be read and checked as any other definition.
    """
    tree: dict[str, Any] = deepcopy(dict(definition))
    node = _find(tree["flow"]["nodes"], node_id)
    if node is None:
        return None
    patch = dict(patch)
    _change_kind(node, patch)
    if node.get("kind") == "gate" or "gate" in patch:
        _gather_gate(node, patch)
    _replace(node, patch)
    return tree


def _find(nodes: list[dict[str, Any]], node_id: str) -> dict[str, Any] | None:
    """The node of the body, at whatever depth."""
    for node in nodes:
        if (found := node if node["node_id"] == node_id else _find(node.get("nodes", []), node_id)) is not None:
            return found
    return None


def _change_kind(node: dict[str, Any], patch: dict[str, Any]) -> None:
    """A key of another kind makes the node one of that kind: what the old kind had to say goes."""
    named = [KIND_OF[key] for key in patch if key in KIND_OF and patch[key] is not None]
    kind = patch.pop("kind", None) or (named[0] if named else node["kind"])
    if kind != node["kind"]:
        for key in KIND_KEYS.get(node["kind"], ()):
            node.pop(key, None)
        node["kind"] = kind


def _gather_gate(node: dict[str, Any], patch: dict[str, Any]) -> None:
    """What a file writes beside `gate: type`, the model has inside: put all of it there."""
    gate = dict(node.pop("gate", {}))
    given = patch.pop("gate", None)
    gate = dict(given) if isinstance(given, Mapping) else {**gate, **({"type": given} if given is not None else {})}
    inner: dict[str, Any] = {key: patch.pop(key) for key in GATE_KEYS if key in patch}
    if any(key in inner for key in ("timeout", "on_timeout", "on_expiry", "escalate_to", "remind_every", "remind_every_ms")):
        gate |= gate.pop("expiry_policy", {})
    if "timeout" in inner:
        gate.pop("expires_after_ms", None)
    _replace(gate, inner)
    node["gate"] = gate


def _replace(entries: dict[str, Any], patch: Mapping[str, Any]) -> None:
    for key, value in patch.items():
        for same in {key, SPELLINGS.get(key, key), *(word for word, model in SPELLINGS.items() if model == key)}:
            entries.pop(same, None)
        if value is not None:
            entries[key] = value
