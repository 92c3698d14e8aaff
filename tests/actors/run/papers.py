"""Workflows in a few lines, for runs on paper."""

from __future__ import annotations

from actors.run.plan import Plan, compile_plan
from actors.workflow.parse import load_text
from actors.workflow.spec import Workflow

__all__ = ["flow", "plan_of"]

KINDS = ("shell:", "command:", "python:", "http:", "gate:", "wait:", "agent:", "group:", "foreach:", "workflow:")


def flow(*nodes: str, last: tuple[str, ...] = (), top: str = "") -> Workflow:
    """`"b needs: [a]"` is a node b, a shell node unless its text begins with a kind. `last`: clean-up nodes, `top`: more lines."""
    lines = ["penstock: 1", "workflow: paper", top, "nodes:", *map(_line, nodes)]
    if last:
        lines += ["finally:", *map(_line, last)]
    return load_text("\n".join(lines), notation="yaml", source="paper", folder="/flows").workflow


def _line(text: str) -> str:
    name, _, more = text.partition(" ")
    kind = "" if more.startswith(KINDS) else ", shell: work"
    return f"  - {{id: {name}{kind}{', ' if more else ''}{more}}}"


def plan_of(*nodes: str, last: tuple[str, ...] = (), top: str = "") -> Plan:
    return compile_plan(flow(*nodes, last=last, top=top), "digest")
