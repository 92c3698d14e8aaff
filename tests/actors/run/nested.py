"""Workflows with groups, made of the model's own parts, and stories of them."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from actors.run.plan import compile_plan
from actors.workflow.spec import Execution, Group, Need, Node, Parallel, Repeat, Shell, Workflow
from actors.workflow.spec_flow import GroupForm
from tests.actors.run.table import Story

__all__ = ["block", "branches", "leaf", "line", "loop", "nested", "says"]


def leaf(name: str, **more: Any) -> Node:
    """A step."""
    return Node(name, Shell("work"), **more)


def line(*nodes: Node) -> tuple[Node, ...]:
    """Each after the one before it, however that ended."""
    return tuple(
        node if number == 0 else evolve(node, needs=(Need(nodes[number - 1].node_id, "settled"),)) for number, node in enumerate(nodes)
    )


def block(name: str, *nodes: Node, form: GroupForm = None, **more: Any) -> Node:
    """A group of these nodes, one after the other."""
    return Node(name, Group(line(*nodes), form), **more)


def loop(name: str, condition: str, most: int, *nodes: Node, **more: Any) -> Node:
    """A loop of these nodes, one after the other; `more` is of the loop."""
    return block(name, *nodes, form=Repeat(condition, most, **more))


def branches(name: str, *nodes: Node, **more: Any) -> Node:
    """A parallel block; `more` is of the block."""
    return Node(name, Group(nodes, Parallel(**more)))


def nested(*nodes: Node, last: tuple[Node, ...] = (), fail_fast: bool | None = True, parallel: int = 1, **more: Any) -> Story:
    """A run of these nodes, one after the other, claimed and advanced."""
    execution = Execution(parallel, fail_fast=fail_fast)
    plan = compile_plan(Workflow("paper", line(*nodes), finally_=line(*last), execution=execution), "digest")
    story = Story.on(plan, **more)
    story.first = story.claim()
    return story


def says(*markers: str) -> dict[str, Any]:
    """An output with these markers."""
    return {"markers": list(markers)}
