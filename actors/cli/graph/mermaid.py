"""The graph in the words of Mermaid (flowchart), as Markdown pages of forges and wikis draw it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from actors.cli.graph.words import Row, children_of, condition, drawn, edges, heading, holds, name, state, what

__all__ = ["mermaid"]

_SHAPES: Final = {
    "agent": ("([", "])"), "gate": ("{{", "}}"), "wait": ("((", "))"), "workflow": ("[[", "]]"), "group": ("[[", "]]"),
}  # fmt: skip
_BOX: Final = ("[", "]")
_ARROWS: Final = {"completed": "-->", "settled": "-.->", "failed": "-. on failure .->"}
_COLOURS: Final = {
    "completed": "fill:#d3f2d3,stroke:#2e7d32,color:#111", "running": "fill:#cfe8ff,stroke:#1565c0,color:#111",
    "failed": "fill:#ffd6d6,stroke:#c62828,color:#111", "blocked": "fill:#ffd6d6,stroke:#c62828,color:#111",
    "timed_out": "fill:#ffd6d6,stroke:#c62828,color:#111", "waiting": "fill:#fff3bf,stroke:#b58900,color:#111",
    "skipped": "fill:#eeeeee,stroke:#999999,color:#666,stroke-dasharray:4 3",
}  # fmt: skip
_ESCAPED: Final = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"})


def mermaid(graph: Mapping[str, Any]) -> Iterator[str]:
    """Its lines. Nodes are called n0, n1 and so on: ids of workflows may be words that Mermaid takes for its own."""
    shown = drawn(graph)
    children = children_of(shown)
    names = {node["node_id"]: f"n{number}" for number, node in enumerate(graph["nodes"])}
    yield "---"
    yield f"title: {_yaml(heading(graph))}"
    yield "---"
    yield "flowchart TD"
    top = children.get(None, [])
    yield from _nodes([node for node in top if node["section"] != "finally"], children, names, 1)
    tail = [node for node in top if node["section"] == "finally"]
    if tail:
        yield '  subgraph finally["finally"]'
        yield from _nodes(tail, children, names, 2)
        yield "  end"
    for source, target, until in edges(shown):
        yield f"  {names[source]} {_ARROWS[until]} {names[target]}"
    yield from _colours(shown, names)


def _nodes(nodes: list[Row], children: Mapping[str | None, list[Row]], names: Mapping[str, str], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for node in nodes:
        own = names[node["node_id"]]
        if holds(children, node):
            yield f'{indent}subgraph {own}["{_label(node, " · ")}"]'
            yield from _nodes(children[node["node_id"]], children, names, depth + 1)
            yield f"{indent}end"
        else:
            left, right = _SHAPES.get(node["kind"], _BOX)
            yield f'{indent}{own}{left}"{_label(node, "<br/>")}"{right}'


def _label(node: Row, between: str) -> str:
    parts = [name(node), what(node), condition(node), state(node)]
    return between.join(part.translate(_ESCAPED) for part in parts if part)


def _yaml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _colours(shown: list[Row], names: Mapping[str, str]) -> Iterator[str]:
    for status, style in _COLOURS.items():
        found = [names[node["node_id"]] for node in shown if node.get("status") == status]
        if found:
            yield f"  classDef {status} {style}"
            yield f"  class {','.join(found)} {status}"
