"""The graph as a tree for terminals: what stands in what, in the order of the file; edges only where the order does not say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from actors.cli.glyphs import GLYPHS, UNKNOWN
from actors.cli.graph.words import Row, children_of, condition, drawn, heading, name, state, what
from actors.cli.text import visible

__all__ = ["tree"]

_Children = Mapping[str | None, list[Row]]
_AT_ONCE = {"parallel", "foreach"}
_TITLES = {"body": "", "finally": "finally", "handler": "after failures"}


def tree(graph: Mapping[str, Any]) -> Iterator[str]:
    """Its lines."""
    yield heading(graph)
    children = children_of(drawn(graph))
    top = children.get(None, [])
    body = [node for node in top if node["section"] == "body"]
    others = [(title, found) for section, title in _TITLES.items() if title and (found := _of(top, section))]
    yield from _level(body, children, "", last=not others)
    for number, (title, found) in enumerate(others, 1):
        last = number == len(others)
        yield f"{'└─ ' if last else '├─ '}{title}"
        yield from _level(found, children, "   " if last else "│  ", last=True)


def _of(nodes: Iterable[Row], section: str) -> list[Row]:
    return [node for node in nodes if node["section"] == section]


def _level(nodes: list[Row], children: _Children, indent: str, *, last: bool, at_once: bool = False) -> Iterator[str]:
    """The nodes of one list; `last`: nothing follows them on this level; `at_once`: they begin together anyway."""
    before: Row | None = None
    for number, node in enumerate(nodes, 1):
        ends = last and number == len(nodes)
        yield f"{indent}{'└─ ' if ends else '├─ '}{_line(node, before, at_once=at_once)}"
        inside = children.get(node["node_id"], [])
        yield from _level(inside, children, indent + ("   " if ends else "│  "), last=True, at_once=node.get("form") in _AT_ONCE)
        before = node


def _line(node: Row, before: Row | None, *, at_once: bool) -> str:
    glyph = f"{GLYPHS.get(node['status'], UNKNOWN)[0]} " if "status" in node else ""
    told = [f"{glyph}{name(node)}", what(node), condition(node), "" if at_once else _after(node, before)]
    if node.get("on_fail") == "continue":
        told.append("goes on after a failure")
    now = state(node)
    return "  ".join(part for part in told if part) + (f"  [{now}]" if now else "")


def _after(node: Row, before: Row | None) -> str:
    """What it waits for, unless that is the node on the line above alone."""
    needs = [need["node"] for need in node["needs"]]
    if needs == ([] if before is None else [before["node_id"]]):
        return ""
    return visible(f"after {', '.join(needs)}") if needs else "from the start"
