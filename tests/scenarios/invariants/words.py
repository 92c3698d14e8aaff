"""Which facts say what, for all invariants."""

from __future__ import annotations

__all__ = ["BOOKKEEPING", "DONE", "ENDED", "LEAVES", "OUTCOMES", "RESETS"]

LEAVES = (
    "run_task_retried", "run_task_requeued", "run_task_continued", "run_recovered", "run_step_repaired",
    "stateful_dead_letter_retry_requeued",
)  # fmt: skip
"""What an operator asks for, and what leaves an ending behind."""
RESETS = (
    *LEAVES, "run_resumed", "run_recovered_from_pause", "approval_gate_reopened", "approval_gate_decided", "node_approval_rollback",
    "loop_iteration_started",
)  # fmt: skip
"""Facts whose `reset_nodes` begin anew."""
DONE = (
    "node_completed", "node_completed_with_warnings", "node_blocked", "node_carried_over", "node_skipped_no_work",
)  # fmt: skip
"""After these a node is not started again unless it is reset."""
OUTCOMES = (
    "node_completed", "node_completed_with_warnings", "node_failed", "node_interrupted", "node_blocked", "node_repair_requested",
    "node_verify_failed",
)  # fmt: skip
"""The endings of attempts; a rollback is one, too, and names no attempt."""
ENDED = (
    "run_completed", "run_blocked", "run_failed", "run_stopped", "run_cancelled", "run_failed_panic", "run_failed_server_restart",
    "run_blocked_corrupt_checkpoint", "stateful_wait_timeout_cancelled_run",
)  # fmt: skip
BOOKKEEPING = (
    "report_written", "run_forked", "worktree_kept", "worktree_removal_begun", "worktree_removed",
    "learning_finalized", "learning_skipped",
)  # fmt: skip
"""What may follow on an ending without leaving it."""
