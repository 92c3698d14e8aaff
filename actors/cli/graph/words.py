"""What stands at a node of a graph, in the words that all drawings share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from actors.cli.phrases import line
from actors.cli.text import elapsed, visible

__all__ = ["Edge", "Row", "children_of", "condition", "drawn", "edges", "heading", "holds", "name", "state", "what"]

Row = Mapping[str, Any]
"""A node of the graph as `run.graph` gives it."""
Edge = tuple[str, str, str]
"""From, to, and what it waits for: `completed`, `settled` (any ending) or `failed` (a failure handler)."""

_ROOM = 60


def name(node: Row) -> str:
    """The id that commands and other nodes know it by, and its title."""
    return visible("  ".join([node.get("name", node["node_id"]), *([node["title"]] if "title" in node else [])]))


def what(node: Row) -> str:
    """Kind and what it does, unless its id says that: `shell ./report.sh`, `repeat while marker("a", "b"), at most 4 turns`."""
    word = node.get("form") or node["kind"]
    about = node["about"]
    return visible(word if not about or about == node["node_id"] else f"{word} {line(about, _ROOM)}")


def condition(node: Row) -> str:
    """Its condition, if it has one."""
    return visible(f"when {line(node['when'])}") if "when" in node else ""


def state(node: Row) -> str:
    """Where it stands; empty for the graph of a file, and while it has not begun."""
    status = node.get("status")
    if status is None or (status == "pending" and "items" not in node and "iteration" not in node):
        return ""
    reason = node.get("error") or node.get("skip_reason")
    parts = [f"{status}: {reason}" if reason else str(status)]
    parts += [f"attempt {node['attempt']}"] if node.get("attempt", 1) > 1 else []
    parts += [f"turn {node['iteration'] + 1}"] if "iteration" in node else []
    counted = Counter(item["status"] for item in node.get("items", ()))
    parts += [f"{number} {word}" for word, number in counted.items()]
    parts += [elapsed(node["ended_at_ms"] - node["started_at_ms"])] if "started_at_ms" in node and "ended_at_ms" in node else []
    parts += [str(node["child_run_id"])] if "child_run_id" in node else []
    return visible(", ".join(parts))


def heading(graph: Mapping[str, Any]) -> str:
    """Title, and of a run its name and status."""
    parts = [graph["title"], *([graph["run_id"], graph["status"]] if "run_id" in graph else [])]
    return visible("  ".join(parts))


def drawn(graph: Mapping[str, Any]) -> list[Row]:
    """The nodes that are shown: of a run without the handlers that no failure has called."""
    return [node for node in graph["nodes"] if node["section"] != "handler" or node.get("status") != "pending"]


def children_of(nodes: Iterable[Row]) -> dict[str | None, list[Row]]:
    """The nodes of each group, in order; under None those in none."""
    found: dict[str | None, list[Row]] = {}
    for node in nodes:
        found.setdefault(node.get("group"), []).append(node)
    return found


def holds(children: Mapping[str | None, list[Row]], node: Row) -> bool:
    """Whether anything stands in it."""
    return bool(children.get(node["node_id"]))


def edges(nodes: Iterable[Row]) -> Iterator[Edge]:
    """All edges whose two ends are among the nodes."""
    known = {node["node_id"]: node for node in nodes}
    for node in known.values():
        yield from ((need["node"], node["node_id"], need["until"]) for need in node["needs"] if need["node"] in known)
        if node.get("handler") in known:
            yield node["node_id"], node["handler"], "failed"
