"""The graph of a workflow as JSON: what `penstock graph` draws. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from actors.workflow.spec import (
    Agent,
    Command,
    Foreach,
    Gate,
    Group,
    Node,
    Parallel,
    Python,
    Repeat,
    Shell,
    SubWorkflow,
    Timer,
    Wait,
    Webhook,
    Workflow,
)  # fmt: skip
from actors.workflow.spec_flow import GroupForm
from actors.workflow.walk import flatten, handler_id

__all__ = ["graph_json"]

Section = Literal["body", "finally", "handler"]


def graph_json(workflow: Workflow) -> dict[str, Any]:
    """All nodes in the order of the file, each group before what stands in it; failure handlers last."""
    return {
        "workflow_id": workflow.workflow_id,
        "title": workflow.name or workflow.label or workflow.workflow_id,
        "nodes": [*_listed(workflow.nodes, "body"), *_listed(workflow.finally_, "finally"), *_handlers(workflow)],
    }


def _listed(nodes: Iterable[Node], section: Section, group: str | None = None) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield _node(node, section) | ({} if group is None else {"group": group})
        if isinstance(node.action, Group):
            yield from _listed(node.action.nodes, section, node.node_id)


def _handlers(workflow: Workflow) -> Iterator[dict[str, Any]]:
    for node in (*flatten(workflow.nodes), *flatten(workflow.finally_)):
        if node.on_fail.handler is not None:
            yield _node(Node(handler_id(node.node_id), node.on_fail.handler, title=f"after failure of {node.node_id}"), "handler")


def _node(node: Node, section: Section) -> dict[str, Any]:
    found: dict[str, Any] = {
        "node_id": node.node_id, "kind": node.kind, "label": node.name, "about": _about(node.action),
        "section": section, "needs": [{"node": need.node, "until": need.until} for need in node.needs],
    }  # fmt: skip
    if node.title is not None:
        found["title"] = node.title
    if isinstance(node.action, Group | Foreach):
        found["form"] = node.action.word
    if node.when is not None:
        found["when"] = node.when
    if node.on_fail.mode == "continue":
        found["on_fail"] = "continue"
    if node.on_fail.handler is not None:
        found["handler"] = handler_id(node.node_id)
    return found


def _about(action: object) -> str:
    """What it does, in the words of the file; empty where its kind says it all."""
    match action:
        case Agent(path=path, role=role):
            return path or role
        case Command(argv=argv):
            return shlex.join(argv)
        case Shell(run=run):
            return run.strip()
        case Python(function=function):
            return function
        case Gate(type=word):
            return word
        case Wait(on=on):
            return "timer" if isinstance(on, Timer) else "webhook" if isinstance(on, Webhook) else "signal"
        case SubWorkflow(workflow=workflow):
            return workflow
        case Foreach(over=over, workflow=workflow, max_parallel=most):
            return f"{over}: {workflow}, {max(most, 1)} at once"
        case Group(form=form):
            return _form(form)
        case _:
            return ""


def _form(form: GroupForm) -> str:
    match form:
        case Repeat(condition=condition, form=word, max_iterations=most):
            return f"{word.replace('_', ' ')} {condition}, at most {most} turns"
        case Parallel(min_success=int(least)):
            return f"({least} must succeed)"
        case _:
            return ""
