"""Workflows by chance whose nodes are runs of others and for-eaches, in groups too, and a world in which those runs move by chance."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

from attrs import Factory, define, evolve
from hypothesis import strategies as st

from actors.node.messages import Usage
from actors.refusals import Refusal
from actors.run.created import RunCreated
from actors.run.plan import Plan, compile_plan
from actors.sub_run.bubbling import Left
from actors.sub_run.door import ChildBirth, ChildStanding, HowStands, NewChild
from actors.sub_run.wanted import wish_for
from actors.workflow.spec import Foreach, Group, Node, RetryPolicy, Shell, SubWorkflow, Workflow
from tests.actors.run.chance import bring_to_an_end, step
from tests.actors.run.chance_groups import nested_plans
from tests.actors.run.table import Story

__all__ = ["Family", "family_plans", "lived"]

CHILD = Workflow("below", ())
MOVES = ("running", "completed", "completed", "failed", "cancelled", "paused", "waiting", "awaiting_approval", "blocked")
POLICIES: tuple[Literal["continue", "halt"], ...] = ("continue", "halt")
ITEMS = ("", "x", "x, y", "x, y, z")


@define(eq=False)
class Family:
    """The runs that one on paper has begun, by their ids, and how each stands. Some cannot be made."""

    refuses: int
    runs: dict[str, ChildStanding] = Factory(dict)
    asked: int = 0

    def __call__(self, question: Hashable) -> Any:
        if isinstance(question, HowStands):
            return self.runs[question.run_id]
        if not isinstance(question, NewChild):
            return None
        self.asked += 1
        if self.refuses and self.asked % self.refuses == 0:
            return Refusal("missing_required_input", "No.")
        run_id = f"child-{self.asked}"
        self.runs[run_id] = ChildStanding("queued")
        return ChildBirth(run_id, RunCreated("below", 1, "d", trigger_type="sub_run", parent_run_id="run-1"), CHILD)

    def move(self, story: Story, number: int) -> None:
        """One of those that have not ended stands otherwise from now on, and the run looks, or does not hear of it."""
        moving = [run_id for run_id, standing in self.runs.items() if not standing.ended]
        if moving:
            run_id, status = moving[number % len(moving)], MOVES[number // 7 % len(MOVES)]
            self.runs[run_id] = _standing(status)
        if number % 3:
            story.look()

    def obey(self, story: Story) -> None:
        """Each of them does what is wanted of it, and those that are to go on complete."""
        for row in story.state.children.values():
            word = wish_for(story.state, row, story.now).word
            if not self.runs[row.run_id].ended and word != "nothing":
                status = {"cancel": "cancelled", "hold": "paused", "go_on": "completed"}[word]
                self.runs[row.run_id] = evolve(_standing(status), held=status == "paused")
        story.look()


def _standing(status: str) -> ChildStanding:
    left = Left({"a0": {"node_id": "a0", "label": "a0", "status": "completed", "markers": ["again"]}}) if status == "completed" else Left()
    return ChildStanding(status, used=Usage(3), left=left, last_output={"x": 1})


@st.composite
def _with_runs(draw: st.DrawFn, node: Node) -> Node:
    """Some steps become runs of another workflow, and some a for-each."""
    if isinstance(node.action, Group):
        return evolve(node, action=evolve(node.action, nodes=tuple(draw(_with_runs(inner)) for inner in node.action.nodes)))
    kind = draw(st.integers(0, 3))
    if not isinstance(node.action, Shell) or kind == 0:
        return node
    if kind == 1:
        values = {"values": draw(st.sampled_from(ITEMS))}
        action = Foreach("list", "below", draw(st.integers(0, 3)), values, on_child_fail=draw(st.sampled_from(POLICIES)))
        return evolve(node, action=action, retry=RetryPolicy())
    return evolve(node, action=SubWorkflow("below"))


@st.composite
def family_plans(draw: st.DrawFn) -> Plan:
    """A body and a clean-up with groups, runs of others and for-eaches."""
    drawn = draw(nested_plans()).workflow
    nodes, last = (tuple(draw(_with_runs(node)) for node in part) for part in (drawn.nodes, drawn.finally_))
    return compile_plan(evolve(drawn, nodes=nodes, finally_=last), "digest")


def lived(plan: Plan, numbers: list[int]) -> tuple[Story, Family]:
    """A run of it to which things happened by chance; afterwards everybody does what is wanted of him until it has ended."""
    family = Family(numbers[0] % 7)
    story = Story.on(plan)
    story.world = family
    story.claim()
    for number in numbers:
        if number % 2:
            family.move(story, number // 2)
        else:
            step(story, number // 2)
    bring_to_an_end(story, lambda: family.obey(story))
    return story, family
