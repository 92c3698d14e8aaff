"""How the facts about outputs under a contract, phases and milestones change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.node import findings as node
from actors.run import course
from actors.run.fold_artifacts import note_flaw
from actors.run.fold_nodes import fail_for_good, use
from actors.run.node_state import NodeError
from actors.run.resets import reset_nodes
from actors.run.state import RunState

__all__ = ["FINDING_FOLDS"]


def _judged(state: RunState, event: node.Judged, at: int, word: str) -> None:
    """What all of them have in common: the attempt is over, and its output is kept."""
    item = state.nodes[event.node_id]
    state.executing.pop(event.node_id, None)
    item.ended_at_ms, item.output, item.artifact, item.finding = at, event.output, event.artifact, word
    item.verdicts.append((event.instance, event.attempt, word))
    use(state, event.node_id, event.usage)
    note_flaw(state, event.node_id, event.reason)


def _blocked(state: RunState, event: node.NodeBlocked, at: int) -> None:
    _judged(state, event, at, "blocked")
    item = state.nodes[event.node_id]
    item.status, item.error = "blocked", NodeError("node_blocked", event.reason, "contract_miss", at, {}, event.category)
    state.frontier.take(event.node_id)
    _block(state, event.affected)


def _block(state: RunState, node_ids: tuple[str, ...]) -> None:
    for node_id in node_ids:
        state.nodes[node_id].status = "blocked"
        state.backoffs.pop(node_id, None)
        state.frontier.bar(node_id)


def _repair(state: RunState, event: node.NodeRepairRequested, at: int) -> None:
    _judged(state, event, at, "needs_repair")
    item = state.nodes[event.node_id]
    item.status, item.exhausted, item.holds = "pending", event.exhausted, event.holds
    item.error = NodeError("needs_repair", event.reason, "artifact_contract_unmet", at, {"unmet": list(event.unmet)}, event.category)
    if not event.exhausted:
        state.offer(event.node_id)


def _verify_failed(state: RunState, event: node.NodeVerifyFailed, at: int) -> None:
    _judged(state, event, at, "verify_failed")
    item = state.nodes[event.node_id]
    item.error = NodeError("verification_failed", event.reason, "contract_miss", at)
    if not event.terminal:
        item.status = "pending"
        state.offer(event.node_id)
        return
    fail_for_good(state, event.node_id, "verification_failed", "verification_failed", at)
    _block(state, event.affected)


def _rolled_back(state: RunState, event: node.NodeApprovalRollback, at: int) -> None:
    use(state, event.node_id, event.usage)
    reset_nodes(state, event.reset_nodes)
    state.nodes[event.node_id].rollbacks += 1
    state.last_failure = None
    if not state.executing:
        state.status, state.resume_reason = "queued", "approval_rollback"


def _schema_paused(state: RunState, event: node.NodeSchemaValidationPaused, at: int) -> None:
    state.nodes[event.node_id].holds = False
    state.status, state.pause_reason, state.stop_reason = "paused", event.reason, None
    state.detail = {"code": event.reason, "node_id": event.node_id}
    state.last_failure = {
        "node_id": event.node_id, "reason": event.reason, "failed_at_ms": at, "failure_kind": "output_schema_invalid",
    }  # fmt: skip


def _recovered(state: RunState, event: node.NodeRecovered, at: int) -> None:
    state.last_failure = None


def _no_work(state: RunState, event: node.NodeSkippedNoWork, at: int) -> None:
    item = state.nodes[event.node_id]
    item.status, item.ended_at_ms, item.skip_reason = "skipped", at, "upstream_triage_no_work"
    item.output = {
        "status": "skipped", "summary": "upstream_triage_no_work", "triage_skipped": True, "contract_kind": "text_summary",
    }  # fmt: skip
    state.frontier.take(event.node_id)
    state.frontier.settle(event.node_id, succeeded=True)


def _completion_repair(state: RunState, event: course.RunCompletionRepairRequested, at: int) -> None:
    for node_id in event.node_ids:
        item = state.nodes[node_id]
        item.status, item.finding = "pending", "needs_repair"
        item.error = NodeError("missing_required_artifact_path", ", ".join(event.missing), "artifact_contract_unmet", at)
    state.last_failure = {
        "node_id": event.node_ids[0], "reason": "missing_required_artifact_path", "failed_at_ms": at,
        "failure_kind": "missing_required_artifact_path",
    }  # fmt: skip
    state.body.rebuild(state.settled, state.pending, state.begun)


def _phase(state: RunState, event: course.PhaseOpened, at: int) -> None:
    state.phase = event.phase_id


def _milestone(state: RunState, event: course.MilestonePromoted, at: int) -> None:
    state.milestones[event.milestone_id] = None


def _noted(state: RunState, event: Fact, at: int) -> None:
    """A fact for readers alone."""


FINDING_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    node.NodeBlocked: _blocked,
    node.NodeRepairRequested: _repair,
    node.NodeVerifyFailed: _verify_failed,
    node.NodeApprovalRollback: _rolled_back,
    node.NodeSchemaValidationPaused: _schema_paused,
    node.NodeRecovered: _recovered,
    node.NodeSkippedNoWork: _no_work,
    node.WorkflowStateChanged: _noted,
    node.ArtifactCandidateWritten: _noted,
    node.ArtifactAccepted: _noted,
    node.ArtifactRejected: _noted,
    node.RepairStarted: _noted,
    node.RepairExhausted: _noted,
    node.ResearchCoverageFailed: _noted,
    node.VerificationStarted: _noted,
    node.VerificationPassed: _noted,
    node.VerificationFailed: _noted,
    course.RunCompletionRepairRequested: _completion_repair,
    course.PhaseOpened: _phase,
    course.MilestonePromoted: _milestone,
}
