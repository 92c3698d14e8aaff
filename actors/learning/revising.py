"""What was learned becomes the draft of a workflow's next version, and a person stores it (learning spec 9.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

from actors.learning.decided import Decided
from actors.learning.declined import Declined
from actors.learning.derive import project_id
from actors.learning.drafting import CREATOR, definition_of, draft, goal, notes, title
from actors.learning.plan import Preview, bundle_of, preview
from actors.learning.promoting import found_in_use
from actors.learning.record import Learning
from actors.learning.revision import Revision
from actors.learning.revision_events import PlanBundleMissing, RevisionPut, RevisionSpawned, RevisionStored
from actors.learning.view import learning_json, shortened
from actors.workflow.canonical import decode
from actors.workflow.problems import WorkflowInvalid
from storage.codec import canonical

if TYPE_CHECKING:
    from actors.learning.messages import PutRevision, SpawnRevision
    from actors.learning.step import Step
    from actors.learning.world import World
    from actors.library.record import Version
    from actors.refusals import Principal, Refusal
    from actors.workflow.spec import Workflow

__all__ = ["put_revision", "spawn_revision"]

KINDS = ("prompt_patch", "graph_patch")
NO_PLAN = (
    "The workflow {workflow_id} carries no plan, so nothing can be drafted from this {kind}. Put one into its metadata, as "
    "plan_package_bundle or plan_package, and store the workflow."
)


def spawn_revision(world: World, asked: SpawnRevision, by: Principal, now: int) -> Decided:
    """Each call makes a session of its own. Nothing changes for runs. Without a plan that is noted, and the call refused."""
    learning = found_in_use(world, asked.learning_id, KINDS)
    version = world.version(learning.workflow_id)
    present = None if version is None else world.workflow(learning.workflow_id)
    if version is None or present is None:
        raise Declined("workflow_not_found", workflow_id=learning.workflow_id)
    step, bundle = world.step(learning.workflow_id, now), bundle_of(present)
    if bundle is None:
        return _without_plan(step, learning)
    found = preview(bundle, present, world.lacks)
    if found.workflow is None:
        detail = found.validation["problems"][0]["message"]
        raise Declined("incompatible_plan_bundle", workflow_id=learning.workflow_id, ok=False, detail=detail, validation=found.validation)
    session = _session(step, learning, found, found.workflow, version, asked)
    step.emit(RevisionStored(learning.workflow_id, session.session_id, session))
    baseline = world.metrics(learning.workflow_id, now) if learning.baseline_before is None else None
    reviewer = (asked.reviewer_id or "").strip() or None
    step.emit(RevisionSpawned(learning.workflow_id, learning.learning_id, session.session_id, reviewer, baseline))
    reply = {"ok": True, "learning": learning_json(step.book.learnings[learning.learning_id]), "session": asdict(session)}
    return Decided(step, learning.learning_id, reply, lost="plan_session_not_stored")


def put_revision(world: World, asked: PutRevision, by: Principal, now: int) -> Decided:
    """The newest draft of the learning becomes the workflow's newest version, unless that has changed since it was drafted."""
    learning = world.shelf.find(asked.learning_id)
    if learning is None:
        raise Declined("learning_not_found", learning_id=asked.learning_id)
    step = world.step(learning.workflow_id, now)
    session = step.book.revisions.get(learning.last_revision_session_id or "")
    if session is None:
        raise Declined("revision_not_found", learning_id=learning.learning_id)
    if session.put_version is not None:
        return Decided(step, learning.learning_id, _put(session, str(session.put_digest)))
    version = world.version(learning.workflow_id)
    if version is None:
        raise Declined("workflow_not_found", workflow_id=learning.workflow_id)
    if version.digest != session.draft["base_digest"]:
        raise Declined("revision_overtaken", learning_id=learning.learning_id, base=session.draft["base_version"], found=version.version)
    try:
        workflow = decode(canonical(session.draft["definition"]))
    except WorkflowInvalid as wrong:
        raise Declined("revision_invalid", learning_id=learning.learning_id, detail=wrong.problems[0].message) from None
    offered = world.offered(workflow)
    step.emit(RevisionPut(learning.workflow_id, session.session_id, offered.version, offered.digest, str(by)))
    return Decided(step, learning.learning_id, _put(step.book.revisions[session.session_id], offered.digest), store=workflow)


def _put(session: Revision, digest: str) -> dict[str, Any]:
    named = {"workflow_id": session.workflow_id, "version": session.put_version, "digest": digest}
    return {"ok": True, "session_id": session.session_id, "workflow": named}


def _without_plan(step: Step, learning: Learning) -> Decided:
    step.emit(PlanBundleMissing(learning.workflow_id, learning.learning_id, learning.kind))
    detail = NO_PLAN.format(workflow_id=learning.workflow_id, kind=learning.kind)
    told = learning_json(step.book.learnings[learning.learning_id])
    refusal: Refusal = Declined("needs_plan_bundle", ok=False, error="needs_plan_bundle", detail=detail, learning=told).refusal
    return Decided(step, learning.learning_id, refusal)


def _session(
    step: Step, learning: Learning, found: Preview, planned: Workflow, version: Version, asked: SpawnRevision
) -> Revision:  # fmt: skip
    session_id = step.new("wfplan-session")
    changed, changes = draft(planned, learning, session_id, step.now)
    return Revision(
        session_id=session_id, workflow_id=learning.workflow_id, project_slug=project_id(planned), title=title(learning, asked.title),
        goal=goal(planned, learning), notes=notes(learning), workspace=planned.workspace_root,
        draft={
            "creator": (asked.reviewer_id or "").strip() or CREATOR, "base_version": version.version, "base_digest": version.digest,
            "definition": definition_of(changed), "changes": changes,
        },
        import_validation=found.validation,
        operator_preferences={
            "learning_id": learning.learning_id, "requested_change_type": learning.kind, "fingerprint": learning.fingerprint,
            "run_ids": list(shortened(learning).run_ids),
        },
        created_at_ms=step.now,
    )  # fmt: skip
