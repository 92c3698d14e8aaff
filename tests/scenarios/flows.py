"""Workflow texts of the stories: short forms that become YAML."""

from __future__ import annotations

__all__ = ["WORK", "block", "branches", "flow", "gate", "loop", "step", "wait"]

WORK = 'python: "steps:work"'
KINDS = ("python:", "command:", "shell:")


def step(node_id: str, more: str = "") -> str:
    """A node that calls the script, unless `more` names another kind. `more` is YAML in flow form."""
    kind = "" if any(word in more for word in KINDS) else f", {WORK}"
    return f"{{id: {node_id}{kind}{', ' + more if more else ''}}}"


def gate(node_id: str, more: str = "") -> str:
    """A question to a person."""
    return f"{{id: {node_id}, gate: human_approval{', ' + more if more else ''}}}"


def wait(node_id: str, what: str, more: str = "") -> str:
    """A wait; `what` stands inside it, `more` beside it."""
    return f"{{id: {node_id}, wait: {{{what}}}{', ' + more if more else ''}}}"


def block(node_id: str, *nodes: str, more: str = "") -> str:
    """A plain group of these nodes, one after the other."""
    return f"{{id: {node_id}, group: [{', '.join(nodes)}], sequence: true{', ' + more if more else ''}}}"


def branches(node_id: str, *nodes: str, more: str = "") -> str:
    """A parallel block; `more` stands inside it."""
    return f"{{id: {node_id}, parallel: {{{more}{', ' if more else ''}nodes: [{', '.join(nodes)}]}}}}"


def loop(node_id: str, *nodes: str, more: str) -> str:
    """A loop of these nodes, one after the other; `more` stands inside it."""
    return f"{{id: {node_id}, repeat: {{{more}, sequence: true, nodes: [{', '.join(nodes)}]}}}}"


def flow(*nodes: str, name: str = "story", top: str = "", last: tuple[str, ...] = ()) -> str:
    """A workflow of these nodes; `top` are lines of its own level, `last` are clean-up nodes."""
    body = "".join(f"  - {node}\n" for node in nodes)
    tail = "finally:\n" + "".join(f"  - {node}\n" for node in last) if last else ""
    return f"penstock: 1\nworkflow: {name}\n{top}\nnodes:\n{body}{tail}"
