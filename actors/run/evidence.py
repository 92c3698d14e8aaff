"""What a decision must know of the world: what artifacts before a gate hash to right now, and the answers to its questions."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import trio

from actors.gate.shown import artifacts_before
from actors.node.artifact import digest_of, worth_of
from actors.run.birth import birth_of
from actors.run.deliverables import Deliverable
from actors.run.forking import NewRun
from actors.run.state import RunState
from actors.sub_run.birth import child_of, standing_of
from actors.sub_run.door import HowStands, NewChild
from actors.wait.deliveries import early_delivery
from actors.wait.opening import EarlyDelivery
from actors.workflow.spec import Gate

if TYPE_CHECKING:
    from actors.services import Services

__all__ = ["IN_THREAD", "find_out", "gates_to_check", "gather"]

IN_THREAD = 8 << 20
"""Above this many bytes hashing would hold up the loop."""


def gates_to_check(state: RunState) -> list[str]:
    """Gates that are about to open, and those whose approval is about to be used."""
    plan = state.plan
    if not plan.guards and not plan.eager:
        return []
    found: dict[str, None] = {}
    for node_id in state.frontier.ready:
        if isinstance(plan.nodes[node_id].action, Gate):
            found[node_id] = None
        if state.nodes[node_id].attempt == 0:
            found.update((gate, None) for gate in plan.guards.get(node_id, ()))
    return list(found)


async def gather(state: RunState, workdir: str, gates: Iterable[str]) -> dict[str, str | None]:
    """Node id → SHA-256 of the artifact's file as it is, None when there is no such regular file inside the working folder."""
    wanted = {source: path for gate in gates for source, path in artifacts_before(state, gate)}
    found: dict[str, str | None] = {}
    for source, path in wanted.items():
        artifact = state.nodes[source].artifact
        if artifact is not None and artifact.size > IN_THREAD:
            found[source] = await trio.to_thread.run_sync(digest_of, workdir, path)
        else:
            found[source] = digest_of(workdir, path)
    return found


def find_out(services: Services, state: RunState, workdir: str, questions: Iterable[Hashable]) -> dict[Hashable, Any]:
    """What the world says to the questions of a decision."""
    return {question: _answer(services, state, workdir, question) for question in questions}


def _answer(services: Services, state: RunState, workdir: str, question: Hashable) -> Any:
    match question:
        case EarlyDelivery(row=row):
            return early_delivery(services.store, state.run_id, row, services.clock.now_ms())
        case Deliverable(path=path):
            return worth_of(workdir, path)
        case NewChild():
            return child_of(services, state, workdir, question)
        case HowStands():
            return standing_of(services, question)
        case NewRun():
            return birth_of(services, state, workdir, question)
        case _:
            raise AssertionError(f"nobody can answer {question!r}")
