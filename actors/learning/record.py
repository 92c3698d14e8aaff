"""Learnings, the metrics of a workflow, and what rules need of a run (learning spec 2 and 3). Pure.

Times are epoch milliseconds, rates lie between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import Factory, frozen

from actors.gate.record import GateRecord

__all__ = [
    "IN_USE", "KINDS", "STATUSES", "Decision", "Kind", "Learning", "Metrics", "RunFacts", "RunLearning", "Status", "Verdict",
]  # fmt: skip

Kind = Literal["memory_fact", "repair_hint", "prompt_patch", "graph_patch"]
Status = Literal["proposed", "approved", "rejected", "applied", "superseded", "regressed"]

KINDS: Final[tuple[Kind, ...]] = ("memory_fact", "repair_hint", "prompt_patch", "graph_patch")
"""In the order in which they are generated."""
STATUSES: Final[tuple[Status, ...]] = ("proposed", "approved", "rejected", "applied", "superseded", "regressed")
IN_USE: Final = frozenset(("approved", "applied"))
"""Learnings of these are told to later runs, and measured."""


@frozen
class Metrics:
    """How the newest runs of a workflow went (spec 5), computed at that moment. `sample_size` is how many of them had ended."""

    sample_size: int = 0
    completion_rate: float = 0.0
    validation_pass_rate: float = 0.0
    mean_attempts_per_node: float = 0.0
    repairable_failure_rate: float = 0.0
    median_wall_clock_ms: int = 0
    human_intervention_count: int = 0
    computed_at_ms: int = 0


@frozen
class Learning:
    """One candidate improvement (spec 3.1).

    `source_run_id` is the run that produced it first, `run_ids` are all that did. `node_id`, `node_kind` and `validator_family` stand
    where it comes from a failure. `baseline_before` is how the workflow did before people, or the policy, began to use it.
    """

    learning_id: str
    workflow_id: str
    project_id: str
    source_run_id: str
    kind: Kind
    summary: str
    fingerprint: str
    status: Status = "proposed"
    confidence: float = 0.0
    node_id: str | None = None
    node_kind: str | None = None
    validator_family: str | None = None
    evidence_refs: tuple[Any, ...] = ()
    artifact_refs: tuple[str, ...] = ()
    proposed_memory_payload: Any = None
    proposed_revision_prompt: str | None = None
    source_memory_id: str | None = None
    promoted_memory_id: str | None = None
    needs_plan_bundle: bool = False
    baseline_before: Metrics | None = None
    latest_observed_metrics: Metrics | None = None
    last_revision_session_id: str | None = None
    run_ids: tuple[str, ...] = ()
    created_at_ms: int = 0
    updated_at_ms: int = 0


@frozen
class RunLearning:
    """A run's share in learning (spec 3.3): what it generated, what it was told, and how its workflow did after it."""

    generated_learning_ids: tuple[str, ...] = ()
    injected_learning_ids: tuple[str, ...] = ()
    approved_learning_ids_considered: tuple[str, ...] = ()
    post_run_metrics: Metrics | None = None


@frozen
class Decision:
    """What the promotion policy says of a learning; `text` names the numbers that were compared."""

    decision: Literal["auto_apply", "require_human_review", "block"]
    reason_code: str
    text: str = ""


@frozen
class Verdict:
    """Whether a workflow does worse since a learning is applied; `reason_code` where it does."""

    verdict: Literal["insufficient", "healthy", "regressed"]
    reason_code: str = ""


@frozen
class RunFacts:
    """What rules need of a run.

    `completed_nodes` stand in the order of their ends. `node_outputs` are (node id, output) in the flow's node order, iterations of a
    group behind them by id; outputs that are no objects are not among them. `last_failure` has node_id, reason and failed_at_ms, `detail` a
    code and perhaps a text.
    """

    run_id: str
    workflow_id: str
    status: str
    detail: Mapping[str, Any] | None = None
    completed_nodes: tuple[str, ...] = ()
    node_attempts: Mapping[str, int] = Factory(dict)
    node_outputs: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    last_failure: Mapping[str, Any] | None = None
    gate_history: tuple[GateRecord, ...] = ()
    stop_kind: str | None = None
    created_at_ms: int = 0
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
