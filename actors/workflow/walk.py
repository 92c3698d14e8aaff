"""All nodes of a workflow, at every depth, each with the path at which it stands in the model's tree. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actors.workflow.problems import Path
from actors.workflow.spec import Group, Node, Workflow

__all__ = ["flatten", "handler_id", "located"]


def handler_id(node_id: str) -> str:
    """The id under which the failure handler of a node appears."""
    return f"{node_id}.on_fail"


def flatten(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """All nodes of a list and of the groups in it, in the order of the file, each group before what stands in it."""
    return tuple(node for _, node in _walk((), nodes))


def located(workflow: Workflow) -> Iterator[tuple[Path, Node]]:
    """All nodes, those of `finally` last, each with a path such as `nodes[0].nodes[2]`."""
    yield from _walk(("nodes",), workflow.nodes)
    yield from _walk(("finally",), workflow.finally_)


def _walk(path: Path, nodes: Iterable[Node]) -> Iterator[tuple[Path, Node]]:
    todo = [((*path, i), node) for i, node in enumerate(nodes)][::-1]
    while todo:
        here, node = todo.pop()
        yield here, node
        if isinstance(node.action, Group):
            todo += [((*here, "nodes", i), child) for i, child in enumerate(node.action.nodes)][::-1]
