"""Handles of secrets in a workflow: a variable under `env` whose whole value is `secrets.NAME`, with or without braces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from actors.workflow.spec import Command, Http, Node, Shell
from actors.workflow.spec_http import header_secret

__all__ = ["handle_of", "handles_of"]

_HANDLE: Final = re.compile(r"secrets\.([a-z][a-z0-9_-]{0,63})|\{\{\s*secrets\.([a-z][a-z0-9_-]{0,63})\s*\}\}")


def handle_of(text: str) -> str | None:
    """The secret that the text names; None where it is a text like others."""
    found = _HANDLE.fullmatch(text.strip())
    return None if found is None else found[1] or found[2]


def handles_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The secrets that the nodes are given, sorted."""
    return tuple(sorted({name for node in nodes for name in _handles(node)}))


def _handles(node: Node) -> list[str]:
    match node.action:
        case Command(env=env) | Shell(env=env):
            return [name for text in env.values() if (name := handle_of(text)) is not None]
        case Http(headers=headers):
            return [found[1] for text in headers.values() if (found := header_secret(text)) is not None]
    return []
