"""How the facts of nodes change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.node import events as node
from actors.node.events import TOOL_ASKED
from actors.node.messages import Usage
from actors.run.fanning import fan_out_of
from actors.run.flow_events import GROUP_NODES_FAILED
from actors.run.fold_artifacts import note_errors, note_flaw
from actors.run.fold_groups import skip_inside
from actors.run.fold_results import keep_result, lose_result
from actors.run.fold_waits import leave_wait
from actors.run.plan import handler_id
from actors.run.state import SKIPPED_AS_DONE, NodeError, RunState

__all__ = ["NODE_FOLDS", "fail_for_good", "leave_attempts", "use"]

UNSAID = ("provider_transient", "provider_terminal", "timeout", "configuration")
"""Classes of failures that are none of an agent's work: it goes on where it was, and is told nothing."""


def _started(state: RunState, event: node.NodeStarted, at: int) -> None:
    item = state.nodes[event.node_id]
    item.status, item.attempt, item.instance, item.started_at_ms, item.ended_at_ms = "running", event.attempt, event.instance, at, None
    item.idle_ms, item.total_ms = event.idle_ms, event.total_ms
    if item.first_started_at_ms is None:
        item.first_started_at_ms = at
    if item.noted:
        item.output, item.finding, item.noted = None, "", False
    state.take_place(event.node_id)
    state.executing[event.node_id] = None
    if event.node_id in state.plan.fan_outs and (fan_out := fan_out_of(state, event.node_id)) is not None:
        fan_out.take_up(state.children)
    state.backoffs.pop(event.node_id, None)
    state.handlers.pop(event.node_id, None)
    if state.plan.section[event.node_id] != "handler":
        state.frontier.take(event.node_id)


def _completed(state: RunState, event: node.NodeCompleted, at: int) -> None:
    item = state.nodes[event.node_id]
    state.executing.pop(event.node_id, None)
    item.status = "timed_out" if event.timed_out else "completed"
    item.ended_at_ms, item.output, item.artifact, item.error = at, event.output, event.artifact, None
    item.finding, item.exhausted = "", False
    item.verdicts.append((event.instance, event.attempt, event.kind))
    use(state, event.node_id, event.usage)
    keep_result(state, event)
    section = state.plan.section[event.node_id]
    if section != "handler":
        frontier = state.body if section == "body" else state.tail
        frontier.take(event.node_id)
        frontier.settle(event.node_id, succeeded=True)


def _failed(state: RunState, event: node.NodeFailed, at: int) -> None:
    item = state.nodes[event.node_id]
    state.executing.pop(event.node_id, None)
    item.error = NodeError(
        event.code, event.message, event.failure_class, at, event.error_detail, event.category, event.retry_decision
    )  # fmt: skip
    item.ended_at_ms, item.worked_ms = at, 0
    item.verdicts.append((event.instance, event.attempt, event.code))
    use(state, event.node_id, event.usage)
    note_errors(state, event.node_id, event.error_detail)
    if event.failure_class not in UNSAID:
        note_flaw(state, event.node_id, event.message)
    if not event.terminal:
        item.status = "pending"
        state.detail = {"code": "node_retrying", "node_id": event.node_id, "attempt": event.attempt, "max": event.max_attempts}
        state.offer(event.node_id)
        return
    fail_for_good(state, event.node_id, event.code, event.failure_class, at, taken=event.retry_decision != "misconfigured")


def fail_for_good(state: RunState, node_id: str, reason: str, failure_kind: str, at: int, *, taken: bool = True) -> None:
    """No attempt follows: the run has failed, unless the node's `on_fail` takes it, where it may be `taken`."""
    state.nodes[node_id].status = "failed"
    lose_result(state, node_id, "failed")
    state.backoffs.pop(node_id, None)
    state.groups.pop(node_id, None)
    section = state.plan.section[node_id]
    if section == "handler":
        return
    state.frontier.take(node_id)
    mode = state.plan.nodes[node_id].on_fail.mode if taken else "fail"
    if mode == "continue":
        return  # node_skipped follows in the same append and settles it
    recorded = state.failures if section == "body" else state.tail_failures
    if reason != GROUP_NODES_FAILED and node_id not in state.plan.keepers and node_id not in recorded:
        state.last_failure = {"node_id": node_id, "reason": reason, "failed_at_ms": at, "failure_kind": failure_kind}
        recorded.append(node_id)
    if mode == "handler":
        state.handlers[handler_id(node_id)] = None
    state.frontier.settle(node_id, succeeded=False)


def use(state: RunState, node_id: str, usage: Usage | None) -> None:
    """Count what an attempt has used."""
    if usage is not None:
        state.usage += usage
        state.nodes[node_id].used += usage


def _interrupted(state: RunState, event: node.NodeInterrupted, at: int) -> None:
    item = state.nodes[event.node_id]
    state.executing.pop(event.node_id, None)
    item.status, item.ended_at_ms, item.excused = "pending", at, item.excused + 1
    if event.reason == TOOL_ASKED:
        item.put_down, item.worked_ms = item.put_down + 1, item.worked_ms + at - (item.started_at_ms or at)
    else:
        item.worked_ms = 0
    use(state, event.node_id, event.usage)
    if event.reason.startswith("budget_"):
        state.used_up, state.used_value = event.reason, event.value
    if event.reason == "lost":
        item.crashes += 1
    state.offer(event.node_id)


def _skipped(state: RunState, event: node.NodeSkipped, at: int) -> None:
    item = state.nodes[event.node_id]
    item.status, item.ended_at_ms, item.skip_reason = "skipped", at, event.reason
    leave_wait(state, event.node_id)
    if event.node_id in state.plan.children:
        skip_inside(state, event.node_id, event.reason, at)
    state.backoffs.pop(event.node_id, None)
    if event.reason == "on_fail_continue":
        lose_result(state, event.node_id, "skipped")
    state.frontier.bar(event.node_id)  # what it needs may yet be done
    if event.reason in SKIPPED_AS_DONE:
        state.frontier.settle(event.node_id, succeeded=True)


def _backed_off(state: RunState, event: node.NodeRetryBackoffScheduled, at: int) -> None:
    state.backoffs[event.node_id] = event.retry_after_ms
    state.frontier.take(event.node_id)
    if not event.releases_run:
        return
    state.status, state.resume_reason = "queued", "retry_backoff_scheduled"
    state.queue = {
        "queue_reason": "retry_backoff", "queued_at_ms": at, "retry_node_id": event.node_id, "retry_attempt": event.retry_attempt,
        "retry_backoff_ms": event.retry_backoff_ms, "retry_after_ms": event.retry_after_ms, "retry_reason": event.reason,
        "resource_key": f"workflow://{state.workflow_id}/runs/{state.run_id}/nodes/{event.node_id}",
    }  # fmt: skip


def leave_attempts(state: RunState, at: int) -> None:
    """Attempts under way end with their run, without an outcome of their own."""
    for node_id in list(state.executing):
        node = state.nodes[node_id]
        node.status, node.ended_at_ms, node.excused = "pending", at, node.excused + 1
        del state.executing[node_id]
        state.offer(node_id)
    for node_id, node in state.nodes.items():
        if node.asking:  # who asked about a tool asks again when the run begins again
            node.status, node.asking = "pending", False
            state.offer(node_id)


NODE_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    node.NodeStarted: _started,
    node.NodeCompleted: _completed,
    node.NodeCompletedWithWarnings: _completed,
    node.NodeFailed: _failed,
    node.NodeInterrupted: _interrupted,
    node.NodeSkipped: _skipped,
    node.NodeRetryBackoffScheduled: _backed_off,
}
