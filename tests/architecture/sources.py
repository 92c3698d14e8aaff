"""The project's own source files, parsed once for all architecture tests."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from attrs import frozen

__all__ = ["PACKAGES", "ROOT", "Source", "calls", "product", "read", "suite"]

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("actors", "storage", "supervision")


@frozen
class Source:
    """One file: its path from the root, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return self.text.count("\n")


@cache
def read(path: Path) -> Source:
    text = path.read_text()
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text, path.name))


@cache
def product() -> tuple[Source, ...]:
    """All modules of the three packages."""
    return tuple(read(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


@cache
def suite() -> tuple[Source, ...]:
    return tuple(read(path) for path in sorted((ROOT / "tests").rglob("*.py")))


def calls(source: Source) -> list[tuple[str, ast.Call]]:
    """Each call with the full dotted name that its imports give it (`deque(...)` after `from collections import deque` is
    `collections.deque`)."""
    names = _imported(source.tree)
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (name := _dotted(node.func)) is not None:
            head, _, rest = name.partition(".")
            full = names.get(head, head)
            found.append((f"{full}.{rest}" if rest else full, node))
    return found


def _imported(tree: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := _dotted(node.value)) is not None:
        return f"{head}.{node.attr}"
    return None
