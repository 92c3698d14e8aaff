"""Runs on paper whose nodes begin other runs: these are rows in a dictionary, which the test moves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from attrs import evolve

from actors.refusals import Refusal
from actors.run.events import RunCreated
from actors.run.plan import compile_plan
from actors.sub_run.door import ChildBirth, ChildStanding, HowStands, NewChild
from actors.workflow.spec import SubWorkflow
from tests.actors.run.table import Story, flow

__all__ = ["ONE", "Parent", "begun", "parent"]

CHILD = flow("leaf")


class Parent:
    """A story, and the runs that it has begun by their names; `refused` is said of the next one."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.children: dict[str, ChildStanding] = {}
        self.inputs: list[str] = []
        self.refused: Refusal | None = None
        story.world = self._world

    def _world(self, question: Hashable) -> Any:
        match question:
            case NewChild(inputs=inputs):
                if self.refused is not None:
                    return self.refused
                self.inputs.append(inputs)
                run_id = f"child-{len(self.inputs)}"
                self.children[run_id] = ChildStanding("queued")
                created = RunCreated("sub", 1, "digest-of-sub", trigger_type="sub_run", parent_run_id="run-1", root_run_id="run-1", depth=1)
                return ChildBirth(run_id, created, CHILD)
            case HowStands(run_id=run_id):
                return self.children[run_id]
        raise AssertionError(question)

    def child(self, number: int, status: str, **more: Any) -> list[str]:
        """That child stands so now, and the parent looks."""
        self.children[f"child-{number}"] = ChildStanding(status, **more)
        return self.story.look()


def parent(
    *nodes: str, calls: Mapping[str, Mapping[str, str]], last: tuple[str, ...] = (), depth: int = 0, begin: bool = True,
    fail_fast: bool | None = None, **more: Any,
) -> Parent:  # fmt: skip
    """`calls`: nodes that are runs of `sub`, with the inputs that they give. Claimed and advanced, unless it is not to `begin`."""
    workflow = flow(*nodes, last=last, top="limits: {parallel: 4}")

    def as_call(node: Any) -> Any:
        return evolve(node, action=SubWorkflow("sub", calls[node.node_id])) if node.node_id in calls else node

    execution = workflow.execution if fail_fast is None else evolve(workflow.execution, fail_fast=fail_fast)
    changed = evolve(
        workflow, nodes=tuple(map(as_call, workflow.nodes)), finally_=tuple(map(as_call, workflow.finally_)), execution=execution
    )  # fmt: skip
    made = Parent(Story.on(compile_plan(changed, "digest"), **more))
    made.story.state.depth = depth
    if begin:
        made.story.claim()
    return made


ONE = {"b": {"topic": "{{ nodes.a.output }}"}}
"""A node that tells the run that it begins what the node before it has left."""


def begun(**more: object) -> Parent:
    """A run whose first node has ended and whose second one is a run."""
    made = parent("a", "b needs: [a]", "c needs: [b]", calls=ONE, **more)  # type: ignore[arg-type]  # handed on as they are
    made.story.ok("a", "owls")
    return made
