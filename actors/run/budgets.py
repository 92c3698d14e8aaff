"""Budgets of a run: looked at before anything starts (runs spec 6.2). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actors.run.events import RunPaused
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.workflow.spec import WorkflowBudget

__all__ = ["BUDGETS", "SHARED", "budget_facts", "limit_of", "over_budget", "shared_limits"]

BUDGETS = ("runtime_ms", "tokens", "cost_usd", "tool_calls", "workflow_tokens", "workflow_cost_usd", "workflow_tool_calls")
"""The names under which a resume raises them."""
SHARED = {
    "budget_workflow_tokens_reached": "tokens", "budget_workflow_cost_reached": "cost_usd",
    "budget_workflow_tool_calls_reached": "tool_calls", "budget_workflow_model_unpriced": "cost_usd",
}  # fmt: skip
"""Reasons of pauses for what all runs of a workflow share, and of which limit each speaks."""


def over_budget(turn: Turn) -> RunPaused | None:
    """The pause that a used-up budget asks for; the first of them in their order."""
    state = turn.state
    if state.used_up is None and not state.limits and not state.plan.workflow.execution.has_budget:
        return None  # as most runs, at each of their steps
    for code, value, limit in _spent(state, turn.now):
        if value >= limit:
            return RunPaused(reason=code, stop_kind="guardrail_stopped", value=value, limit=limit)
    if state.used_up is not None:
        return _stopped(state, turn.now, state.used_up)
    most = limit_of(state, "cost_usd", state.plan.workflow.execution.max_total_cost_usd)
    if state.usage.unpriced and most is not None and "cost_usd" not in state.limits:  # who raised it knows that
        return RunPaused(reason="budget_model_unpriced", stop_kind="guardrail_stopped", value=round(state.usage.cost_usd, 4), limit=most)
    return None


def _stopped(state: RunState, now: int, code: str) -> RunPaused:
    """An attempt was ended before its next call, for what is used up, the calls of others that are under way included."""
    if code in SHARED:
        limit = shared_limits(state).get(SHARED[code])
        return RunPaused(reason=code, stop_kind="guardrail_stopped", value=state.used_value, limit=limit)
    of = "budget_cost_reached" if code == "budget_model_unpriced" else code
    value, limit = next(((value, limit) for name, value, limit in _spent(state, now) if name == of), (None, None))
    return RunPaused(reason=code, stop_kind="guardrail_stopped", value=value, limit=limit)


def _spent(state: RunState, now: int) -> Iterator[tuple[str, float, float]]:
    """(code, what was used, what may be used) of every budget that the run has."""
    limits, used = state.plan.workflow.execution, state.usage
    if (most := limit_of(state, "runtime_ms", limits.max_total_runtime_ms)) is not None:
        yield "budget_runtime_reached", state.active_time_ms(now), most
    if (most := limit_of(state, "tokens", limits.max_total_tokens)) is not None:
        yield "budget_tokens_reached", used.prompt_tokens + used.completion_tokens, most
    if (most := limit_of(state, "cost_usd", limits.max_total_cost_usd)) is not None:
        yield "budget_cost_reached", round(used.cost_usd, 4), round(most, 4)
    if (most := limit_of(state, "tool_calls", limits.max_total_tool_calls)) is not None:
        yield "budget_tool_calls_reached", used.tool_calls, most


def budget_facts(state: RunState) -> dict[str, Any]:
    """What runs below this one are told of what it, and all of them, may use: fields of a `Budget`; nothing where there is no limit."""
    limits = state.plan.workflow.execution
    cost = limit_of(state, "cost_usd", limits.max_total_cost_usd)
    written = {
        "tokens": limit_of(state, "tokens", limits.max_total_tokens), "cost_usd": cost,
        "tool_calls": limit_of(state, "tool_calls", limits.max_total_tool_calls),
        "priced": True if cost is not None and "cost_usd" not in state.limits else None,
    }  # fmt: skip
    return {name: value for name, value in written.items() if value is not None}


def shared_limits(state: RunState) -> dict[str, float | None]:
    """How much of what all runs of the workflow may use together, as far as this run is concerned: as written, or as it was raised."""
    budget = state.plan.workflow.budget or WorkflowBudget()
    return {name: limit_of(state, f"workflow_{name}", getattr(budget, name)) for name in ("tokens", "cost_usd", "tool_calls")}


def limit_of(state: RunState, name: str, written: float | None) -> float | None:
    """How much of it the run may use: as somebody raised it, else as it is written; None: there is no limit."""
    return state.limits.get(name, written)
