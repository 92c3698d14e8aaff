"""What is derived from a run and its workflow before anything is learned from it (learning spec 4). Pure.

Order is that of the run's `node_outputs`: the flow's, outputs of unknown nodes last.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from actors.learning.evidence import output_evidence
from actors.learning.texts import digest, normalize_text
from actors.workflow.walk import located

if TYPE_CHECKING:
    from actors.learning.record import RunFacts
    from actors.workflow.spec import Node, Workflow

__all__ = [
    "PLAN_KEYS", "FailureSignature", "artifact_refs", "completed_summary", "failure_signature", "has_plan_bundle", "node_kind",
    "project_id", "validation_pass", "validator_family",
]  # fmt: skip

PLAN_KEYS: Final = ("plan_package_bundle", "plan_package")
"""Keys of a workflow's metadata under which it may carry the plan it was made from."""
PROJECT_KEYS: Final = ("project_id", "project_slug", "workspace_root")
STAGES: Final = frozenset({"orchestrator", "workstream", "review", "test", "approval"})
SPOILED: Final = frozenset({"failed", "blocked", "accepted_with_warnings"})
CODE_TASKS: Final = frozenset({"code_change", "repo_fix", "implementation"})
CODE_SUFFIXES: Final = frozenset(
    "rs ts tsx js jsx py go java kt kts c cc cpp h hpp cs rb php swift scala sh bash zsh".split()  # noqa: SIM905  # 23 words read better so
)
IMPLIED: Final = {"brief": "research_brief", "review": "review_decision", "structured_json": "structured_json"}
MOST_PARTS: Final = 2
SHORTEST_TEXT: Final = 24
"""A text of so many bytes of UTF-8 or fewer sums up nothing."""


@frozen
class FailureSignature:
    """How a run failed, in a form that the next run's failure can be compared with; `summary` says it in words.

    `evidence` is one JSON object, `fingerprint` a digest (learning spec 4.10).
    """

    fingerprint: str
    summary: str
    node_id: str
    node_kind: str | None
    validator_family: str | None
    evidence: Mapping[str, Any]


def project_id(workflow: Workflow) -> str:
    """The project to which the workflow belongs: the first of three metadata keys that is present decides (learning spec 4.1)."""
    named = next((workflow.metadata[key] for key in PROJECT_KEYS if key in workflow.metadata), None)
    return _trimmed(named) or _trimmed(workflow.workspace_root) or workflow.workflow_id


def has_plan_bundle(workflow: Workflow) -> bool:
    """Whether the workflow's metadata have a plan; what stands there is not looked at."""
    return any(key in workflow.metadata for key in PLAN_KEYS)


def node_kind(node: Node | None) -> str | None:
    """The stage that the node is in its mission (`metadata.stage_kind`), lower-case; None where it says none that is known."""
    said = _trimmed(node.metadata.get("stage_kind")).lower() if node is not None else ""
    return said if said in STAGES else None


def validator_family(node: Node | None) -> str | None:
    """The kind of validator that judges the node, lower-case without underscores; None for no node (learning spec 4.6)."""
    return None if node is None else _validator(node).replace("_", "")


def _validator(node: Node) -> str:
    contract = node.contract
    if contract is not None and contract.validator is not None:
        return contract.validator
    if _changes_code(node):
        return "code_patch"
    return IMPLIED.get(contract.kind.strip().lower(), "generic_artifact") if contract is not None else "generic_artifact"


def _changes_code(node: Node) -> bool:
    builder = node.metadata.get("builder")
    if isinstance(builder, Mapping) and any(builder.get(key) in CODE_TASKS for key in ("task_kind", "task_class")):
        return True
    return node.artifact is not None and PurePosixPath(node.artifact.path).suffix.lstrip(".").lower() in CODE_SUFFIXES


def artifact_refs(run: RunFacts) -> tuple[str, ...]:
    """The files that outputs name, each once, as they are named."""
    found: dict[str, None] = {}
    for _, output in run.node_outputs:
        validation = output.get("artifact_validation")
        for path in (output.get("path"), validation.get("path") if isinstance(validation, Mapping) else None):
            if isinstance(path, str) and path.strip():
                found[path] = None
    return tuple(found)


def validation_pass(run: RunFacts) -> bool:
    """Whether the run completed and no validator found anything to say against an output."""
    return run.status == "completed" and not any(_outcome(output) in SPOILED for _, output in run.node_outputs)


def _outcome(output: Mapping[str, Any]) -> str:
    summary = output.get("validator_summary")
    return _lowered(summary.get("outcome")) if isinstance(summary, Mapping) else ""


def completed_summary(run: RunFacts) -> str | None:
    """What completed nodes say of themselves, the first two of them; else the words of the run's detail; else None."""
    parts = [f"{node_id}: {text}" for node_id, output in run.node_outputs if (text := _said(output))][:MOST_PARTS]
    if not parts and run.detail is not None:
        parts = [text] if (text := _trimmed(run.detail.get("text"))) else []
    return " | ".join(parts) or None


def _said(output: Mapping[str, Any]) -> str:
    if _lowered(output.get("status")) != "completed":
        return ""
    text = _trimmed(output.get("text"))
    return _trimmed(output.get("summary")) or (text if len(text.encode()) > SHORTEST_TEXT else "")


def failure_signature(workflow: Workflow, run: RunFacts) -> FailureSignature | None:
    """How the run failed; None where it has no failure, or one whose reason has no word. Its status is not looked at."""
    failure = run.last_failure
    reason = str(failure.get("reason") or "") if failure is not None else ""
    words = normalize_text(reason)
    if failure is None or not words:
        return None
    node_id = str(failure["node_id"])
    node = next((node for _, node in located(workflow) if node.node_id == node_id), None)
    family, kind = validator_family(node), node_kind(node)
    evidence = {
        "run_id": run.run_id, "run_status": run.status, "detail": run.detail, "node_id": node_id, "reason": reason,
        "failed_at_ms": failure.get("failed_at_ms"), "node_attempts": run.node_attempts.get(node_id, 0), "validator_family": family,
        "node_kind": kind, "node_output": _evidence_of(run, node_id), "artifact_refs": list(artifact_refs(run)),
    }  # fmt: skip
    fingerprint = digest(workflow.workflow_id, node_id, family or "unknown", words)
    return FailureSignature(fingerprint, f"Node `{node_id}` keeps failing: {reason.strip()}", node_id, kind, family, evidence)


def _evidence_of(run: RunFacts, node_id: str) -> dict[str, Any] | None:
    output = next((output for named, output in run.node_outputs if named == node_id), None)
    return None if output is None else output_evidence(output)


def _trimmed(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _lowered(value: object) -> str:
    return value.lower() if isinstance(value, str) else ""
