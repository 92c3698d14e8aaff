"""The canonical JSON of a workflow: what is stored, hashed and compared. One workflow has one text; defaults are left out."""

from __future__ import annotations

import hashlib
from typing import Any, assert_never

from attrs import asdict

from actors.workflow.canonical_agent import agent_json, persona_json
from actors.workflow.canonical_flow import foreach_json, group_json
from actors.workflow.canonical_gate import gate_json, slim
from actors.workflow.canonical_retry import retry_json
from actors.workflow.canonical_triggers import triggers_json
from actors.workflow.canonical_wait import wait_json
from actors.workflow.json_text import read_json
from actors.workflow.parse import load_tree
from actors.workflow.problems import Report
from actors.workflow.spec import (
    Action,
    Agent,
    Command,
    Contract,
    Foreach,
    Gate,
    Group,
    Http,
    Input,
    Need,
    Node,
    OnFail,
    Python,
    Shell,
    SubWorkflow,
    Wait,
    Workflow,
    WorkflowBudget,
)  # fmt: skip
from actors.workflow.spec_worktree import DEFAULT_BRANCH
from actors.workflow.tree import STORED

__all__ = ["decode", "digest", "encode"]


def encode(workflow: Workflow) -> bytes:
    """Canonical JSON: keys in ascending byte order at every depth, no white space, UTF-8, the model's names."""
    import orjson  # noqa: PLC0415 - kept out of the import of the model

    return orjson.dumps(_workflow(workflow), option=orjson.OPT_SORT_KEYS)


def digest(workflow: Workflow) -> str:
    """SHA-256 over the canonical JSON, lower-case hex: the name of this version."""
    return hashlib.sha256(encode(workflow)).hexdigest()


def decode(data: bytes) -> Workflow:
    """The workflow in canonical JSON, checked like any other. Raises WorkflowInvalid."""
    report = Report("stored workflow")
    tree = read_json(data.decode("utf-8", "replace"), report, STORED)
    return load_tree(report, tree, folder=None, stored=True).workflow


def _workflow(workflow: Workflow) -> dict[str, Any]:
    execution = workflow.execution
    return slim(
        {
            "workflow_id": workflow.workflow_id,
            "name": workflow.name,
            "description": workflow.description,
            "inputs": [_input(given) for given in workflow.inputs],
            "execution": slim(
                {
                    "max_parallel": execution.max_parallel,
                    "max_total_runtime_ms": execution.max_total_runtime_ms,
                    "max_total_tokens": execution.max_total_tokens,
                    "max_total_cost_usd": execution.max_total_cost_usd,
                    "max_total_tool_calls": execution.max_total_tool_calls,
                    "fail_fast": execution.fail_fast,
                    "weight": execution.weight,
                    "profile": execution.profile,
                },
                max_parallel=1,
                weight=1,
            ),
            "budget": _budget(workflow.budget),
            "workspace_root": workflow.workspace_root,
            "worktree": None if workflow.worktree is None else slim(asdict(workflow.worktree), branch=DEFAULT_BRANCH),
            "schemas": dict(workflow.schemas),
            "output": dict(workflow.output),
            "output_targets": list(workflow.output_targets),
            "folder": workflow.folder,
            "metadata": dict(workflow.metadata),
            "providers": list(workflow.providers),
            "personas": {persona.name: persona_json(persona) for persona in workflow.personas},
            "label": workflow.label,
            "group": workflow.group,
            "targets": list(workflow.targets),
            "trigger": workflow.trigger,
            "templating": workflow.templating,
            **triggers_json(workflow.triggers),
        },
        description="",
        trigger="manual",
        templating="path",
    ) | {"flow": {"nodes": [_node(node) for node in workflow.nodes]} | slim({"finally": [_node(node) for node in workflow.finally_]})}


def _budget(budget: WorkflowBudget | None) -> dict[str, Any] | None:
    if budget is None:
        return None
    return {"per": budget.per} | slim({"tokens": budget.tokens, "cost_usd": budget.cost_usd, "tool_calls": budget.tool_calls})


def _input(given: Input) -> dict[str, Any]:
    entries = {
        "name": given.name,
        "type": given.type,
        "required": given.required,
        "default": given.default,
        "description": given.description,
    }
    return slim(entries, type="string", required=False, description="")


def _node(node: Node) -> dict[str, Any]:
    entries = {
        "node_id": node.node_id,
        "kind": node.kind,
        "title": node.title,
        "needs": [_need(need) for need in node.needs],
        "when": node.when,
        "with": dict(node.with_),
        "retry_policy": retry_json(node.retry),
        "on_fail": _on_fail(node.on_fail),
        "effect": node.effect,
        "eval": node.eval_,
        "timeout_ms": node.timeout_ms,
        "absolute_timeout_ms": node.absolute_timeout_ms,
        "idle_timeout": node.idle_timeout_text,
        "timeout": node.timeout_text,
        "artifact": slim({"path": node.artifact.path, "schema": node.artifact.schema}) if node.artifact else None,
        "output_contract": _contract(node.contract),
        "output": node.output,
        "priority": node.priority,
        "metadata": dict(node.metadata),
        "result_key": node.result_key,
        "label": node.label,
        "as_identity": node.as_identity,
    }
    return slim(entries, effect="repeatable", eval="run", output="text", priority=0) | _action(node.action)


def _contract(contract: Contract | None) -> dict[str, Any] | None:
    """The kind is always named, since an empty contract is one, too."""
    if contract is None:
        return None
    rest = {"validator": contract.validator, "schema": contract.schema, "summary_guidance": contract.summary_guidance}
    return {"kind": contract.kind} | slim(rest)


def _need(need: Need) -> Any:
    return need.node if need.until == "completed" else {"node": need.node, "until": need.until}


def _on_fail(on_fail: OnFail) -> Any:
    match on_fail.handler:
        case Command(argv=argv, env=env, stdin=stdin):
            return {"command": list(argv)} | slim({"env": dict(env), "stdin": stdin})
        case Agent() as agent:
            return agent_json(agent)
    return None if on_fail.mode == "fail" else on_fail.mode


def _action(action: Action) -> dict[str, Any]:
    match action:
        case Command():
            return {"argv": list(action.argv)} | slim({"env": dict(action.env), "stdin": action.stdin})
        case Shell():
            return {"run": action.run} | slim({"env": dict(action.env)})
        case Python():
            return {"function": action.function} | slim({"isolate": action.isolate}, isolate=False)
        case Http():
            rest = {"method": action.method, "headers": dict(action.headers), "expect": list(action.expect)}
            body = {} if action.body is None else {"body": action.body}
            return {"url": action.url} | slim(rest, method="GET") | body
        case Agent():
            return agent_json(action)
        case Wait():
            return {"wait": wait_json(action)}
        case Gate():
            return {"gate": gate_json(action)}
        case SubWorkflow():
            return {"workflow": action.workflow} | slim({"inputs": dict(action.inputs)})
        case Foreach():
            return {"foreach": foreach_json(action)}
        case Group():
            return group_json(action) | {"nodes": [_node(node) for node in action.nodes]}
        case _:
            assert_never(action)
