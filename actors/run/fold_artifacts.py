"""How the facts about what agents were asked for, and left, change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from actors.agent import artifacts as agent
from actors.entity import Fact
from actors.run.artifact_row import ArtifactRow
from actors.run.node_state import Flaw
from actors.run.state import RunState
from actors.workflow.spec import Agent

__all__ = ["ARTIFACT_FOLDS", "note_errors", "note_flaw"]

UNSAID = "Its output was not accepted."


def _expected(state: RunState, event: agent.ArtifactExpected, at: int) -> None:
    state.marks.add(event.key)


def _prompted(state: RunState, event: agent.PromptSent | agent.PromptRepaired, at: int) -> None:
    state.marks.add(event.key)
    node = state.nodes[event.node_id]
    node.prompted, node.lessons = event.attempt, ()


def _timeout(state: RunState, event: agent.ArtifactTimeout, at: int) -> None:
    state.marks.add(event.key)
    state.nodes[event.node_id].flaw = Flaw(event.attempt)


def _invalid(state: RunState, event: agent.ArtifactInvalid, at: int) -> None:
    state.marks.add(event.key)
    state.nodes[event.node_id].flaw = Flaw(event.attempt, event.errors)
    _row(state, event, ArtifactRow(
        event.node_id, event.instance, event.attempt, event.path, event.schema, False, event.sha256, event.size, event.errors
    ))  # fmt: skip


def _validated(state: RunState, event: agent.ArtifactValidated, at: int) -> None:
    state.marks.add(event.key)
    state.nodes[event.node_id].flaw = None
    _row(state, event, ArtifactRow(
        event.node_id, event.instance, event.attempt, event.path, event.schema, True, event.sha256, event.size
    ))  # fmt: skip


def _row(state: RunState, event: agent.OfAttempt, row: ArtifactRow) -> None:
    state.artifacts[event.node_id, event.instance, event.attempt] = row


def note_errors(state: RunState, node_id: str, detail: Any) -> None:
    """The failure of the attempt names all that is wrong with its file, where the fact about the file had room for a few."""
    node = state.nodes[node_id]
    key = (node_id, node.instance, node.attempt)
    if key in state.artifacts and detail.get("errors"):
        state.artifacts[key] = evolve(state.artifacts[key], errors=tuple(detail["errors"]))


def note_flaw(state: RunState, node_id: str, message: str) -> None:
    """An agent is told why its attempt was not accepted, unless its file says more."""
    node = state.nodes[node_id]
    told = node.flaw is not None and node.flaw.attempt == node.attempt
    if isinstance(state.plan.nodes[node_id].action, Agent) and not told:
        node.flaw = Flaw(node.attempt, ({"path": "", "message": message or UNSAID},))


ARTIFACT_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    agent.ArtifactExpected: _expected,
    agent.PromptSent: _prompted,
    agent.PromptRepaired: _prompted,
    agent.ArtifactTimeout: _timeout,
    agent.ArtifactInvalid: _invalid,
    agent.ArtifactValidated: _validated,
}
