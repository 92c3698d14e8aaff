"""How what is said to agents changes the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.agent.steering import AgentSteered, AgentSteeringHeard
from actors.entity import Fact
from actors.run.state import RunState

__all__ = ["CONVERSATION_FOLDS"]


def _steered(state: RunState, event: AgentSteered, at: int) -> None:
    node = state.nodes[event.node_id]
    node.told = event.number
    node.unheard.append(event)


def _heard(state: RunState, event: AgentSteeringHeard, at: int) -> None:
    node = state.nodes[event.node_id]
    node.unheard = [said for said in node.unheard if said.number > event.number]


CONVERSATION_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    AgentSteered: _steered,
    AgentSteeringHeard: _heard,
}
