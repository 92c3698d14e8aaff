"""What templates and conditions of a run may look at: inputs, results of nodes, facts of the run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from actors.run.state import NodeState, RunState
from actors.workflow.condition import Condition, ConditionError, compile_condition
from actors.workflow.spec import Gate, Wait
from actors.workflow.spec_gate import MARKERS, answer_of, gate_markers
from actors.workflow.template import Lookup

__all__ = ["ConditionFailed", "condition_holds", "failed_node", "scope_for", "scope_of"]


class ConditionFailed(Exception):
    """A condition that cannot be evaluated: the message says which, and why."""


def scope_for(state: RunState, node_id: str) -> dict[str, Any]:
    """The scope of one node: of the results only those that the node's own texts name."""
    scope = _scope(state, state.plan.reads[node_id], failed=state.plan.section[node_id] == "finally")
    scope["run"]["attempt"] = state.nodes[node_id].attempt
    scope["run"]["feedback"] = "\n".join(state.nodes[node_id].feedback)
    failed = failed_node(state, node_id)
    if failed is not None:
        scope["error"] = _error(state.nodes[failed]) | {"node_id": failed}
    return scope


def failed_node(state: RunState, node_id: str) -> str | None:
    """The node whose failure this one follows; None where it follows none."""
    return node_id.removesuffix(".on_fail") if state.plan.is_handler(node_id) else None


def scope_of(state: RunState, lookups: Iterable[Lookup]) -> dict[str, Any]:
    """The scope for texts that name what `lookups` say."""
    return _scope(state, {str(lookup.path[1]) for lookup in lookups if len(lookup.path) > 1 and lookup.path[0] == "nodes"})


def condition_holds(state: RunState, node_id: str, text: str) -> bool:
    """Evaluate a node's `when`. Raises ConditionFailed."""
    try:
        condition = compile_condition(text)
        return condition.evaluate(scope_for(state, node_id) | {"markers": _markers(state, condition)})
    except ConditionError as error:
        raise ConditionFailed(f"The condition {text!r} cannot be evaluated: {error.message}") from None


def _markers(state: RunState, condition: Condition) -> dict[str, list[str]]:
    """What the results carry that the condition asks for, by result key. A gate that failed tells clean-up more than its result does."""
    keys = {str(one.path[1]) for one in condition.references if one.marker}
    found = {key: state.results[key] for key in sorted(keys) if key in state.results}
    return {key: list(one.markers) for key, one in found.items() if not (one.status == "failed" and _is_gate(state, one.node_id))}


def _is_gate(state: RunState, node_id: str) -> bool:
    return isinstance(state.plan.nodes[node_id].action, Gate)


def _scope(state: RunState, node_ids: Iterable[str], *, failed: bool = False) -> dict[str, Any]:
    return {
        "inputs": dict(state.inputs),
        "env": dict(state.env),
        "nodes": {node_id: _result(state, node_id, failed=failed) for node_id in node_ids if node_id in state.nodes},
        "run": {
            "id": state.run_id, "workflow": state.workflow_id, "status": state.status, "workspace": state.workspace,
            "workflow_status": "failed" if state.failures or state.cancel_reason is not None else "completed",
            "workflow_outcome": state.workflow_outcome or "completed",
            "gate_feedback": state.gate_feedback or "", "gate_selections": list(state.gate_selections), **_site(state),
        },
    }  # fmt: skip


def _site(state: RunState) -> dict[str, str]:
    """Where the run's worktree comes from, and what its branch is called."""
    if state.worktree is None:
        return {}
    place = state.worktree.place
    return {"base": place.base, "branch": place.branch, "repository": place.repository}


def _result(state: RunState, node_id: str, *, failed: bool) -> dict[str, Any]:
    node = state.nodes[node_id]
    found: dict[str, Any] = {"status": node.status, "output": node.output, "attempt": node.attempt}
    if node.artifact is not None:
        found["artifact"] = {"path": node.artifact.path, "sha256": node.artifact.sha256, "size": node.artifact.size}
    if node.error is not None:
        found["error"] = _error(node)
    action = state.plan.nodes[node_id].action
    if isinstance(action, Wait):
        content = node.output["content"]["wake"] if isinstance(node.output, dict) else {}
        found["payload"] = content.get("payload")
    if isinstance(action, Gate):
        found |= _decision(state, node_id, failed=failed)
    return found


def _decision(state: RunState, node_id: str, *, failed: bool) -> dict[str, Any]:
    """What a gate came to, with its markers also as flags. Of one that failed only clean-up is told, from the history (gates spec, 6)."""
    node = state.nodes[node_id]
    answer: Mapping[str, Any] = answer_of(node.output) if isinstance(node.output, dict) else {}
    last = next((one for one in reversed(state.gate_history) if one.node_id == node_id and one.instance == node.instance), None)
    if failed and node.status == "failed" and last is not None:
        answer = {"decision": last.decision, "feedback": last.feedback, "selections": list(last.selections)}
    selections = answer.get("selections", [])
    markers = gate_markers(answer.get("decision"), selections)
    told = {key: answer.get(key) for key in ("decision", "selection", "feedback", "context")} | {"selections": selections}
    return told | {"markers": markers} | {word: word in markers for word in sorted(set(MARKERS.values()))}


def _error(node: NodeState) -> dict[str, Any]:
    if node.error is None:
        return {"code": None, "message": None}
    return {"code": node.error.code, "message": node.error.message, "failure_class": node.error.failure_class}
