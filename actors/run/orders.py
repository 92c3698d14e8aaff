"""From a node that is under way to the order its attempt carries out: everything rendered, nothing left to look up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from attrs import frozen

from actors.flow.texts import NO_TEXTS, Texts
from actors.flow.variables import text_of_value
from actors.node.messages import Failure
from actors.node.orders import AgentOrder, ArtifactOrder, CommandOrder, HttpOrder, PythonOrder, WorkOrder
from actors.run.agent_orders import agent_order
from actors.run.http_orders import http_order
from actors.run.limits import as_begun, idle_ms, is_watched, total_ms
from actors.run.script_orders import script_order
from actors.run.state import RunState
from actors.run.texts import texts_for
from actors.settings import RunRules
from actors.workflow.handles import handle_of
from actors.workflow.spec import Agent, Command, Foreach, Http, Node, Python, Shell
from actors.workflow.template import TemplateError
from storage.codec import canonical

__all__ = ["Folders", "work_order"]

Order = CommandOrder | PythonOrder | HttpOrder | AgentOrder

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
    """The order of the attempt under way, or why it cannot be rendered, which no further attempt mends (flow spec 6.3).

    `now`: epoch milliseconds; `lessons`: what an agent is told.
    """
    node = as_begun(state, node_id)
    texts = texts_for(state, node_id) if _templated(node) else NO_TEXTS
    try:
        return WorkOrder(
            run_id=state.run_id, node_id=node_id, instance=state.nodes[node_id].instance, attempt=state.nodes[node_id].attempt,
            token=state.token(node_id), idempotency_key=idempotency_key(state, node_id),
            action=_action(state, node, texts, rules, now, lessons),
            workdir=folders.workdir, run_dir=folders.run_dir, output=node.output, artifact=_artifact(state, node, texts),
            gate_feedback=state.gate_feedback, gate_selections=state.gate_selections,
            author=None if state.worktree is None else state.worktree.author,
            idle_ms=idle_ms(node, rules) if is_watched(node) else None, total_ms=total_ms(node, rules),
        )  # fmt: skip
    except TemplateError as error:
        return Failure(error.code, error.message, "configuration", {"path": error.path}, final=True)


def idempotency_key(state: RunState, node_id: str) -> str:
    """The same for every attempt of one instance, different for everything else."""
    return sha256(f"{state.run_id}/{node_id}/{state.nodes[node_id].instance}".encode()).hexdigest()


def _templated(node: Node) -> bool:
    return not isinstance(node.action, Python) or bool(node.with_) or node.artifact is not None


def _artifact(state: RunState, node: Node, texts: Texts) -> ArtifactOrder | None:
    if node.artifact is None:
        return None
    name = node.artifact.schema
    schema = state.plan.workflow.schemas[name] if name is not None else None
    told = MOST_ERRORS if isinstance(node.action, Agent) else 5
    return ArtifactOrder(path=texts.text(node.artifact.path), schema=schema, schema_name=name, told=told)


def _action(state: RunState, node: Node, texts: Texts, rules: RunRules, now: int, lessons: str) -> Order:
    match node.action:
        case Python(function=function, isolate=isolate):
            folder = state.plan.workflow.folder or "/"
            return PythonOrder(function=function, folder=folder, arguments=texts.value(dict(node.with_)), isolate=isolate)
        case Command(argv=argv, env=env, stdin=stdin):
            text = None if stdin is None else texts.text(stdin)
            words = tuple(texts.text(word) for word in argv)
            return CommandOrder(words, _env(state, node, env, texts), text, _secrets(env))
        case Http() as http:
            return http_order(http, texts, idempotency_key(state, node.node_id))
        case Shell(run=run, env=env) as shell:
            words, script = ("sh", "-c", texts.text(run, quote=True)), script_order(state, node, shell, rules)
            return CommandOrder(words, _env(state, node, env, texts), secrets=_secrets(env), script=script)
        case Foreach() as spec:
            return _items(state, node, spec, texts, rules)
        case Agent() as agent:
            return agent_order(state, node, agent, texts, now, lessons)
        case _:
            raise AssertionError("a gate is no attempt")


def _items(state: RunState, node: Node, spec: Foreach, texts: Texts, rules: RunRules) -> CommandOrder:
    """The question for the items: `{run_id, node_id, attempt, ordered, scope, filter}` on the provider's standard input."""
    provider = rules.item_providers[spec.over]
    asked = {
        "run_id": state.run_id, "node_id": node.node_id, "attempt": state.nodes[node.node_id].attempt, "ordered": spec.ordered,
        "scope": None if spec.scope is None else texts.value(dict(spec.scope)),
        "filter": None if spec.filter is None else texts.value(dict(spec.filter)),
    }  # fmt: skip
    return CommandOrder(provider.command or (), provider.env, canonical(asked).decode())


def _secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Variables that hold a secret, by its handle."""
    return {name: handle for name, text in env.items() if (handle := handle_of(text)) is not None}


def _env(state: RunState, node: Node, env: Mapping[str, str], texts: Texts) -> dict[str, str]:
    """`with` reaches a command as PENSTOCK_WITH, JSON; feedback of a rework as PENSTOCK_FEEDBACK, answers at gates as PENSTOCK_GATE_…."""
    found = {name: texts.text(text) for name, text in env.items() if handle_of(text) is None}
    if node.with_:
        found["PENSTOCK_WITH"] = text_of_value(texts.value(dict(node.with_)))
    if state.gate_feedback is not None:
        found["PENSTOCK_GATE_FEEDBACK"] = state.gate_feedback
    if state.gate_selections:
        found["PENSTOCK_GATE_SELECTIONS"] = text_of_value(list(state.gate_selections))
    if state.nodes[node.node_id].feedback:
        found["PENSTOCK_FEEDBACK"] = "\n".join(state.nodes[node.node_id].feedback)
    return found
