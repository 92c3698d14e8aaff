"""What operators do to a run beside holding and ending it: retry, recover, repair, requeue, continue, finish, fork. Facts."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from actors.entity import Fact
from actors.gate.record import GateRecord
from actors.node.messages import ArtifactFact

__all__ = [
    "NodeCarriedOver", "RunFinishRequested", "RunForked", "RunRecovered", "RunRecoveredFromPause", "RunStepRepaired", "RunTaskContinued",
    "RunTaskRequeued", "RunTaskRetried",
]  # fmt: skip


@frozen
class RunTaskRetried(Fact):
    """An operator retries `node_id`: it and everything behind it (`reset_nodes`, sorted) begin anew."""

    kind: ClassVar[str] = "run_task_retried"
    node_id: str
    reset_nodes: tuple[str, ...]
    reason: str = "retried_by_operator"
    by: str | None = None


@frozen
class RunRecovered(Fact):
    """A run that failed or was blocked goes on: what kept it from that begins anew (`reset_nodes`, sorted)."""

    kind: ClassVar[str] = "run_recovered"
    reset_nodes: tuple[str, ...]
    reason: str = "recovered_by_operator"
    by: str | None = None


@frozen
class RunRecoveredFromPause(Fact):
    """A held run goes on, and all that is pending has fresh attempts. `reset_nodes`: waits that were over and open anew."""

    kind: ClassVar[str] = "run_recovered_from_pause"
    reason: str = "recovered_from_pause"
    by: str | None = None
    reset_nodes: tuple[str, ...] = ()


@frozen
class RunStepRepaired(Fact):
    """A node got another definition: the run is pinned to the version that has it, the node and all behind it begin anew."""

    kind: ClassVar[str] = "run_step_repaired"
    node_id: str
    from_digest: str
    to_digest: str
    to_version: int
    reset_nodes: tuple[str, ...]
    reason: str = "repaired_by_operator"
    by: str | None = None


@frozen
class RunTaskRequeued(Fact):
    """A node and all behind it begin anew (`reset_nodes`, sorted)."""

    kind: ClassVar[str] = "run_task_requeued"
    node_id: str
    reset_nodes: tuple[str, ...]
    reason: str = "requeued_by_operator"
    by: str | None = None


@frozen
class RunTaskContinued(Fact):
    """A blocked node alone begins anew; what was blocked for its sake may go on behind it."""

    kind: ClassVar[str] = "run_task_continued"
    node_id: str
    reset_nodes: tuple[str, ...]
    reason: str = "continued_by_operator"
    by: str | None = None


@frozen
class RunFinishRequested(Fact):
    """Nothing new starts any more; what is under way ends by itself, clean-up runs, then the run ends as blocked."""

    kind: ClassVar[str] = "run_finish_requested"
    reason: str = "finished_by_operator"
    by: str | None = None


@frozen
class RunForked(Fact):
    """Bookkeeping in the log of the run that was forked; it changes nothing of it."""

    kind: ClassVar[str] = "run_forked"
    fork_run_id: str
    from_nodes: tuple[str, ...] = ()
    by: str | None = None


@frozen
class NodeCarriedOver(Fact):
    """The run has this node's result from another one: that it was forked from, or, in a campaign, the last that did the node.

    Only right behind its creation.

    `gate`: the answer that completed it. It holds for what was shown then, as anywhere else.
    """

    kind: ClassVar[str] = "node_carried_over"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"output", "gate"})
    node_id: str
    status: str
    output: Any = None
    artifact: ArtifactFact | None = None
    skip_reason: str | None = None
    gate: GateRecord | None = None
