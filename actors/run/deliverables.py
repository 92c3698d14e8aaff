"""What must be there before a run says that it is complete: files that were promised, receipts of what went out (runs spec 6.8). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import frozen

from actors.run.caps import cap_of, spent_by
from actors.run.course import RunCompletionRepairRequested
from actors.run.state import Conclusion, RunState
from actors.run.turn import UNKNOWN, Turn

__all__ = ["Deliverable", "Found", "assert_completion"]

Found = Literal["missing", "empty", "there"]
RECEIPTS = {"email": ("success", "sent"), "outbound_action": ("executed",)}
"""Kinds of contract that promise an effect outside, and the words of a receipt that says it happened."""


@frozen
class Deliverable:
    """The question what stands at a path of the working folder: `missing`, `empty` (nothing of worth in it) or `there`."""

    path: str


@frozen
class _Promise:
    """Something that should be there, and the node that owes it (None: nobody does)."""

    name: str
    owner: str | None
    kept: bool


def assert_completion(turn: Turn) -> Conclusion | None:
    """The conclusion of a run whose nodes are all done; None while it must be looked at, or when nodes run again for it."""
    promises = list(_promises(turn))
    if turn.questions:
        return None
    broken = [promise for promise in promises if not promise.kept]
    if not broken:
        return Conclusion("completed", "run_completed")
    missing = tuple(promise.name for promise in broken)
    owners = [promise.owner for promise in broken]
    again = tuple(dict.fromkeys(owner for owner in owners if owner is not None and _may_run_again(turn.state, owner)))
    if len(again) == len(set(owners)):
        turn.emit(RunCompletionRepairRequested(node_ids=again, missing=missing))
        return None
    names = tuple(sorted({owner for owner in owners if owner is not None}))
    return Conclusion("failed", "completion_assertion_failed", names, missing)


def _may_run_again(state: RunState, node_id: str) -> bool:
    spec = state.plan.nodes[node_id]
    return spent_by(state, node_id) < cap_of(state, node_id) and spec.effect != "once"


def _promises(turn: Turn) -> Iterator[_Promise]:
    state = turn.state
    done = [node_id for node_id in state.plan.body.order if state.nodes[node_id].status == "completed"]
    for node_id in done:
        contract, artifact = state.plan.nodes[node_id].contract, state.nodes[node_id].artifact
        if artifact is not None:
            found = turn.ask(Deliverable(artifact.path))
            # A file without a contract is only promised to exist: a mark may be empty.
            yield _Promise(artifact.path, node_id, found is UNKNOWN or found == "there" or (contract is None and found == "empty"))
        if contract is not None and contract.kind in RECEIPTS:
            yield _Promise(f"{node_id}.receipt", node_id, _receipt(state.nodes[node_id].output) in RECEIPTS[contract.kind])
    for path in state.plan.workflow.output_targets:
        found, owner = turn.ask(Deliverable(path)), _owner(state, done, path)
        yield _Promise(path, owner, found is UNKNOWN or (found == "there" and owner is not None))


def _receipt(output: Any) -> str:
    receipt = output.get("receipt") if isinstance(output, Mapping) else None
    status = receipt.get("status") if isinstance(receipt, Mapping) else receipt
    return status.strip().lower() if isinstance(status, str) else ""


def _owner(state: RunState, done: list[str], path: str) -> str | None:
    """The last node that made the file, or else speaks of it."""
    made = [node_id for node_id in done if (artifact := state.nodes[node_id].artifact) is not None and artifact.path == path]
    spoken = [node_id for node_id in done if path in json.dumps(state.nodes[node_id].output, ensure_ascii=False)]
    found = made or spoken
    return found[-1] if found else None
