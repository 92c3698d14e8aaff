"""The run record as JSON, for the socket and for people. Pure."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from actors.entity import Fact
from actors.run.caps import cap_now
from actors.run.eligibility import stuck_nodes
from actors.run.state import NodeState, OpenGate, RunState
from actors.run.summary import metrics_json, summary_json
from actors.wait.view import wait_json
from actors.workflow.handles import handles_of
from actors.worktree.site import site_facts

__all__ = ["event_json", "gate_json", "run_json"]

OPTIONAL = (
    "started_at_ms", "finished_at_ms", "detail", "pause_reason", "resume_reason", "stop_kind", "stop_reason", "output", "report_path",
    "workspace", "last_failure", "started_by", "scheduled_for_ms", "phase", "forked_from", "campaign_id",
    "trigger_reason", "consumed_handoff_id", "parent_run_id", "parent_node_id", "root_run_id",
)  # fmt: skip


def run_json(state: RunState) -> dict[str, Any]:
    """The whole record, nodes in flow order, clean-up nodes and failure handlers last."""
    record: dict[str, Any] = {
        "run_id": state.run_id, "workflow_id": state.workflow_id, "title": state.plan.workflow.name or state.workflow_id,
        "status": state.status, "created_at_ms": state.created_at_ms, "updated_at_ms": state.updated_at_ms, "version": state.version,
        "digest": state.digest, "inputs": dict(state.inputs), "trigger_type": state.trigger_type, "priority": state.priority,
        "active_ms": state.active_ms, "epoch": state.epoch, "seq": state.seq,
        "last_activity_ms": state.activity_ms, "depth": state.depth,
    }  # fmt: skip
    record |= {name: value for name in OPTIONAL if (value := getattr(state, name)) is not None}
    record |= {name: list(value) if name == "plugin_dirs" else value for name, value in asdict(state.defaults).items() if value}
    record |= _usage(state)
    if state.worktree is not None:
        record["worktree"] = site_facts(state.worktree)
    if state.binding:
        record["personas"] = [asdict(one) for one in state.binding]
    if state.texts:
        record["texts"] = [asdict(one) for one in state.texts]
    if state.artifacts:
        record["artifacts"] = [asdict(row) for row in state.artifacts.values()]
    if state.learning is not None:
        record["learning_summary"] = asdict(state.learning)
    if state.queue is not None:
        record["scheduler"] = dict(state.queue)
    if state.children:
        record["children"] = [
            {"run_id": row.run_id, "node_id": row.node_id, "workflow_id": row.workflow_id, "status": row.status}
            for row in state.children.values()
        ]
    record["open_gates"] = [gate.gate_name for gate in state.open_gates.values()]
    record["gate_history"] = [asdict(entry) for entry in state.gate_history]
    pending = [node_id for node_id in state.plan.body.order if state.nodes[node_id].status == "pending"]
    record["pending_nodes"], record["blocked_nodes"] = pending, stuck_nodes(state)
    record["waits"] = [wait_json(row) for row in state.waits.values()]
    record["nodes"] = [_node(state, node_id, node) for node_id, node in state.nodes.items() if _visible(state, node_id)]
    record["metrics"] = metrics_json(state)
    if state.terminal and not state.dry_run:
        record["result_summary"] = summary_json(state)
    if state.dry_run:
        record |= {"dry_run": True, "nodes": [], "pending_nodes": [], "blocked_nodes": []}  # what they would do is the output
    return record


def _usage(state: RunState) -> dict[str, Any]:
    used = state.usage
    return {
        "prompt_tokens": used.prompt_tokens, "completion_tokens": used.completion_tokens,
        "total_tokens": used.prompt_tokens + used.completion_tokens, "estimated_cost_usd": used.cost_usd, "tool_calls": used.tool_calls,
        "unpriced": used.unpriced, "limits": dict(state.limits),
    }  # fmt: skip


def _visible(state: RunState, node_id: str) -> bool:
    return not state.plan.is_handler(node_id) or state.nodes[node_id].attempt > 0 or node_id in state.handlers


def _node(state: RunState, node_id: str, node: NodeState) -> dict[str, Any]:
    spec = state.plan.nodes[node_id]
    found: dict[str, Any] = {
        "node_id": node_id, "kind": spec.kind, "title": spec.title or node_id, "status": node.status, "attempt": node.attempt,
        "instance": node.instance, "max_attempts": cap_now(state, node_id), "finally": state.plan.section[node_id] == "finally",
    }  # fmt: skip
    if state.plan.parent:  # elsewhere the order of the file says as much
        found |= _walked(state, node_id, node)
    times = {"started_at_ms": node.started_at_ms, "ended_at_ms": node.ended_at_ms, "retry_after_ms": state.backoffs.get(node_id)}
    found |= {
        name: value for name, value in (times | {"output": node.output, "skip_reason": node.skip_reason}).items() if value is not None
    }
    if node.child_run_id is not None:
        found["child_run_id"] = node.child_run_id
    if handles_of((spec,)):
        found["sensitive"] = True
    if node.unheard:
        found["unheard"] = [{"number": said.number, "by": said.by, "text": said.text} for said in node.unheard]
    if node.finding:
        found["finding"] = node.finding
    if node.error is not None and node.status != "completed":
        found["error"] = {
            "code": node.error.code, "message": node.error.message, "failure_class": node.error.failure_class,
            "detail": dict(node.error.detail), **({"category": node.error.category} if node.error.category else {}),
        }  # fmt: skip
    if node.artifact is not None:
        found["artifact"] = asdict(node.artifact)
    gate = next((gate for gate in state.open_gates.values() if gate.node_id == node_id), None)
    if gate is not None:
        found["gate"] = gate_json(state.run_id, gate)
    return found


def _walked(state: RunState, node_id: str, node: NodeState) -> dict[str, Any]:
    """The group around the node, its place in the order of the walk, the turns of the loops around it; of a loop the turn it is in."""
    turn = node.turn if node.turn >= 0 else None
    told: dict[str, Any] = {"group": state.plan.parent.get(node_id), "position": node.position, "iteration": turn}
    if node_id in state.plan.loops_around:
        told["iteration_path"] = list(node.path)
    return {name: value for name, value in told.items() if value is not None}


def gate_json(run_id: str, gate: OpenGate) -> dict[str, Any]:
    """One open gate, with everything a decider is shown and the ids that bind his answer to it."""
    found: dict[str, Any] = {
        "node_id": gate.node_id, "gate_name": gate.gate_name, "gate_type": gate.gate_type, "instance": gate.instance, "nonce": gate.nonce,
        "prompt": gate.shown.get("prompt"), "decisions": list(gate.decisions), "options": gate.shown.get("options", []),
        "shown": dict(gate.shown), "shown_digest": gate.shown_digest, "opened_at_ms": gate.opened_at_ms,
        "approval_request_id": gate.request_id(run_id),
    }  # fmt: skip
    if gate.tool is not None:
        found["tool"] = gate.tool
    if gate.min_approvals > 1:
        found |= {"min_approvals": gate.min_approvals, "votes": [asdict(vote) for vote in gate.votes]}
    found |= {
        name: list(value)
        for name, value in (("approvers", gate.approvers), ("dropped_options", gate.dropped_options)) if value
    }  # fmt: skip
    if gate.expires_at_ms is not None:
        found |= {"expires_at_ms": gate.expires_at_ms, "on_expiry": gate.on_expiry}
    if gate.reminders or gate.stale:
        found |= {"reminders": gate.reminders, "stale": gate.stale}
    if gate.escalated is not None:
        found["escalated_to"] = gate.escalated
    return found


def event_json(seq: int, event: Fact, at_ms: int, fields: dict[str, Any]) -> dict[str, Any]:
    """One event of the log as people and programs see it: its number, name and time, then its own fields."""
    return {"seq": seq, "event": event.kind, "at_ms": at_ms, **fields}
