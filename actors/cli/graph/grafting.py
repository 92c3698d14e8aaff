"""Graphs of the runs that a run's nodes have begun, put in the places of those nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Fetch", "grafted"]

Graph = dict[str, Any]
Fetch = Callable[[str], Graph | None]
"""The graph of a run; None where it is not there any more."""


def grafted(graph: Graph, fetch: Fetch) -> Graph:
    """Each node that began runs becomes a group of what stands in them, at every depth. Their ids get the node's in front: `call/step`."""
    nodes: list[dict[str, Any]] = []
    for node in graph["nodes"]:
        nodes.append(node)
        for item in node.get("items", ()):
            nodes += _item(node, item, fetch)
        if "items" not in node and "child_run_id" in node:
            nodes += _inside(node, node["child_run_id"], fetch)
    return {**graph, "nodes": nodes}


def _item(foreach: Mapping[str, Any], item: Mapping[str, Any], fetch: Fetch) -> list[dict[str, Any]]:
    around = {
        "node_id": f"{foreach['node_id']}/{item['item_id']}", "name": item["item_id"], "kind": "workflow",
        "label": item["item_id"], "about": "", "needs": [],
        "section": foreach["section"], "group": foreach["node_id"], "status": item["status"],
    }  # fmt: skip
    run_id = item["child_run_id"]
    return [around] if run_id is None else [{**around, "child_run_id": run_id}, *_inside(around, run_id, fetch)]


def _inside(around: Mapping[str, Any], run_id: str, fetch: Fetch) -> list[dict[str, Any]]:
    found = fetch(run_id)
    if found is None:
        return []
    prefix = f"{around['node_id']}/"
    return [_moved(node, prefix, str(around["node_id"])) for node in grafted(found, fetch)["nodes"]]


def _moved(node: Mapping[str, Any], prefix: str, around: str) -> dict[str, Any]:
    """The node under its longer name. Clean-up stays where it stands: last in its own run."""
    moved = {
        **node, "node_id": f"{prefix}{node['node_id']}", "name": node.get("name", node["node_id"]),
        "group": f"{prefix}{node['group']}" if "group" in node else around,
        "needs": [{**need, "node": f"{prefix}{need['node']}"} for need in node["needs"]],
    }  # fmt: skip
    if "handler" in node:
        moved["handler"] = f"{prefix}{node['handler']}"
    return moved
