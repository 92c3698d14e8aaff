"""How a run's record changes by what is learned from it, and what it is told of earlier runs. Status and phase stay. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from actors.entity import Fact
from actors.learning import run_events as learning
from actors.learning.record import RunLearning
from actors.run.state import RunState

__all__ = ["LEARNING_FOLDS"]


def _with(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known + more))


def _injected(state: RunState, event: learning.LearningsInjected, at: int) -> None:
    known = state.learning or RunLearning()
    state.nodes[event.node_id].lessons = event.learning_ids
    state.learning = evolve(
        known, injected_learning_ids=_with(known.injected_learning_ids, event.learning_ids),
        approved_learning_ids_considered=_with(known.approved_learning_ids_considered, event.learning_ids),
    )  # fmt: skip


def _finalized(state: RunState, event: learning.LearningFinalized, at: int) -> None:
    known = state.learning or RunLearning()
    state.learning = evolve(
        known, generated_learning_ids=_with(known.generated_learning_ids, event.generated_learning_ids),
        post_run_metrics=event.post_run_metrics,
    )  # fmt: skip
    state.untaught = False


def _skipped(state: RunState, event: learning.LearningSkipped, at: int) -> None:
    state.untaught = False


LEARNING_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    learning.LearningsInjected: _injected,
    learning.LearningFinalized: _finalized,
    learning.LearningSkipped: _skipped,
}
