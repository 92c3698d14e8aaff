"""Small workflows as texts, and the shortest way to load one or to see what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

from actors.workflow import Problem, Workflow, WorkflowInvalid, load_text
from actors.workflow.spec import Node

NODE = {"id": "a", "command": ["true"]}


def _text(keys: dict[str, Any]) -> str:
    nodes = {} if "flow" in keys else {"nodes": [NODE]}
    name = {} if "workflow_id" in keys else {"workflow": "w"}
    return json.dumps({**name, **nodes, **keys})


def yaml(text: str) -> Workflow:
    """The workflow of a YAML text."""
    return load_text(text, notation="yaml", source="w.yaml", folder="/srv/flows").workflow


def loaded(**keys: Any) -> Workflow:
    """A workflow of these keys; `workflow` and `nodes` have defaults."""
    return load_text(_text(keys), notation="json", source="w.json", folder="/srv/flows").workflow


def node(**keys: Any) -> Node:
    """The only node, of these keys and an id."""
    return loaded(nodes=[{"id": "a", **keys}]).nodes[0]


def problems(text: str, notation: Any = "yaml", folder: str | None = "/srv/flows") -> tuple[Problem, ...]:
    """What is wrong with a text; none when it loads."""
    try:
        load_text(text, notation=notation, source=f"w.{notation}", folder=folder)
    except WorkflowInvalid as invalid:
        return invalid.problems
    return ()


def wrong(**keys: Any) -> list[tuple[str, str]]:
    """Code and field path of everything that is wrong with a workflow of these keys."""
    found = problems(_text(keys), "json")
    return [(problem.code, problem.path) for problem in found]


def wrong_node(**keys: Any) -> list[tuple[str, str]]:
    """The same for one node; paths begin at the node."""
    return [(code, path.removeprefix("nodes[0]").removeprefix(".")) for code, path in wrong(nodes=[{"id": "a", **keys}])]


def warned(**keys: Any) -> list[tuple[str, str]]:
    """Code and path of each remark about a sound workflow."""
    found = load_text(_text(keys), notation="json", source="w.json", folder="/srv/flows").warnings
    return [(problem.code, problem.path) for problem in found]
