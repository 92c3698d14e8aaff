"""When a run that runs is stale, what is made of it then, and when it goes on by itself (runs spec 14). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.gate.rules import ask_outcome
from actors.refusals import Refusal
from actors.run.caps import cap_of, spent_by
from actors.run.interventions import RunAutoResumed, RunPausedStale
from actors.run.limits import as_begun, idle_ms, total_ms
from actors.run.requests import Reap
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.settings import RunRules

__all__ = ["auto_resume", "may_go_on", "overdue", "reap", "reap_refusal", "threshold_ms"]

SLACK_MS = 60_000


def threshold_ms(state: RunState, rules: RunRules) -> int:
    """How long nothing may happen in the run: longer where a node under way may be silent for longer."""
    idle = [idle_ms(as_begun(state, node_id), rules) for node_id in state.executing]
    return max(rules.stale_after_ms, *(one + SLACK_MS for one in idle)) if idle else rules.stale_after_ms


def overdue(state: RunState, node_id: str, rules: RunRules, idle_ms: int) -> bool:
    """Whether an attempt under way should have been ended by its own limit a while ago: then even a living one is no excuse.

    It began no later than the run's last sign of activity, `idle_ms` ago.
    """
    return idle_ms >= total_ms(as_begun(state, node_id), rules) + SLACK_MS


def reap_refusal(state: RunState, operation: Reap) -> Refusal | None:
    """Where something has happened since the run was looked at, it is not stale: its end, or an attempt that has begun meanwhile."""
    if state.status == "running" and state.seq == operation.seq:
        return None
    return Refusal("run_not_stale", f"Something has happened in {state.run_id} meanwhile.", {"status": state.status})


def reap(turn: Turn, operation: Reap) -> Mapping[str, Any]:
    """Hold the run, its attempts being dead and nothing having been said against it; whoever said nothing is noted."""
    state = turn.state
    for node_id in [node_id for node_id in state.executing if _once(state, node_id)]:
        ask_outcome(turn, node_id)
    silent = tuple(
        sorted(node_id for node_id in state.executing if state.nodes[node_id].output is None and state.plan.section[node_id] == "body")
    )
    worn_out = tuple(node_id for node_id in silent if spent_by(state, node_id) >= cap_of(state, node_id))
    turn.emit(RunPausedStale(idle_s=operation.threshold_ms // 1000, node_ids=silent, terminal_node_ids=worn_out))
    return {"node_ids": list(silent)}


def _once(state: RunState, node_id: str) -> bool:
    return state.plan.nodes[node_id].effect == "once" and state.plan.section[node_id] == "body"


def may_go_on(state: RunState, rules: RunRules, now: int) -> bool:
    """Whether a run that was held because nothing happened may go on without a person."""
    if state.status != "paused" or state.stop_kind != "stale_reaped" or not rules.auto_resume or not state.reaped_ms:
        return False
    since = now - rules.auto_resume_window_ms
    if state.reaped_ms[-1] < since or sum(at >= since for at in state.revived_ms) >= rules.auto_resume_max:
        return False
    return not any(state.nodes[node_id].exhausted for node_id in state.plan.body.order)


def auto_resume(turn: Turn) -> None:
    """Let it go on, if it may."""
    if may_go_on(turn.state, turn.rules, turn.now):
        turn.emit(RunAutoResumed())
