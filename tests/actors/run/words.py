"""Events in a few words, so that a story's course fits on a line."""

from __future__ import annotations

from actors.dead_letter.events import DeadLetterRetryRequeued
from actors.entity import Fact
from actors.gate import events as gate
from actors.node import events as node
from actors.node import findings
from actors.run import course, steering
from actors.run import events as run
from actors.run import flow_events as flow
from actors.wait import events as wait

__all__ = ["say"]


def say(event: Fact) -> str:
    """One event in a few words: what it is, whom it is about, and what tells it from its like."""
    match event:
        case node.NodeStarted(node_id=name, attempt=attempt, instance=instance):
            return f"start {name}{f'.{attempt}' if attempt > 1 else ''}{_at(instance)}"
        case node.NodeRetryBackoffScheduled(node_id=name, releases_run=releases, retry_after_ms=due):
            return f"{'release' if releases else 'backoff'} {name} {due}"
        case gate.ApprovalGateOpened(gate_name=name, instance=instance):
            return f"ask {name}{_at(instance)}"
        case wait.WaitNodeRegistrationStarted(node_id=name, wait_kind=what, instance=instance):
            return f"wait {name} {what}{_at(instance)}"
        case wait.WaitTimeoutPausedRun(node_id=name, pauses=pauses):
            return f"needs_person {name}{' paused' if pauses else ''}"
        case flow.GroupCompleted(node_id=name, reason=reason, iterations=turns):
            return f"end {name}" if reason is None else f"end {name} {reason} {turns}"
        case run.FinallyCompleted(failed_nodes=failed):
            return " ".join(["finally_completed", *failed])
    word, *fields = WORDS.get(type(event), (event.kind,))
    return " ".join([word, *(str(getattr(event, name)) for name in fields)])


def _at(instance: int) -> str:
    return f" @{instance}" if instance > 1 else ""


WORDS: dict[type[Fact], tuple[str, ...]] = {
    flow.GroupStarted: ("begin", "node_id"),
    flow.LoopIterationStarted: ("turn", "node_id", "iteration"),
    node.NodeCompleted: ("done", "node_id"),
    node.NodeFailed: ("fail", "node_id", "code", "retry_decision"),
    node.NodeInterrupted: ("interrupt", "node_id", "reason"),
    node.NodeSkipped: ("skip", "node_id", "reason"),
    gate.ApprovalGateVoteRecorded: ("vote", "gate_name", "approvals"),
    gate.ApprovalGateDecided: ("decide", "gate_name", "decision"),
    gate.ApprovalGateExpired: ("expire", "gate_name", "action"),
    gate.ApprovalGateEscalated: ("escalate", "gate_name", "escalated_to"),
    gate.ApprovalGateReminderDue: ("remind", "gate_name", "reminder_count"),
    gate.ApprovalGateMarkedStale: ("stale", "gate_name"),
    gate.ApprovalGateReopened: ("reopen", "node_id"),
    gate.ApprovalGateTransitionGuardDenied: ("deny", "gate_name"),
    findings.NodeBlocked: ("blocked", "node_id"),
    findings.NodeRepairRequested: ("needs_repair", "node_id"),
    findings.NodeVerifyFailed: ("verify_failed", "node_id"),
    findings.NodeApprovalRollback: ("rollback", "node_id"),
    findings.NodeSchemaValidationPaused: ("schema_paused", "node_id"),
    findings.NodeRecovered: ("recovered", "node_id"),
    findings.NodeSkippedNoWork: ("no_work", "node_id"),
    course.RunBlocked: ("run_blocked", "code"),
    course.RunCompletionRepairRequested: ("completion_repair", "missing"),
    course.PhaseOpened: ("phase", "phase_id"),
    course.MilestonePromoted: ("milestone", "milestone_id"),
    steering.RunTaskRetried: ("retried", "node_id"),
    steering.RunTaskRequeued: ("requeued", "node_id"),
    steering.RunTaskContinued: ("continued", "node_id"),
    steering.RunRecovered: ("run_recovered", "reason"),
    steering.RunRecoveredFromPause: ("run_recovered_from_pause", "reason"),
    steering.RunStepRepaired: ("repaired", "node_id", "to_version"),
    steering.RunFinishRequested: ("finish", "reason"),
    steering.RunForked: ("forked", "fork_run_id"),
    steering.NodeCarriedOver: ("carried", "node_id"),
    run.RunFailed: ("run_failed", "code"),
    run.RunFailedServerRestart: ("run_failed_server_restart", "code"),
    run.RunPaused: ("run_paused", "reason"),
    run.RunRequeued: ("run_requeued", "reason"),
    run.RunStopped: ("run_stopped", "reason"),
    run.RunCancelled: ("run_cancelled", "reason"),
    run.FinallyStarted: ("finally", "workflow_outcome"),
    wait.WaitNodeRegistered: ("registered", "node_id"),
    wait.WaitNodeRegistrationFailed: ("not_registered", "node_id", "code"),
    wait.WaitTimerWoken: ("timer_woken", "node_id"),
    wait.WaitConditionResolved: ("resolved", "node_id"),
    wait.WaitWebhookWoken: ("webhook_woken", "node_id"),
    wait.WaitTimeoutCancelled: ("timeout_cancelled", "node_id"),
    wait.WaitTimeoutEscalated: ("timeout_escalated", "node_id"),
    wait.WaitTimeoutReminded: ("timeout_reminded", "node_id"),
    wait.WaitTimeoutResumed: ("timeout_resumed", "node_id"),
    wait.WaitTimedOut: ("timeout_failed", "node_id"),
    wait.WaitWokenRequeued: ("requeued", "node_id"),
    wait.WaitTimeoutCancelledRun: ("cancelled_run", "node_id"),
    wait.WaitWakeRecovered: ("wake_recovered", "node_id"),
    wait.SignalReceived: ("kept", "name"),
    wait.SignalRefused: ("signal_refused", "name"),
    DeadLetterRetryRequeued: ("letters_requeued",),
}
