"""What a run would do, told before it does anything: the plan of a dry run (runs spec 5.2, flow spec 10). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from attrs import Factory, asdict, frozen

from actors.run.failing import cap_at
from actors.run.frontier import Frontier
from actors.run.limits import limits_of
from actors.run.plan import Plan, handler_id
from actors.settings import RunRules
from actors.workflow.condition import ConditionError, compile_condition
from actors.workflow.instants import INSTANT_FORMS, parse_instant
from actors.workflow.partly import Partly
from actors.workflow.spec import Agent, Command, Condition, Gate, Node, Python, Shell, Timer, Wait, Webhook
from actors.workflow.template import Lookup
from actors.worktree.site import Place

__all__ = ["Given", "preview"]

Problems = list[dict[str, Any]]


@frozen
class Given:
    """What is known of the run before it begins: its id, inputs, working folder (None: a private one), the daemon's variables.

    `personas` says by name who would have each role, `lessons` what each agent would be told of earlier runs.
    """

    run_id: str
    inputs: Mapping[str, Any]
    workspace: str | None
    env: Mapping[str, str]
    personas: Mapping[str, str] = Factory(dict)
    worktree: Place | None = None
    lessons: str = ""


def preview(plan: Plan, given: Given, rules: RunRules, problems: Problems) -> dict[str, Any]:
    """The plan as JSON; its problems stand behind those that are known already, each {code, path, value, message}."""
    found = list(problems)
    nodes = [_entry(plan, node_id, given, rules, found) for node_id in _walk(plan)]
    execution = plan.workflow.execution
    limits = {"parallel": execution.max_parallel, "runtime_ms": execution.max_total_runtime_ms}
    told = {"workspace": given.workspace, "limits": _given(limits), "nodes": nodes, "problems": found}
    if (place := given.worktree) is not None:
        told["worktree"] = {"repository": place.repository, "path": place.path, "branch": place.branch, "base": place.base}
    return told | ({"output": _output(plan, given, found)} if plan.workflow.output else {})


def _walk(plan: Plan) -> Iterator[str]:
    """The body and then the clean-up, each in the order in which its nodes would begin if one were at work at a time."""
    for graph in (plan.body, plan.tail):
        frontier = Frontier(graph, plan.sort_keys)
        while ready := frontier.first(1):
            frontier.take(ready[0])
            frontier.settle(ready[0], succeeded=True)
            yield ready[0]


def _scope(plan: Plan, given: Given) -> dict[str, Any]:
    place = given.worktree
    return {
        "inputs": dict(given.inputs), "env": dict(given.env),
        "run": {
            "id": given.run_id, "workflow": plan.workflow.workflow_id, "workspace": given.workspace, "status": "running",
            "workflow_status": "completed", "workflow_outcome": "completed", "attempt": 1, "feedback": "",
            **({"base": place.base, "branch": place.branch, "repository": place.repository} if place is not None else {}),
        },
    }  # fmt: skip


def _known(lookup: Lookup) -> bool:
    return lookup.path[0] not in ("nodes", "error") and lookup.path[:2] not in (("run", "gate_feedback"), ("run", "gate_selections"))


def _entry(plan: Plan, node_id: str, given: Given, rules: RunRules, problems: Problems) -> dict[str, Any]:
    node = plan.nodes[node_id]
    partly = Partly(_scope(plan, given), _known)
    entry: dict[str, Any] = {
        "node_id": node_id, "kind": node.kind, "label": node.title or node_id, **_action(node, partly, problems, given.lessons),
        **_persona(node, given),
        "needs": [need.node for need in node.needs], "cap": cap_at(plan, node_id),
    }  # fmt: skip
    entry |= {} if isinstance(node.action, Gate | Wait) else {"timeouts": limits_of(node, rules)}
    entry |= _given({
        "artifact": partly.at("artifact").text(node.artifact.path) if node.artifact is not None else None,
        "effect": "once" if node.effect == "once" else None, "when": node.when, "section": plan.section[node_id],
    })  # fmt: skip
    if node.on_fail.mode != "fail":
        handler = plan.nodes.get(handler_id(node_id))
        entry["on_fail"] = "continue" if handler is None else _action(handler, partly, problems)["command"]
    entry |= {"certainty": _certainty(node, partly, problems), "unresolved": list(partly.unresolved)}
    problems += [_problem(error.code, f"nodes.{node_id}.{place}", error.path, error.message) for place, error in partly.wrong]
    return entry


def _action(node: Node, partly: Partly, problems: Problems, lessons: str = "") -> dict[str, Any]:
    """What the node would do, in words of its kind."""
    data = {"inputs": partly.at("with").render(node.with_)} if node.with_ else {}
    match node.action:
        case Command(argv=argv, env=env, stdin=stdin):
            more = {"env": partly.at("env").render(env) or None, "stdin": None if stdin is None else partly.at("stdin").text(stdin)}
            return {"command": [partly.at("command").text(word) for word in argv], **_given(more), **data}
        case Shell(run=run, env=env):
            return {"command": partly.at("shell").text(run, quote=True), **_given({"env": partly.at("env").render(env) or None}), **data}
        case Python(function=function, isolate=isolate):
            return {"function": function, **({"isolate": True} if isolate else {}), **data}
        case Gate(type="quality_gate") as gate:
            return _quality(node.node_id, gate)
        case Agent(role=role, instructions=instructions, tools=tools):
            more = {"tools": list(tools) or None}
            said = partly.at("instructions").text(instructions)
            prompt = f"{said}\n\n{lessons}" if lessons else said
            return {"agent": role, "instructions": prompt, **_given(more), **data}
        case Gate() as gate:
            return _gate(node.node_id, gate, partly)
        case Wait() as wait:
            return _wait(node.node_id, wait, partly, problems)
        case _:
            assert_never(node.action)


def _persona(node: Node, given: Given) -> dict[str, str]:
    role = node.action.role if isinstance(node.action, Agent) else ""
    return {"persona": given.personas[role]} if role in given.personas else {}


def _gate(node_id: str, gate: Gate, partly: Partly) -> dict[str, Any]:
    options = [asdict(option) for option in gate.options] if isinstance(gate.options, tuple) else {"ref": str(gate.options)}
    told = {
        "gate_name": gate.name or node_id, "type": gate.type,
        "prompt": None if gate.prompt is None else partly.at("prompt").text(gate.prompt),
        "options": options or None, "decisions": list(gate.decisions),
        "expires_after_ms": gate.expires_after_ms, "on_expiry": gate.on_expiry, "rework_targets": list(gate.rework_targets) or None,
        "min_approvals": gate.min_approvals if gate.min_approvals > 1 else None, "approvers": list(gate.approvers) or None,
        "assumed": "approved",
    }  # fmt: skip
    return _given(told)


def _quality(node_id: str, gate: Gate) -> dict[str, Any]:
    """A quality gate is computed, and it is taken that what it wants holds: there is nothing yet that it could look at."""
    told = {"gate_name": gate.name or node_id, "type": gate.type, "source": gate.source, "threshold": gate.threshold, "check": gate.check}
    return _given(told | {"schema": gate.schema, "on_fail": gate.on_fail, "assumed": "pass"})


def _wait(node_id: str, wait: Wait, partly: Partly, problems: Problems) -> dict[str, Any]:
    told: dict[str, Any] = {"expires_after_ms": wait.expires_after_ms, "on_timeout": wait.on_timeout if wait.expires_after_ms else None}
    match wait.on:
        case Timer(delay_ms=delay, wake_at=wake_at):
            before = len(partly.unresolved) + len(partly.wrong)
            until = None if wake_at is None else partly.at("wait").text(wake_at)
            if until is not None and before == len(partly.unresolved) + len(partly.wrong) and parse_instant(until) is None:
                text = f"{until[:80]!r} is no time. Allowed: {', '.join(INSTANT_FORMS)}."
                problems.append(_problem("timer_wake_at_invalid", f"nodes.{node_id}.wait", until, text))
            told |= {"delay_ms": delay, "until": until}
        case Condition(key=key, schema=schema):
            told |= {"condition": partly.at("wait").text(key), "schema": schema}
        case Webhook() as hook:
            told |= asdict(hook) | {"value": None if hook.value is None else partly.at("wait").text(hook.value)}
        case _:
            assert_never(wait.on)
    return {"wait": _given(told)}


def _certainty(node: Node, partly: Partly, problems: Problems) -> str:
    """`certain`, `skipped`, or `conditional` where a result decides."""
    if node.when is None:
        return "certain"
    try:
        condition = compile_condition(node.when)
        if any(reference.path[0] in ("nodes", "error") for reference in condition.references):
            return "conditional"
        return "certain" if condition.evaluate(partly.scope) else "skipped"
    except ConditionError as error:
        problems.append(_problem(error.code, f"nodes.{node.node_id}.when", node.when, error.message))
        return "certain"


def _output(plan: Plan, given: Given, problems: Problems) -> Any:
    partly = Partly(_scope(plan, given), _known)
    told = {name: partly.at(name).render(value) for name, value in plan.workflow.output.items()}
    problems += [_problem(error.code, f"output.{place}", error.path, error.message) for place, error in partly.wrong]
    return told


def _problem(code: str, path: str, value: Any, message: str) -> dict[str, Any]:
    return {"code": code, "path": path, "value": value, "message": message}


def _given(entries: dict[str, Any]) -> dict[str, Any]:
    """Without what is not said."""
    return {name: value for name, value in entries.items() if value is not None}
