"""What a handoff file says, which of them a workflow wants, in which order, and what its run is given. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from attrs import Factory, frozen

from actors.workflow.names import is_id
from actors.workflow.spec import Workflow
from actors.workflow.triggers import HandoffAvailable, Scope
from storage.strict_json import BadJson, canonical, loads_strict

__all__ = ["LARGEST", "Found", "Handoff", "handoff_stream", "in_scope", "inputs_for", "read_handoff", "reason_of", "wanted"]

LARGEST = 256 << 10
"""Bytes of a handoff file."""
LONGEST = 200


@frozen
class Handoff:
    """The content of a handoff file. `content_path`: what is handed over, relative to the workspace. `inputs`: those of the run.

    `whole` is all of it, with the fields that are for others.
    """

    handoff_id: str
    source_workflow_id: str
    target_workflow_id: str
    artifact_type: str
    created_at_ms: int
    content_path: str | None = None
    inputs: Mapping[str, Any] = Factory(dict)
    whole: Mapping[str, Any] = Factory(dict)


@frozen
class Found:
    """A file of a folder. `stamp` is the same as long as the file is; `problem` says why it cannot be used."""

    file: str
    stamp: tuple[int, ...]
    handoff: Handoff | None = None
    problem: str | None = None


def read_handoff(data: bytes) -> Handoff | str:
    """The handoff, or what is wrong with it. Fields that are not known are passed over: they are for others."""
    try:
        found = loads_strict(data)
    except BadJson as error:
        return f"it is no JSON: {str(error).removeprefix('not JSON: ')}"
    if type(found) is not dict:
        return "it is no JSON object"
    for name in ("handoff_id", "source_workflow_id", "target_workflow_id", "artifact_type"):
        value = found.get(name)
        if type(value) is not str or not 0 < len(value.strip()) <= LONGEST:
            return f"{name} is a text of 1 to {LONGEST} characters"
    for name in ("source_workflow_id", "target_workflow_id"):
        if not is_id(found[name]):
            return f"{name} is no id of a workflow"
    created, path, inputs = found.get("created_at_ms"), found.get("content_path"), found.get("inputs", {})
    if type(created) is not int or created < 0:
        return "created_at_ms is a whole number of milliseconds since 1970"
    if path is not None and not _is_path(path):
        return "content_path is a path inside the workspace, relative to it, without . and .."
    if type(inputs) is not dict:
        return "inputs is a mapping"
    return Handoff(
        found["handoff_id"], found["source_workflow_id"], found["target_workflow_id"], found["artifact_type"], created, path, inputs, found
    )


def _is_path(path: Any) -> bool:
    return type(path) is str and "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def in_scope(scope: Scope, path: str) -> bool:
    """Whether a handoff may name that path: what is denied wins, and an empty list of what is allowed allows all."""
    allowed = not scope.allow or any(_below(path, one) for one in scope.allow)
    return allowed and not any(_below(path, one) for one in scope.deny)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def wanted(workflow_id: str, watches: Iterable[HandoffAvailable], found: Iterable[Found]) -> list[tuple[str, Handoff]]:
    """The files with what the workflow watches for: by the first of its conditions that fits, then the oldest, then by name."""
    mine = [(one.handoff, one.file) for one in found if one.handoff is not None and one.handoff.target_workflow_id == workflow_id]
    mine.sort(key=lambda pair: (pair[0].created_at_ms, pair[1]))
    ordered: dict[str, Handoff] = {}
    for watch in watches:
        ordered |= {file: handoff for handoff, file in mine if file not in ordered and _fits(watch, handoff)}
    return list(ordered.items())


def _fits(watch: HandoffAvailable, handoff: Handoff) -> bool:
    return watch.source_workflow_id in (None, handoff.source_workflow_id) and watch.artifact_type in (None, handoff.artifact_type)


def inputs_for(workflow: Workflow, handoff: Handoff) -> dict[str, Any]:
    """The run's inputs: those that the handoff brings, and of its own fields those that the workflow declares as inputs.

    The input `handoff` is all of it, as JSON text.
    """
    fields = {
        "handoff_id": handoff.handoff_id, "source_workflow_id": handoff.source_workflow_id, "artifact_type": handoff.artifact_type,
        "content_path": handoff.content_path, "handoff": canonical(handoff.whole).decode(),
    }  # fmt: skip
    declared = {given.name for given in workflow.inputs}
    return {name: value for name, value in fields.items() if name in declared and value is not None} | dict(handoff.inputs)


def reason_of(handoff: Handoff) -> str:
    """Why its run begins, in words."""
    return f"handoff {handoff.handoff_id} of {handoff.source_workflow_id} ({handoff.artifact_type})"


def handoff_stream(workspace: str, handoff_id: str) -> str:
    """The name of its log: a handoff of one workspace is used up once."""
    return f"handoff/{sha256(canonical([workspace, handoff_id])).hexdigest()}"
