"""From the fold of a run to what the rules of learning need of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from actors.campaign.summaries import outputs_of
from actors.learning.record import RunFacts
from actors.run.status import completed_nodes
from actors.workflow.spec_agent import Agent

if TYPE_CHECKING:
    from actors.run.state import RunState

__all__ = ["facts_of", "slim"]

LONGEST_REASON = 500


def facts_of(state: RunState) -> RunFacts:
    """All of it. An output in which no status stands has that of its node; what an agent said last is a text, and its file a path."""
    return RunFacts(
        run_id=state.run_id, workflow_id=state.workflow_id, status=state.status, detail=state.detail,
        completed_nodes=tuple(completed_nodes(state)),
        node_attempts={node_id: node.attempt for node_id, node in state.nodes.items() if node.attempt},
        node_outputs=tuple(_outputs(state)), last_failure=_failure(state), gate_history=tuple(state.gate_history),
        stop_kind=state.stop_kind, created_at_ms=state.created_at_ms, started_at_ms=state.started_at_ms,
        finished_at_ms=state.finished_at_ms,
    )  # fmt: skip


def _failure(state: RunState) -> Mapping[str, Any] | None:
    """The reason is what was said of the failure, where the record has a code for it. The run's own name is another each time."""
    failure = state.last_failure
    node = None if failure is None else state.nodes.get(str(failure["node_id"]))
    if failure is None or node is None or node.error is None or not node.error.message:
        return failure
    return {**failure, "reason": node.error.message[:LONGEST_REASON].replace(state.run_id, "RUN")}


def _outputs(state: RunState) -> Iterator[tuple[str, Mapping[str, Any]]]:
    judged = outputs_of(state)
    for node_id, node in state.nodes.items():
        output = judged.get(node_id)
        if isinstance(output, str) and isinstance(state.plan.nodes[node_id].action, Agent):
            output = {"text": output}
        if isinstance(output, Mapping):
            told: dict[str, Any] = {"status": node.status} if node.artifact is None else {"status": node.status, "path": node.artifact.path}
            yield node_id, {**told, **output}


def slim(facts: RunFacts) -> RunFacts:
    """What is kept of a run whose ending was looked at: enough for metrics and for the signature of its failure."""
    return evolve(facts, completed_nodes=(), node_outputs=tuple((node_id, _judged(output)) for node_id, output in facts.node_outputs))


def _judged(output: Mapping[str, Any]) -> dict[str, Any]:
    summary = output.get("validator_summary")
    told = {"validator_summary": {"outcome": summary.get("outcome")}} if isinstance(summary, Mapping) else {}
    return {"status": output.get("status"), **told}
