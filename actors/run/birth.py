"""What a run could be that is forked from another: its name, its folder, and what it would find of the results that it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from actors.node.artifact import digest_of, put_back
from actors.node.contained import NotContained
from actors.refusals import Refusal
from actors.run.admission import prepare
from actors.run.forking import Birth, NewRun
from actors.run.messages import Admit, Origin
from actors.workflow.template import references
from storage import StorageError

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.services import Services

__all__ = ["birth_of", "bring_back"]


def birth_of(services: Services, state: RunState, workdir: str, wanted: NewRun) -> Birth | Refusal:
    """`workdir` is where the run that has ended worked."""
    changed: dict[str, Any] = orjson.loads(wanted.inputs)
    shared = _original_workspace(state) if _same_folder(state, changed) else None
    start = state.worktree.place.branch if state.worktree is not None else None
    origin = Origin(services.ids.new("run"), forked_from=state.run_id, workspace=shared, start=start)
    admit = Admit(
        workflow_id=state.workflow_id, version=state.version, digest=state.digest, inputs={**state.inputs, **changed}, by=wanted.by,
        request=None, priority=state.priority, trigger_type="fork", cwd=wanted.cwd, origin=origin,
        personas={one.role: one.persona for one in state.binding if one.source != "file"}, defaults=state.defaults,
    )  # fmt: skip
    prepared = prepare(services, admit, state.plan)
    if isinstance(prepared, Refusal):
        return prepared
    _, created, _, reply = prepared
    there = workdir if shared is not None and state.worktree is None else None
    lost = frozenset(node_id for node_id in state.plan.body.order if _lost(services, state, node_id, there))
    return Birth(origin.run_id, created, tuple(reply["warnings"]), lost)


def _original_workspace(state: RunState) -> str | None:
    """The folder that the run was given; where it works in a worktree, the one that this is made of."""
    if state.worktree is None or state.workspace is None:
        return state.workspace
    place = state.worktree.place
    return str(Path(place.repository) / Path(state.workspace).relative_to(place.path))


def _same_folder(state: RunState, changed: dict[str, Any]) -> bool:
    """Whether the fork works where the other one worked: its folder is named by nothing that is another now."""
    paths = [lookup.path for lookup in references([state.plan.workflow.workspace_root or ""])]
    return not any(path[0] != "inputs" or len(path) < 2 or path[1] in changed for path in paths)


def _lost(services: Services, state: RunState, node_id: str, workdir: str | None) -> bool:
    """`workdir`: where the file may still lie, if the fork works there, too."""
    artifact = state.nodes[node_id].artifact
    if artifact is None or services.store.blobs.has(artifact.sha256):
        return False
    return workdir is None or digest_of(workdir, artifact.path) != artifact.sha256


def bring_back(services: Services, state: RunState, workdir: str) -> str | None:
    """Before a fork begins: put artifacts that it keeps where its nodes look for them, unless something lies there.

    Answers what is wrong, if one of them cannot be put there.
    """
    for node_id in state.plan.body.order:
        node = state.nodes[node_id]
        if node.artifact is None or node.attempt > 0 or digest_of(workdir, node.artifact.path) is not None:
            continue
        try:
            Path(workdir).mkdir(mode=0o700, parents=True, exist_ok=True)
            put_back(workdir, node.artifact.path, services.store.blobs.get(node.artifact.sha256))
        except (NotContained, OSError, StorageError) as error:
            return f"The artifact {node.artifact.path} of {node_id}, which it keeps, cannot be put back: {error}"
    return None
