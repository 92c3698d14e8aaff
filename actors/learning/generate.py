"""The learnings that the ending of a run gives rise to (learning spec 6). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from actors.learning.derive import (
    FailureSignature,
    artifact_refs,
    completed_summary,
    failure_signature,
    has_plan_bundle,
    project_id,
    validation_pass,
)
from actors.learning.record import IN_USE, Kind, Learning, RunFacts
from actors.learning.texts import digest, normalize_text

if TYPE_CHECKING:
    from actors.workflow.spec import Workflow

__all__ = ["generate"]

KEEP = "Keep the parts of the workflow that already validate."


def generate(
    workflow: Workflow, run: RunFacts, recent: Sequence[RunFacts], existing: Sequence[Learning], now: int
) -> list[Learning]:  # fmt: skip
    """In the order of KINDS. `recent` is the window, newest first; `existing` what is known of the workflow before this run."""
    return [*_memory_fact(workflow, run, now), *_of_failure(workflow, run, recent, existing, now)]


def _memory_fact(workflow: Workflow, run: RunFacts, now: int) -> list[Learning]:
    summary = completed_summary(run) if validation_pass(run) else None
    words = normalize_text(summary or "")
    if summary is None or not words:
        return []
    refs = artifact_refs(run)
    evidence = {
        "run_id": run.run_id, "status": run.status, "detail": run.detail, "completed_nodes": list(run.completed_nodes),
        "artifact_refs": list(refs),
    }  # fmt: skip
    return [
        _made(
            workflow, run, now, "memory_fact", 0.65, summary, digest(workflow.workflow_id, "memory_fact", words), evidence_refs=(evidence,),
            artifact_refs=refs, proposed_memory_payload={"content": summary, "classification": "working_memory"},
        )
    ]  # fmt: skip


def _of_failure(
    workflow: Workflow, run: RunFacts, recent: Sequence[RunFacts], existing: Sequence[Learning], now: int
) -> list[Learning]:  # fmt: skip
    """What a failure that was seen before asks for."""
    signature = failure_signature(workflow, run)
    if signature is None:
        return []
    matching = _matching(workflow, signature, run, recent)
    if len(matching) < 2:
        return []
    shared: dict[str, Any] = {
        "node_id": signature.node_id, "node_kind": signature.node_kind, "validator_family": signature.validator_family,
        "evidence_refs": (signature.evidence,), "artifact_refs": artifact_refs(run),
    }  # fmt: skip
    said, mark = signature.summary, signature.fingerprint
    patch = _prompt(workflow, signature, "prompt_patch", f"Affected runs, newest first: {', '.join(matching)}.", _evidence(signature))
    found = [
        _made(
            workflow, run, now, "repair_hint", 0.70, f"{said} -> make the repair instructions more specific before the next retry",
            digest(mark, "repair_hint"), proposed_memory_payload={"content": said, "kind": "repair_hint"}, **shared,
        ),
        _made(
            workflow, run, now, "prompt_patch", 0.75, f"{said} -> rewrite this node's prompt and its repair instructions",
            digest(mark, "prompt_patch"), proposed_revision_prompt=patch, **shared,
        ),
    ]  # fmt: skip
    if len(matching) >= 3 or any(_patched(one, workflow.workflow_id, signature.node_id) for one in existing):
        ways = "Possible ways: split the node, rewire what it needs, or move its gates or its validation."
        found.append(
            _made(
                workflow, run, now, "graph_patch", 0.80, f"{said} -> consider another flow around this node", digest(mark, "graph_patch"),
                proposed_revision_prompt=_prompt(workflow, signature, "graph_patch", ways),
                needs_plan_bundle=not has_plan_bundle(workflow), **shared,
            )
        )  # fmt: skip
    return found


def _matching(workflow: Workflow, signature: FailureSignature, run: RunFacts, recent: Sequence[RunFacts]) -> list[str]:
    """Runs that failed in the same way; this one always counts, also where it has dropped out of the window."""
    found = [
        one.run_id
        for one in recent
        if one.run_id == run.run_id
        or ((other := failure_signature(workflow, one)) is not None and other.fingerprint == signature.fingerprint)
    ]
    return found if run.run_id in found else [*found, run.run_id]


def _patched(one: Learning, workflow_id: str, node_id: str) -> bool:
    return (one.kind, one.workflow_id, one.node_id) == ("prompt_patch", workflow_id, node_id) and one.status in IN_USE


def _prompt(workflow: Workflow, signature: FailureSignature, kind: Kind, *more: str) -> str:
    first = f"Failure fingerprint `{signature.fingerprint}` keeps recurring in workflow `{workflow.workflow_id}`."
    return "\n".join([first, f"Wanted change: {kind}.", KEEP, *more])


def _evidence(signature: FailureSignature) -> str:
    return f"Evidence as JSON: {orjson.dumps([signature.evidence]).decode()}"


def _made(
    workflow: Workflow, run: RunFacts, now: int, kind: Kind, confidence: float, summary: str, fingerprint: str, **more: Any
) -> Learning:  # fmt: skip
    return Learning(
        "", workflow.workflow_id, project_id(workflow), run.run_id, kind, summary, fingerprint, confidence=confidence,
        run_ids=(run.run_id,), created_at_ms=now, updated_at_ms=now, **more,
    )  # fmt: skip
