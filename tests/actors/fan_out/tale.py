"""A run with one for-each on paper: a world of runs that it begins, and its log in short."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from attrs import Factory, define, evolve

from actors.entity import Fact
from actors.fan_out.events import FanOutItemCompleted, FanOutItemsCollected, FanOutItemSkipped, FanOutItemStarted
from actors.fan_out.provider import Provider, providers_of
from actors.node.messages import Usage
from actors.refusals import Refusal
from actors.run.created import RunCreated
from actors.run.fanning import items_of
from actors.run.plan import Plan, compile_plan
from actors.settings import RunRules
from actors.sub_run.door import ChildBirth, ChildStanding, HowStands, NewChild
from actors.sub_run.events import SubRunEnded, SubRunStarted, SubRunWaiting, SubRunWentOn
from actors.workflow.spec import Foreach, OnFail, Workflow
from storage.codec import canonical, loads_strict
from tests.actors.run.table import Story, flow
from tests.actors.run.words import say

__all__ = ["COMMAND", "ITEMS", "LIST", "RULES", "Tale", "World", "plan_of"]

CHILD = Workflow("fix", ())
RULES = RunRules(item_providers=providers_of(Provider("tickets", ("find", "--all"), {"TOKEN": "t"}, ordered=True)), max_fan_out=5)
LIST = Foreach(over="list", workflow="fix", max_parallel=1, scope={"values": "t1, t2, t3"})

COMMAND = evolve(LIST, over="tickets", ordered=True, max_parallel=3, scope={"label": "{{ inputs.label }}"}, filter={"state": "open"})
ITEMS = [{"id": name} for name in ("t1", "t2", "t3")]


@define
class World:
    """Runs that were begun, by the id of their item, and how each of them stands."""

    refuses: str = ""
    runs: dict[str, ChildStanding] = Factory(dict)
    inputs: dict[str, dict[str, Any]] = Factory(dict)

    def __call__(self, question: Hashable) -> Any:
        if isinstance(question, HowStands):
            return self.runs[question.run_id]
        assert isinstance(question, NewChild)
        inputs = loads_strict(question.inputs.encode())
        name = inputs["item.id"]
        if name == self.refuses:
            return Refusal("missing_required_input", "No.")
        run_id = name if name not in self.runs else f"{name}+"
        self.runs[run_id], self.inputs[run_id] = ChildStanding("running"), inputs
        return ChildBirth(run_id, RunCreated("fix", 1, "d"), CHILD)

    def end(self, name: str, status: str = "completed", **more: Any) -> None:
        self.runs[name] = ChildStanding(status, used=Usage(tool_calls=1), **more)


def plan_of(spec: Foreach, *, on_fail: OnFail | None = None, fail_fast: bool | None = None, last: tuple[str, ...] = ()) -> Plan:
    paper = flow("each", "after needs: [each]", last=last)
    each = evolve(paper.nodes[0], action=spec, on_fail=on_fail or OnFail())
    nodes = (each, *paper.nodes[1:])
    return compile_plan(evolve(paper, nodes=nodes, execution=evolve(paper.execution, fail_fast=fail_fast, max_parallel=4)), "digest")


@define(eq=False)
class Tale:
    """A run with one for-each, told in short: `+` an item starts, `-` it fails, `.` it completes, `~` it is skipped."""

    story: Story
    world: World

    @classmethod
    def of(cls, spec: Foreach = LIST, *, refuses: str = "", **more: Any) -> Tale:
        story = Story.on(plan_of(spec, **more), rules=RULES)
        world = World(refuses)
        story.world = world
        return cls(story, world)

    def begin(self) -> str:
        before = len(self.story.log)
        self.story.claim()
        return self.told(before)

    def end(self, name: str, status: str = "completed", **more: Any) -> str:
        self.world.end(name, status, **more)
        before = len(self.story.log)
        self.story.look()
        return self.told(before)

    def answer(self, **said: Any) -> str:
        before = len(self.story.log)
        self.story.ok("each", canonical(said).decode())
        return self.told(before)

    def told(self, since: int) -> str:
        return " ".join(word for event, _ in self.story.log[since:] if (word := _word(event)))

    @property
    def stand(self) -> str:
        return " ".join(item.status for item in items_of(self.story.state, "each").items.values())

    @property
    def node(self) -> Any:
        return self.story.state.nodes["each"]


def _word(event: Fact) -> str:
    match event:
        case FanOutItemStarted(child_run_id=name):
            return f"+{name}"
        case FanOutItemCompleted(item_id=name, succeeded=succeeded):
            return f"{'.' if succeeded else '-'}{name}"
        case FanOutItemSkipped(item_id=name):
            return f"~{name}"
        case FanOutItemsCollected(count=count):
            return f"={count}"
        case SubRunEnded() | SubRunStarted() | SubRunWaiting() | SubRunWentOn():
            return ""
    words = say(event)
    return words.replace(" ", ":") if words.split()[0] in ("start", "done", "fail", "interrupt", "run_failed", "run_completed") else ""
