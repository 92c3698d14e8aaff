"""Agents that are told what to do are told of earlier runs, too, which is recorded before they hear it (learning spec 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.agent.artifacts import PromptRepaired, PromptSent
from actors.learning.run_events import LearningsInjected

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.run.turn import Turn
    from actors.services import Services

__all__ = ["note_lessons"]


def note_lessons(services: Services, turn: Turn) -> None:
    """For each prompt that this decision has sent: all of them are told the same, as it stands at this moment."""
    if not _is_told(turn.state):
        return
    prompts = [fact for fact in turn.events if isinstance(fact, PromptSent | PromptRepaired) and fact.node_id in turn.state.executing]
    chosen = _chosen(services, turn.state) if prompts else ()
    for fact in prompts:
        if chosen and not turn.state.nodes[fact.node_id].lessons:
            turn.emit(LearningsInjected(fact.node_id, fact.attempt, chosen))


def _chosen(services: Services, state: RunState) -> tuple[str, ...]:
    return services.lessons.choose(state.plan.workflow) if state.told is None else state.told


def _is_told(state: RunState) -> bool:
    """A campaign compares its runs with each other: none is told what others are not. Where a learning is tried, that is the point.

    A run without roles has no agents.
    """
    if state.terminal or not state.binding:
        return False
    return state.told is not None or (state.learns and state.campaign_id is None and not state.dry_run)
