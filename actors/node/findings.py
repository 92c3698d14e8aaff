"""The facts of a node whose output is under a contract: what its own words, and those who judged it, made of it (runs spec 6.5, 18.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from actors.entity import Fact
from actors.node.messages import ArtifactFact, Usage

__all__ = [
    "ArtifactAccepted", "ArtifactCandidateWritten", "ArtifactRejected", "NodeApprovalRollback", "NodeBlocked", "NodeRecovered",
    "NodeRepairRequested", "NodeSchemaValidationPaused", "NodeSkippedNoWork", "NodeVerifyFailed", "RepairExhausted", "RepairStarted",
    "ResearchCoverageFailed", "VerificationFailed", "VerificationPassed", "VerificationStarted", "WorkflowStateChanged",
]  # fmt: skip


@frozen
class Judged(Fact):
    """What the facts about an attempt's output share. `reason` is why, in the output's own words."""

    PRIVATE: ClassVar[frozenset[str]] = frozenset({"output"})
    node_id: str
    attempt: int = 1
    instance: int = 1
    reason: str = ""
    output: Any = None
    artifact: ArtifactFact | None = None
    usage: Usage | None = None


@frozen
class NodeBlocked(Judged):
    """It cannot go on, and neither can what depends on it (`affected`, in flow order)."""

    kind: ClassVar[str] = "node_blocked"
    affected: tuple[str, ...] = ()
    category: str = ""


@frozen
class NodeRepairRequested(Judged):
    """Its output needs repair: it runs again, unless it is `exhausted`. `holds`: the run is paused first, since the schema did not fit."""

    kind: ClassVar[str] = "node_repair_requested"
    unmet: tuple[str, ...] = ()
    exhausted: bool = False
    holds: bool = False
    category: str = ""


@frozen
class NodeVerifyFailed(Judged):
    """Its verification failed. `terminal`: no other attempt follows. `dead_letter`: the letter that it leaves then."""

    kind: ClassVar[str] = "node_verify_failed"
    terminal: bool = False
    affected: tuple[str, ...] = ()
    dead_letter: str | None = None


@frozen
class NodeApprovalRollback(Fact):
    """A reviewer did not approve: what it reviewed, and all behind that, begins anew (`reset_nodes`, sorted)."""

    kind: ClassVar[str] = "node_approval_rollback"
    node_id: str
    reset_nodes: tuple[str, ...]
    reason: str = ""
    usage: Usage | None = None


@frozen
class NodeSchemaValidationPaused(Fact):
    """The run is paused: the node's output does not fit its schema."""

    kind: ClassVar[str] = "node_schema_validation_paused"
    node_id: str
    reason: str = "schema_validation_failed"


@frozen
class NodeRecovered(Fact):
    """The node whose failure was the run's last one has succeeded."""

    kind: ClassVar[str] = "node_recovered"
    node_id: str


@frozen
class NodeSkippedNoWork(Fact):
    """What it needs had nothing to do, so neither has it."""

    kind: ClassVar[str] = "node_skipped_no_work"
    node_id: str


@frozen
class Detail(Fact):
    """One step of what was made of an output, for readers alone."""

    node_id: str
    attempt: int = 1
    contract_kind: str = "generic_artifact"
    workflow_class: str = "artifact"
    phase: str = "unknown"
    status: str = "unknown"
    summary: str = ""
    reason: str = ""
    failure_kind: str | None = None
    event_contract_version: int = 1


@frozen
class WorkflowStateChanged(Detail):
    """The output says in which phase and status its work is."""

    kind: ClassVar[str] = "workflow_state_changed"


@frozen
class ArtifactCandidateWritten(Detail):
    """A candidate for the artifact was written."""

    kind: ClassVar[str] = "artifact_candidate_written"
    path: str = ""


@frozen
class ArtifactAccepted(Detail):
    """An artifact was accepted."""

    kind: ClassVar[str] = "artifact_accepted"


@frozen
class ArtifactRejected(Detail):
    """An artifact was rejected."""

    kind: ClassVar[str] = "artifact_rejected"


@frozen
class RepairStarted(Detail):
    """A repair was begun."""

    kind: ClassVar[str] = "repair_started"


@frozen
class RepairExhausted(Detail):
    """No repair is left."""

    kind: ClassVar[str] = "repair_exhausted"


@frozen
class ResearchCoverageFailed(Detail):
    """Research did not cover what it had to."""

    kind: ClassVar[str] = "research_coverage_failed"


@frozen
class VerificationStarted(Detail):
    """A verification was made."""

    kind: ClassVar[str] = "verification_started"


@frozen
class VerificationPassed(Detail):
    """It passed."""

    kind: ClassVar[str] = "verification_passed"


@frozen
class VerificationFailed(Detail):
    """It failed."""

    kind: ClassVar[str] = "verification_failed"
