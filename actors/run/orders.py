"""From a node that is under way to the order its attempt carries out: everything rendered, nothing left to look up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from attrs import frozen

from actors.node.messages import Failure
from actors.node.orders import AgentOrder, ArtifactOrder, CommandOrder, PythonOrder, WorkOrder
from actors.run.agent_orders import agent_order
from actors.run.limits import idle_ms, is_watched, total_ms
from actors.run.scope import scope_for
from actors.run.state import RunState
from actors.settings import RunRules
from actors.workflow.handles import handle_of
from actors.workflow.spec import Agent, Command, Node, Python, Shell
from actors.workflow.template import TemplateError, render, render_text

__all__ = ["Folders", "work_order"]

MOST_ERRORS = 100
"""How many errors of an agent's file are kept: all, but for a file that is wrong altogether."""


@frozen
class Folders:
    """Where a run works: its private folder, and the working folder of its nodes. Absolute."""

    run_dir: str
    workdir: str


def work_order(
    state: RunState, node_id: str, folders: Folders, rules: RunRules, now: int = 0, *, lessons: str = ""
) -> WorkOrder | Failure:  # fmt: skip
    """The order of the attempt under way, or why it cannot be rendered. `now`: epoch milliseconds; `lessons`: what an agent is told."""
    node = state.plan.nodes[node_id]
    scope = scope_for(state, node_id) if _templated(node) else {}
    try:
        return WorkOrder(
            run_id=state.run_id, node_id=node_id, instance=state.nodes[node_id].instance, attempt=state.nodes[node_id].attempt,
            token=state.token(node_id), idempotency_key=idempotency_key(state, node_id), action=_action(state, node, scope, now, lessons),
            workdir=folders.workdir, run_dir=folders.run_dir, output=node.output, artifact=_artifact(state, node, scope),
            gate_feedback=state.gate_feedback, gate_selections=state.gate_selections,
            author=None if state.worktree is None else state.worktree.author,
            idle_ms=idle_ms(node, rules) if is_watched(node) else None, total_ms=total_ms(node, rules),
        )  # fmt: skip
    except TemplateError as error:
        return Failure(error.code, error.message, "configuration", {"path": error.path})


def idempotency_key(state: RunState, node_id: str) -> str:
    """The same for every attempt of one instance, different for everything else."""
    return sha256(f"{state.run_id}/{node_id}/{state.nodes[node_id].instance}".encode()).hexdigest()


def _templated(node: Node) -> bool:
    return not isinstance(node.action, Python) or bool(node.with_) or node.artifact is not None


def _artifact(state: RunState, node: Node, scope: dict[str, object]) -> ArtifactOrder | None:
    if node.artifact is None:
        return None
    name = node.artifact.schema
    schema = state.plan.workflow.schemas[name] if name is not None else None
    told = MOST_ERRORS if isinstance(node.action, Agent) else 5
    return ArtifactOrder(path=render_text(node.artifact.path, scope), schema=schema, schema_name=name, told=told)


def _action(
    state: RunState, node: Node, scope: dict[str, object], now: int, lessons: str
) -> CommandOrder | PythonOrder | AgentOrder:  # fmt: skip
    match node.action:
        case Python(function=function, isolate=isolate):
            folder = state.plan.workflow.folder or "/"
            return PythonOrder(function=function, folder=folder, arguments=render(dict(node.with_), scope), isolate=isolate)
        case Command(argv=argv, env=env, stdin=stdin):
            text = None if stdin is None else render_text(stdin, scope)
            words = tuple(render_text(word, scope) for word in argv)
            return CommandOrder(words, _env(state, node, env, scope), text, _secrets(env))
        case Shell(run=run, env=env):
            words = ("sh", "-c", render_text(run, scope, quote=True))
            return CommandOrder(words, _env(state, node, env, scope), secrets=_secrets(env))
        case Agent() as agent:
            return agent_order(state, node, agent, scope, now, lessons)
        case _:
            raise AssertionError("a gate is no attempt")


def _secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Variables that hold a secret, by its handle."""
    return {name: handle for name, text in env.items() if (handle := handle_of(text)) is not None}


def _env(state: RunState, node: Node, env: Mapping[str, str], scope: dict[str, object]) -> dict[str, str]:
    """`with` reaches a command as PENSTOCK_WITH, JSON; feedback of a rework as PENSTOCK_FEEDBACK, answers at gates as PENSTOCK_GATE_…."""
    found = {name: render_text(text, scope) for name, text in env.items() if handle_of(text) is None}
    if node.with_:
        found["PENSTOCK_WITH"] = render_text("{{ with }}", {"with": render(dict(node.with_), scope)})
    if state.gate_feedback is not None:
        found["PENSTOCK_GATE_FEEDBACK"] = state.gate_feedback
    if state.gate_selections:
        found["PENSTOCK_GATE_SELECTIONS"] = render_text("{{ all }}", {"all": list(state.gate_selections)})
    if state.nodes[node.node_id].feedback:
        found["PENSTOCK_FEEDBACK"] = "\n".join(state.nodes[node.node_id].feedback)
    return found
