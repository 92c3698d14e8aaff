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
    chosen = services.lessons.choose(turn.state.plan.workflow) if prompts else ()
    for fact in prompts:
        if chosen and not turn.state.nodes[fact.node_id].lessons:
            turn.emit(LearningsInjected(fact.node_id, fact.attempt, chosen))


def _is_told(state: RunState) -> bool:
    """A run without roles has no agents. A campaign compares its runs with each other: none of them is told what others are not."""
    return bool(state.binding) and state.learns and not state.terminal and state.campaign_id is None and not state.dry_run
