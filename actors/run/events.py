"""The run's own facts: how it began, moved and ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from attrs import Factory, frozen

from actors.entity import Fact
from actors.run.course import RunBlocked
from actors.run.created import RunCreated
from actors.wait.events import WaitTimeoutCancelledRun

__all__ = [
    "ENDINGS", "FinallyCompleted", "FinallyStarted", "ReportWritten", "RunAwaitingApproval", "RunBlockedCorruptCheckpoint",
    "RunCancelRequested", "RunCancelled", "RunCompleted", "RunCreated", "RunExecutionClaimed", "RunFailed", "RunFailedPanic",
    "RunFailedServerRestart", "RunInterruptedShutdown", "RunPauseRequested", "RunPaused", "RunQueuedForResumeAfterRestart",
    "RunRequeued", "RunResumed", "RunStarted", "RunStopped", "RunWaiting",
]  # fmt: skip


@frozen
class RunExecutionClaimed(Fact):
    """A daemon acquired the right to advance the run, for `lease_ms` unless it renews it; `lease_epoch` is its fencing number."""

    kind: ClassVar[str] = "run_execution_claimed"
    claim_id: str
    claimant_id: str
    lease_epoch: int
    lease_ms: int = 30_000


@frozen
class RunStarted(Fact):
    """At the first claim only."""

    kind: ClassVar[str] = "run_started"


@frozen
class RunQueuedForResumeAfterRestart(Fact):
    """The daemon that ran it is gone: `node_ids` are attempts that were lost with it."""

    kind: ClassVar[str] = "run_queued_for_resume_after_restart"
    node_ids: tuple[str, ...] = ()
    reason: str = "server_restart_rehydration"


@frozen
class RunInterruptedShutdown(Fact):
    """The daemon shuts down in order while the run is under way."""

    kind: ClassVar[str] = "run_interrupted_shutdown"
    stop_kind: str = "shutdown"


@frozen
class RunPauseRequested(Fact):
    """Somebody asked for a pause. `pausing`: attempts under way are being ended first, and the run has given its slot back."""

    kind: ClassVar[str] = "run_pause_requested"
    reason: str
    by: str | None = None
    pausing: bool = False


@frozen
class RunPaused(Fact):
    """The run holds. A guard names `value` and `limit`, whole numbers or dollars; held for a review, the failed `node_ids`."""

    kind: ClassVar[str] = "run_paused"
    reason: str
    stop_kind: str | None = None
    value: Any = None
    limit: Any = None
    node_ids: tuple[str, ...] = ()


@frozen
class RunResumed(Fact):
    """An operator let it go on; `limits` are raised budgets of this run. `reset_nodes`: waits that were over and open anew."""

    kind: ClassVar[str] = "run_resumed"
    reason: str
    by: str | None = None
    limits: Mapping[str, Any] = Factory(dict)
    reset_nodes: tuple[str, ...] = ()


@frozen
class RunRequeued(Fact):
    """A due back-off, or a wait that timed out, brings a waiting run back into the queue."""

    kind: ClassVar[str] = "run_requeued"
    reason: str


@frozen
class RunWaiting(Fact):
    """All that is left waits for a time, a signal, a condition or a webhook."""

    kind: ClassVar[str] = "run_waiting"
    wait_ids: tuple[str, ...]
    node_ids: tuple[str, ...] = ()


@frozen
class RunAwaitingApproval(Fact):
    """All that is left waits, and the named gates are open."""

    kind: ClassVar[str] = "run_awaiting_approval"
    gates: tuple[str, ...]


@frozen
class RunCancelRequested(Fact):
    """A started run with clean-up nodes is being cancelled: only those may still start."""

    kind: ClassVar[str] = "run_cancel_requested"
    reason: str
    by: str | None = None
    gate: str | None = None
    wait: str | None = None


@frozen
class RunStopped(Fact):
    """Ending: cancelled by an operator."""

    kind: ClassVar[str] = "run_stopped"
    reason: str
    by: str | None = None
    stop_kind: str = "operator_stopped"


@frozen
class RunCancelled(Fact):
    """Ending: cancelled by a gate's decision or expiry."""

    kind: ClassVar[str] = "run_cancelled"
    reason: str
    node_id: str
    stop_kind: str = "cancelled"


@frozen
class RunCompleted(Fact):
    """Ending: all went well. `output` is the workflow's rendered output."""

    kind: ClassVar[str] = "run_completed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"output"})
    output: Any = None


@frozen
class RunFailed(Fact):
    """Ending: `code` says why, `node_ids` which nodes, sorted. `output`: the plan of a dry run."""

    kind: ClassVar[str] = "run_failed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"output"})
    code: str
    node_ids: tuple[str, ...] = ()
    message: str = ""
    stop_kind: str | None = None
    missing: tuple[str, ...] = ()
    output: Any = None


@frozen
class RunFailedPanic(Fact):
    """Ending: the run's own actor kept crashing; appended in its place."""

    kind: ClassVar[str] = "run_failed_panic"
    message: str
    stop_kind: str = "panic"


@frozen
class RunFailedServerRestart(Fact):
    """Ending: attempts were lost in crashes of the daemon more often than is allowed."""

    kind: ClassVar[str] = "run_failed_server_restart"
    code: str
    node_ids: tuple[str, ...] = ()
    stop_kind: str = "server_restart"


@frozen
class RunBlockedCorruptCheckpoint(Fact):
    """Ending: the log cannot be folded; `message` says where it breaks."""

    kind: ClassVar[str] = "run_blocked_corrupt_checkpoint"
    message: str


@frozen
class FinallyStarted(Fact):
    """The body is over; clean-up begins. `status`, `code`, `node_ids` and `missing` are what the run will end with."""

    kind: ClassVar[str] = "finally_started"
    workflow_status: str
    workflow_outcome: str
    status: Literal["", "completed", "blocked", "failed"] = ""
    code: str = ""
    node_ids: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@frozen
class FinallyCompleted(Fact):
    """Clean-up is over; its failures are named and change nothing."""

    kind: ClassVar[str] = "finally_completed"
    failed_nodes: tuple[str, ...] = ()


@frozen
class ReportWritten(Fact):
    """Bookkeeping after the ending: where the final report lies."""

    kind: ClassVar[str] = "report_written"
    path: str


ENDINGS: tuple[type[Fact], ...] = (
    RunCompleted, RunBlocked, RunFailed, RunFailedPanic, RunFailedServerRestart, RunStopped, RunCancelled, WaitTimeoutCancelledRun,
    RunBlockedCorruptCheckpoint,
)  # fmt: skip
