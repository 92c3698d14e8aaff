"""Handles of secrets in a workflow: a variable under `env` whose whole value is `secrets.NAME`, with or without braces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from actors.workflow.spec import Command, Node, Shell

__all__ = ["handle_of", "handles_of"]

_HANDLE: Final = re.compile(r"secrets\.([a-z][a-z0-9_-]{0,63})|\{\{\s*secrets\.([a-z][a-z0-9_-]{0,63})\s*\}\}")


def handle_of(text: str) -> str | None:
    """The secret that the text names; None where it is a text like others."""
    found = _HANDLE.fullmatch(text.strip())
    return None if found is None else found[1] or found[2]


def handles_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The secrets that the nodes are given, sorted."""
    found = {
        name for node in nodes if isinstance(node.action, Command | Shell)
        for text in node.action.env.values() if (name := handle_of(text)) is not None
    }  # fmt: skip
    return tuple(sorted(found))
