"""What the ending of a run teaches: learnings that it makes or confirms, and those that have made things worse (spec 8). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from actors.learning.events import LearningApplied, LearningRegressed, LearningsMeasured
from actors.learning.generate import generate
from actors.learning.merging import upsert
from actors.learning.promotion import evaluate_promotion
from actors.learning.record import IN_USE, Learning, Metrics, RunFacts
from actors.learning.regression import evaluate_regression
from actors.learning.run_events import Judged, LearningFinalized
from actors.learning.trying import try_first

if TYPE_CHECKING:
    from actors.learning.policy import Policy
    from actors.learning.step import Step
    from actors.workflow.spec import Workflow

__all__ = ["finalize"]


def finalize(
    step: Step, workflow: Workflow, run: RunFacts, recent: Sequence[RunFacts], metrics: Metrics, policy: Policy
) -> LearningFinalized:  # fmt: skip
    """Steps 4 to 7: what goes into the learning log is emitted, what the run's log says of it is the answer."""
    existing = tuple(step.book.learnings.values())
    decisions: list[Judged] = []
    ids: dict[str, None] = {}
    for new in generate(workflow, run, recent, existing, step.now):
        stored = upsert(step, new, run.run_id)
        ids[stored.learning_id] = None
        if stored.status == "proposed":
            decisions.append(_judge(step, stored, recent, metrics, policy))
    _measure(step, recent, metrics, policy)
    return LearningFinalized(tuple(ids), metrics, tuple(decisions))


def _judge(step: Step, stored: Learning, recent: Sequence[RunFacts], metrics: Metrics, policy: Policy) -> Judged:
    decision = evaluate_promotion(stored, metrics, policy)
    if decision.decision == "auto_apply" and policy.verify:
        decision = try_first(step, stored, recent, policy.verify_runs)
    if decision.decision == "auto_apply":
        step.emit(LearningApplied(step.book.workflow_id, stored.learning_id, stored.kind, stored.confidence, metrics))
    return Judged(stored.learning_id, decision.decision, decision.reason_code)


def _measure(step: Step, recent: Sequence[RunFacts], metrics: Metrics, policy: Policy) -> None:
    """Those in use are measured; an applied one since which the workflow does worse is regressed."""
    found = [one for one in _in_use(step.book.learnings.values()) if one.baseline_before is not None]
    if not found:
        return
    workflow_id = step.book.workflow_id
    step.emit(LearningsMeasured(workflow_id, tuple(one.learning_id for one in found), metrics))
    for one in found:
        baseline = one.baseline_before
        if one.status != "applied" or baseline is None:
            continue
        post = sum(run.finished_at_ms is not None and run.finished_at_ms > baseline.computed_at_ms for run in recent)
        verdict = evaluate_regression(baseline, metrics, post, policy)
        if verdict.verdict == "regressed":
            step.emit(LearningRegressed(workflow_id, one.learning_id, one.kind, verdict.reason_code, baseline, metrics, post))


def _in_use(learnings: Iterable[Learning]) -> list[Learning]:
    return sorted([one for one in learnings if one.status in IN_USE], key=lambda one: (one.created_at_ms, one.learning_id))
