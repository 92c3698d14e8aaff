"""The facts about how an output under a contract came to be, in the order of runs spec 18.3. For readers; they change no state. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actors.entity import Fact
from actors.node import findings as node
from actors.run.findings import Finding
from actors.run.state import RunState

__all__ = ["details_of"]

MOST_CANDIDATES = 20


def details_of(state: RunState, node_id: str, output: Any, finding: Finding) -> Iterator[Fact]:
    """The detail facts of one attempt's output."""
    contract = state.plan.nodes[node_id].contract
    if contract is None or not isinstance(output, Mapping):
        return
    about: dict[str, Any] = {
        "node_id": node_id, "attempt": state.nodes[node_id].attempt, "contract_kind": contract.kind,
        "workflow_class": _word(output, "workflow_class", "artifact"), "phase": _word(output, "phase", "unknown"),
        "status": _word(output, "status", "unknown"), "summary": _word(output, "summary", "")[:500], "reason": finding.reason[:500],
        "failure_kind": finding.failure_kind,
    }  # fmt: skip
    yield node.WorkflowStateChanged(**about)
    yield from _artifact(output, about)
    yield from _repair(output, about)
    if about["workflow_class"] == "research" and finding.unmet:
        yield node.ResearchCoverageFailed(**about)
    if output.get("verification_expected") is True:
        yield node.VerificationStarted(**about)
        yield (node.VerificationFailed if finding.word == "verify_failed" else node.VerificationPassed)(**about)


def _artifact(output: Mapping[str, Any], about: dict[str, Any]) -> Iterator[Fact]:
    validation = output.get("artifact_validation")
    found = validation if isinstance(validation, Mapping) else {}
    candidates = found.get("candidates")
    for path in candidates[:MOST_CANDIDATES] if isinstance(candidates, list) else ():
        yield node.ArtifactCandidateWritten(**about, path=str(path)[:500])
    if found.get("accepted") is True:
        yield node.ArtifactAccepted(**about)
    if found.get("rejected") is True or output.get("rejected_artifact_reason"):
        yield node.ArtifactRejected(**about)


def _repair(output: Mapping[str, Any], about: dict[str, Any]) -> Iterator[Fact]:
    validation = output.get("artifact_validation")
    found = validation if isinstance(validation, Mapping) else {}
    if found.get("repair_attempted") is True:
        yield node.RepairStarted(**about)
        if found.get("repair_succeeded") is not True:
            yield node.RepairExhausted(**about)


def _word(output: Mapping[str, Any], name: str, default: str) -> str:
    value = output.get(name)
    return value.strip() if isinstance(value, str) and value.strip() else default
