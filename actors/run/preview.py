"""What a run would do, told before it does anything: the plan of a dry run (runs spec 5.2, flow spec 10). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, assert_never

from attrs import asdict, define, evolve

from actors.run.caps import cap_at
from actors.run.foresight import Certainty, Given, certainty_of, given_below, partly_of, worse
from actors.run.foretold import Problems, given_only, problem
from actors.run.frontier import Frontier
from actors.run.http_orders import request_told
from actors.run.limits import limits_foreseen
from actors.run.plan import Plan, handler_id
from actors.run.preview_pauses import gate_told, quality_told, wait_told
from actors.run.prompts import told_to_agent
from actors.settings import RunRules
from actors.sub_run.row import DEEPEST
from actors.workflow.condition import ConditionError
from actors.workflow.graph import Graph
from actors.workflow.outfits import Outfit
from actors.workflow.partly import Partly
from actors.workflow.spec import (
    Agent,
    Command,
    Foreach,
    Gate,
    Group,
    Http,
    Node,
    Parallel,
    Python,
    Repeat,
    Shell,
    SubWorkflow,
    Wait,
)
from actors.workflow.spec_flow import GroupForm

__all__ = ["preview"]

MOST_BELOW = 1_000
"""Nodes of runs below that are told at most, give or take one workflow."""


def preview(plan: Plan, given: Given, rules: RunRules, problems: Problems) -> dict[str, Any]:
    """The plan as JSON; its problems stand behind those that are known already, each {code, path, value, message}."""
    found = list(problems)
    nodes = _Seer(plan, given, rules, found, [MOST_BELOW]).nodes()
    execution = plan.workflow.execution
    limits = {"parallel": execution.max_parallel, "runtime_ms": execution.max_total_runtime_ms}
    told = {"workspace": given.workspace, "limits": given_only(limits), "nodes": nodes, "problems": found}
    if (place := given.worktree) is not None:
        told["worktree"] = {"repository": place.repository, "path": place.path, "branch": place.branch, "base": place.base}
    return told | ({"output": _output(plan, given, found)} if plan.workflow.output else {})


@define
class _Seer:
    """Looks through one plan. `room`: how many nodes of runs below may still be told, in all runs together."""

    plan: Plan
    given: Given
    rules: RunRules
    problems: Problems
    room: list[int]

    def nodes(self) -> list[dict[str, Any]]:
        """The body and then the clean-up, each in the order in which its nodes would begin if one were at work at a time."""
        workflow = self.plan.workflow
        return [*self._list(workflow.nodes, tail=False), *self._list(workflow.finally_, tail=True)]

    def _list(self, nodes: Iterable[Node], *, tail: bool, group: str = "", above: Certainty = "certain") -> Iterator[dict[str, Any]]:
        frontier = Frontier(Graph.of(nodes), self.plan.sort_keys)
        while ready := frontier.first(1):
            frontier.take(ready[0])
            frontier.settle(ready[0], succeeded=True)
            node, partly = self.plan.nodes[ready[0]], partly_of(self.plan, self.given, tail=tail)
            sure = worse(above, self._certainty(node, node.when, f"nodes.{node.node_id}.when", partly))
            yield self._entry(node, partly, sure, group)
            if isinstance(node.action, Group):
                inner = worse(sure, self._turns(node, node.action, partly))
                yield from self._list(node.action.nodes, tail=tail, group=node.node_id, above=inner)

    def _certainty(self, node: Node, text: str | None, place: str, partly: Partly) -> Certainty:
        try:
            return certainty_of(text, partly)
        except ConditionError as error:
            self.problems.append(problem(error.code, place, text, error.message))
            return "certain"

    def _turns(self, node: Node, group: Group, partly: Partly) -> Certainty:
        """Whether what stands in the group has a turn: a loop that asks first may have none."""
        loop = group.form
        if not isinstance(loop, Repeat):
            return "certain"
        if loop.max_iterations == 0:
            return "skipped"
        return self._certainty(node, loop.condition, f"nodes.{node.node_id}.repeat.while", partly) if loop.form == "while" else "certain"

    def _entry(self, node: Node, partly: Partly, sure: Certainty, group: str) -> dict[str, Any]:
        node_id = node.node_id
        entry: dict[str, Any] = {
            "node_id": node_id, "kind": node.kind, "label": node.title or node.name,
            **_action(node, partly, self.problems, self.given.lessons), **({"group": group} if group else {}),
            "needs": [need.node for need in node.needs], "cap": cap_at(self.plan, node_id),
        }  # fmt: skip
        entry |= told_to_agent(node, self.plan.outfits.get(node_id, Outfit()), self.given, partly, entry.get("instructions", ""))
        entry |= {} if isinstance(node.action, Gate | Wait | Group) else {"timeouts": limits_foreseen(node, partly, self.rules)}
        entry |= given_only({
            "artifact": partly.at("artifact").text(node.artifact.path) if node.artifact is not None else None,
            "effect": "once" if node.effect == "once" else None, "when": node.when, "section": self.plan.section[node_id],
        })  # fmt: skip
        if node.on_fail.mode != "fail":
            handler = self.plan.nodes.get(handler_id(node_id))
            entry["on_fail"] = "continue" if handler is None else _handler(_action(handler, partly, self.problems))
        if isinstance(node.action, SubWorkflow | Foreach):
            entry |= self._below(node, node.action, partly)
        entry |= {"certainty": sure, "unresolved": list(partly.unresolved)}
        self.problems += [problem(error.code, f"nodes.{node_id}.{place}", error.path, error.message) for place, error in partly.wrong]
        return entry

    def _below(self, node: Node, action: SubWorkflow | Foreach, partly: Partly) -> dict[str, Any]:
        """The plan of the run that the node would begin, or of the run of one of its items, in place."""
        child = self.given.children(action.workflow) if self.given.depth < DEEPEST else None
        if child is None:
            return {}
        if self.room[0] <= 0:
            return {"omitted": len(child.nodes)}
        given, wrong = given_below(child, self.given, action.inputs, partly)
        place = f"nodes.{node.node_id}"
        self.problems += [problem(one.code, f"{place}.{one.path}", given.inputs.get(one.path[7:]), one.message) for one in wrong]
        problems: Problems = []
        self.room[0] -= len(child.nodes)
        nested = _Seer(child, given, self.rules, problems, self.room).nodes()
        self.problems += [{**one, "path": f"{place}.nested.{one['path']}"} for one in problems]
        return {"nested": nested}


def _action(node: Node, partly: Partly, problems: Problems, lessons: str = "") -> dict[str, Any]:
    """What the node would do, in words of its kind."""
    data = {"inputs": partly.at("with").render(node.with_)} if node.with_ else {}
    match node.action:
        case Command(argv=argv, env=env, stdin=stdin):
            more = {"env": partly.at("env").render(env) or None, "stdin": None if stdin is None else partly.at("stdin").text(stdin)}
            return {"command": [partly.at("command").text(word) for word in argv], **given_only(more), **data}
        case Shell(run=run, env=env):
            return {
                "command": partly.at("shell").text(run, quote=True),
                **given_only({"env": partly.at("env").render(env) or None}),
                **data,
            }
        case Http() as http:
            return {"request": request_told(http, partly)}
        case Python(function=function, isolate=isolate):
            return {"function": function, **({"isolate": True} if isolate else {}), **data}
        case Gate(type="quality_gate") as gate:
            return quality_told(node.node_id, gate)
        case Agent(instructions=instructions, tools=tools) as agent:
            more = {"tools": list(tools) or None}
            said = partly.at("instructions").text(instructions)
            prompt = f"{said}\n\n{lessons}" if lessons else said
            return {"agent": agent.reference, "instructions": prompt, **given_only(more), **data}
        case Gate() as gate:
            return gate_told(node.node_id, gate, partly)
        case Wait() as wait:
            return wait_told(node.node_id, wait, partly, problems)
        case SubWorkflow(workflow=workflow, inputs=inputs):
            return {"workflow": workflow, **given_only({"inputs": partly.at("inputs").render(inputs) or None})}
        case Group(form=form) as group:
            return {"form": group.word, **_form(form)}
        case Foreach() as each:
            return {"form": each.word, **given_only({name: partly.at(name).render(value) for name, value in asdict(each).items()})}
        case _:
            assert_never(node.action)


def _form(form: GroupForm) -> dict[str, Any]:
    match form:
        case Repeat() as loop:
            more = {"stuck_after": loop.stuck_after}
            return {loop.form: loop.condition, "max_iterations": loop.max_iterations, "on_max_iter": loop.on_max_iter, **given_only(more)}
        case Parallel() as block:
            return given_only(asdict(block))
    return {}


def _handler(told: dict[str, Any]) -> Any:
    """The words of a command alone, as in a file; of an agent all that is known."""
    return told.get("command", told)


def _output(plan: Plan, given: Given, problems: Problems) -> Any:
    partly = evolve(partly_of(plan, given), variables=None)  # the workflow's own texts hold paths in every case
    told = {name: partly.at(name).render(value) for name, value in plan.workflow.output.items()}
    problems += [problem(error.code, f"output.{place}", error.path, error.message) for place, error in partly.wrong]
    return told
