"""What a run could be that a node of another one begins, and how the runs stand that it has begun: answers to what the rules ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from attrs import evolve

from actors.agent.binding import handed_down
from actors.flow.results import Result
from actors.library.record import fold_workflow, workflow_paused, workflow_stream
from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.run.admission import prepare
from actors.run.logbook import CorruptLog, fold_log
from actors.run.messages import Admit, Origin, Parent
from actors.sub_run.bubbling import Left, left_by
from actors.sub_run.door import ChildBirth, ChildStanding
from actors.sub_run.row import PARENT_PAUSED, RESTS, TERMINAL
from storage import StorageError

if TYPE_CHECKING:
    from actors.run.plan import Plan
    from actors.run.state import RunState
    from actors.services import Services
    from actors.sub_run.door import HowStands, NewChild
    from actors.sub_run.row import Pinned

__all__ = ["child_of", "standing_of"]


def child_of(services: Services, state: RunState, workdir: str, wanted: NewChild) -> ChildBirth | Refusal:
    """`workdir` is where the run of the node works: so does the child, unless its own workflow names a folder."""
    pinned = next((one for one in state.pinned if one.workflow_id == wanted.workflow), None)
    if pinned is None:
        text = f"This run was made before it knew that {wanted.workflow} would be asked for. Start a new run of {state.workflow_id}."
        return Refusal("sub_workflow_load_failed", text, {"workflow": wanted.workflow, "in_workflow": state.workflow_id})
    try:
        plan = services.plans.get(pinned.digest)
    except VersionMissing as error:
        return Refusal("workflow_version_missing", str(error), {"digest": pinned.digest})
    if fold_workflow(wanted.workflow, services.store.journal.read(workflow_stream(wanted.workflow))).paused:
        return workflow_paused(wanted.workflow)
    if state.workspace is None:
        Path(workdir).mkdir(mode=0o700, parents=True, exist_ok=True)  # else it is there when something of the parent needs it first
    run_id = services.ids.new("run")
    prepared = prepare(services, _admit(state, workdir, wanted, pinned, plan, run_id), plan)
    if isinstance(prepared, Refusal):
        return prepared
    return ChildBirth(run_id, evolve(prepared[1], started_by=state.started_by), plan.workflow)


def _admit(state: RunState, workdir: str, wanted: NewChild, pinned: Pinned, plan: Plan, run_id: str) -> Admit:
    parent = Parent(state.run_id, wanted.node_id, state.root_run_id or state.run_id, state.depth + 1)
    own_folder = plan.workflow.workspace_root is not None
    origin = Origin(
        run_id, workspace=None if own_folder else workdir, campaign_id=state.campaign_id, parent=parent, pinned=state.pinned,
        roots=state.roots,
    )  # fmt: skip
    return Admit(
        workflow_id=pinned.workflow_id, version=pinned.version, digest=pinned.digest, inputs=orjson.loads(wanted.inputs), by=None,
        request=None, priority=state.priority, trigger_type="sub_run", cwd=workdir, origin=origin, profile=state.profile,
        personas=handed_down(state.binding, plan.workflow), defaults=state.defaults.below(state.plan.nodes[wanted.node_id]),
    )  # fmt: skip


def standing_of(services: Services, question: HowStands) -> ChildStanding:
    """How the run stands, as the catalog has it; of one that has ended, or come to rest, also what its log says."""
    run_id = question.run_id
    line = services.store.catalog.get(run_id)
    if line is None or line.kind != "run":
        return ChildStanding("cancelled", missing=True)
    if line.facts.get("pause_reason") == PARENT_PAUSED:
        return ChildStanding(line.status, held=True)
    if line.status not in TERMINAL and not (line.status in RESTS and question.moving):
        return ChildStanding(line.status)
    try:
        state = fold_log(services, run_id)
    except (CorruptLog, LookupError, StorageError):
        return ChildStanding(line.status, code="run_log_unreadable")
    detail = state.detail or {}
    return ChildStanding(
        line.status, code=str(detail.get("code", "")), message=_words(state), output=state.output, used=state.usage,
        left=left_by(state) if line.status == "completed" else Left(), last_output=_last_output(state),
    )  # fmt: skip


def _last_output(state: RunState) -> Any:
    """The structured output of the last of its nodes that has one, in the order of the walk."""
    found = [one for one in state.results.values() if one.structured_output is not None]

    def place(one: Result) -> int:
        node = state.nodes.get(one.node_id)  # results of runs below it are among its own
        return 0 if node is None else node.position or 0

    return max(found, key=place).structured_output if found else None


def _words(state: RunState) -> str:
    """What went wrong in it, in a sentence of its own."""
    failed = [node_id for node_id in state.failures if state.nodes[node_id].error is not None]
    if failed and (error := state.nodes[failed[0]].error) is not None:
        return f"{failed[0]}: {error.code}: {error.message}"
    return str((state.detail or {}).get("text", "") or state.stop_reason or "")
