"""What validators said of a run's nodes: the summary that a node wrote itself, else what became of its artifact or gate. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actors.node.events import NodeCompletedWithWarnings
from actors.workflow.spec import Gate

if TYPE_CHECKING:
    from actors.run.state import RunState

__all__ = ["outputs_of"]


def outputs_of(state: RunState) -> dict[str, Any]:
    """The outputs of all nodes, each with its summary where there is one."""
    found: dict[str, Any] = {}
    for node_id, node in state.nodes.items():
        output = node.output
        if isinstance(output, Mapping) and isinstance(output.get("validator_summary"), Mapping):
            found[node_id] = output
        elif (summary := _summary(state, node_id)) is not None:
            found[node_id] = {**(output if isinstance(output, Mapping) else {}), "validator_summary": summary}
        elif output is not None:
            found[node_id] = output
    return found


def _of_gate(state: RunState, node_id: str) -> dict[str, Any] | None:
    """What a quality gate found in its present instance; people's gates judge nothing that is measured."""
    told = [entry for entry in state.gate_history if (entry.node_id, entry.instance) == (node_id, state.nodes[node_id].instance)]
    if not told or told[-1].decision not in {"pass", "fail"}:
        return None
    error = state.nodes[node_id].error
    unmet = [error.code if error is not None else "quality_gate_failed"] if told[-1].decision == "fail" else []
    return {"outcome": "failed" if unmet else "passed", "unmet_requirements": unmet}


def _summary(state: RunState, node_id: str) -> dict[str, Any] | None:
    """Of an artifact that a schema or a validator was to check, and of a quality gate: whether it passed, and what was missing."""
    spec, node = state.plan.nodes[node_id], state.nodes[node_id]
    if isinstance(spec.action, Gate):
        return _of_gate(state, node_id)
    checked = (spec.artifact is not None and spec.artifact.schema is not None) or (
        spec.contract is not None and (spec.contract.validator is not None or spec.contract.schema is not None)
    )
    tolerated = node.status == "skipped" and node.skip_reason == "on_fail_continue"
    if not checked or (node.status in ("pending", "running", "waiting", "skipped") and not tolerated):
        return None
    if node.status == "completed":
        warned = bool(node.verdicts) and node.verdicts[-1][2] == NodeCompletedWithWarnings.kind
        return {"outcome": "accepted_with_warnings" if warned else "passed", "unmet_requirements": []}
    unmet = [node.error.code] if node.error is not None else []
    return {"outcome": node.finding or "failed", "unmet_requirements": unmet}
