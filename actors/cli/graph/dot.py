"""The graph in the language of Graphviz: `penstock graph FILE --format dot | dot -Tsvg`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from actors.cli.graph.words import Row, children_of, condition, drawn, edges, heading, holds, name, state, what
from actors.cli.text import visible

__all__ = ["dot"]

_Children = Mapping[str | None, list[Row]]
_SHAPES: Final = {"agent": "oval", "gate": "hexagon", "wait": "circle", "workflow": "box3d", "group": "box3d"}
_STYLES: Final = {"completed": "solid", "settled": "dashed", "failed": "dotted"}
_COLOURS: Final = {
    "completed": "#d3f2d3", "running": "#cfe8ff", "failed": "#ffd6d6", "blocked": "#ffd6d6", "timed_out": "#ffd6d6", "waiting": "#fff3bf",
    "skipped": "#eeeeee",
}  # fmt: skip


def dot(graph: Mapping[str, Any]) -> Iterator[str]:
    """Its lines. An edge of a group ends at the border of its cluster."""
    shown = {node["node_id"]: node for node in drawn(graph)}
    children = children_of(shown.values())
    yield f"digraph {_quoted(graph['workflow_id'])} {{"
    yield "  compound=true; rankdir=TB; labelloc=t;"
    yield f"  label={_quoted(heading(graph))};"
    yield '  node [shape=box, style=filled, fillcolor="#ffffff", fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];'
    top = children.get(None, [])
    yield from _nodes([node for node in top if node["section"] != "finally"], children, 1)
    tail = [node for node in top if node["section"] == "finally"]
    if tail:
        yield '  subgraph "cluster:finally" {'
        yield '    label="finally"; style=dashed;'
        yield from _nodes(tail, children, 2)
        yield "  }"
    for source, target, until in edges(shown.values()):
        yield f"  {_edge(shown[source], shown[target], until, children)}"
    yield "}"


def _nodes(nodes: list[Row], children: _Children, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for node in nodes:
        colour = _COLOURS.get(node.get("status", ""), "#ffffff")
        if holds(children, node):
            yield f"{indent}subgraph {_quoted(_cluster(node))} {{"
            yield f"{indent}  label={_label(node)}; style=filled; fillcolor={_quoted(colour)};"
            yield from _nodes(children[node["node_id"]], children, depth + 1)
            yield f"{indent}}}"
        else:
            shape = _SHAPES.get(node["kind"], "box")
            yield f"{indent}{_quoted(node['node_id'])} [label={_label(node)}, shape={shape}, fillcolor={_quoted(colour)}];"


def _cluster(node: Row) -> str:
    return f"cluster:{node['node_id']}"


def _edge(source: Row, target: Row, until: str, children: _Children) -> str:
    about = [f"style={_STYLES[until]}"]
    about += ['label="on failure"'] if until == "failed" else []
    about += [f"ltail={_quoted(_cluster(source))}"] if holds(children, source) else []
    about += [f"lhead={_quoted(_cluster(target))}"] if holds(children, target) else []
    ends = _leaf(source, children, -1), _leaf(target, children, 0)
    return f"{_quoted(ends[0])} -> {_quoted(ends[1])} [{', '.join(about)}];"


def _leaf(node: Row, children: _Children, which: int) -> str:
    """The node in it to which an edge is tied: Graphviz knows no edges of clusters."""
    while holds(children, node):
        node = children[node["node_id"]][which]
    return str(node["node_id"])


def _label(node: Row) -> str:
    parts = [name(node), what(node), condition(node), state(node)]
    return '"' + "\\n".join(_escaped(part) for part in parts if part) + '"'


def _quoted(text: str) -> str:
    return f'"{_escaped(visible(text))}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
