"""The fold: how one fact changes the run record. Pure; it never refuses a fact, for it has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from actors.entity import Fact
from actors.node.events import NodeStarted
from actors.run.events import RunExecutionClaimed, RunStarted
from actors.run.fold_artifacts import ARTIFACT_FOLDS
from actors.run.fold_attempts import note_attempt
from actors.run.fold_conversations import CONVERSATION_FOLDS
from actors.run.fold_endings import ENDING_FOLDS
from actors.run.fold_fan_outs import FAN_OUT_FOLDS
from actors.run.fold_findings import FINDING_FOLDS
from actors.run.fold_gates import GATE_FOLDS
from actors.run.fold_groups import GROUP_FOLDS, leave_groups
from actors.run.fold_interventions import INTERVENTION_FOLDS
from actors.run.fold_learning import LEARNING_FOLDS
from actors.run.fold_letters import LETTER_FOLDS
from actors.run.fold_nodes import NODE_FOLDS, leave_attempts
from actors.run.fold_polls import POLL_FOLDS
from actors.run.fold_queue import QUEUE_FOLDS
from actors.run.fold_run import RUN_FOLDS
from actors.run.fold_steering import STEERING_FOLDS
from actors.run.fold_sub_runs import SUB_RUN_FOLDS, leave_children, let_children_go
from actors.run.fold_waits import WAIT_FOLDS, close_waits
from actors.run.fold_worktrees import WORKTREE_FOLDS, revive_site
from actors.run.interventions import RunExecutionClaimExpiredRequeued
from actors.run.state import ACTIVE, TERMINAL, RunState, RunStatus

__all__ = ["NO_ACTIVITY", "evolve", "fold"]

NO_ACTIVITY = frozenset((RunExecutionClaimed, RunExecutionClaimExpiredRequeued))
"""What daemons do with their claims is nothing that happens in the run."""


def evolve(state: RunState, event: Fact, at: int) -> None:
    """Apply one fact that was recorded at `at` (epoch milliseconds)."""
    before, queue, kind = state.status, state.queue, type(event)
    if kind not in NO_ACTIVITY:
        state.activity_ms, state.progressed = at, kind is not RunStarted
    if (kind in NODE_FOLDS or kind in GROUP_FOLDS) and getattr(event, "node_id", "") not in state.nodes:
        _stray(state, event)
    else:
        FOLDS[kind](state, event, at)
        note_attempt(state, event, at)
    state.seq += 1
    state.updated_at_ms = at
    state.recent.append((state.seq, event.kind, at))
    after = state.status
    if after != before:
        _moved(state, before, after, at)
    if after == "queued" and state.queue is None:
        state.queue = {"queued_at_ms": at if queue is None else queue["queued_at_ms"]}


def _stray(state: RunState, event: Any) -> None:
    """The log of an import may speak of nodes that the version does not have; what matters of them is whether they are under way."""
    if isinstance(event, NodeStarted):
        state.strays[event.node_id] = None
    else:
        state.strays.pop(event.node_id, None)


def fold(state: RunState, facts: Iterable[tuple[Fact, int]]) -> RunState:
    """Apply facts in order; each comes with the time at which it was recorded."""
    for event, at in facts:
        evolve(state, event, at)
    return state


def _moved(state: RunState, before: RunStatus, after: RunStatus, at: int) -> None:
    if before in ACTIVE:
        state.active_ms = state.active_time_ms(at)
        state.active_since_ms = None
    if after in ACTIVE:
        state.active_since_ms = at
    if before == "paused":
        let_children_go(state)
    if after != "running":
        state.claimed = False
    if after != "queued":
        state.queue = None
    if before in TERMINAL and not state.terminal:
        revive_site(state)
    state.untaught = state.terminal and state.learns and state.campaign_id is None and not state.dry_run
    if state.terminal:
        leave_attempts(state, at)
        leave_children(state, at)
        leave_groups(state)
        close_waits(state)
        state.backoffs.clear()
        state.finished_at_ms = state.finished_at_ms or at


FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {
    **RUN_FOLDS,
    **ENDING_FOLDS,
    **STEERING_FOLDS,
    **NODE_FOLDS,
    **GROUP_FOLDS,
    **FINDING_FOLDS,
    **ARTIFACT_FOLDS,
    **CONVERSATION_FOLDS,
    **GATE_FOLDS,
    **POLL_FOLDS,
    **WAIT_FOLDS,
    **FAN_OUT_FOLDS,
    **QUEUE_FOLDS,
    **INTERVENTION_FOLDS,
    **LETTER_FOLDS,
    **WORKTREE_FOLDS,
    **SUB_RUN_FOLDS,
    **LEARNING_FOLDS,
}
