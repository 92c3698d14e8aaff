"""A run's line in the catalog: what lists, the scheduler and the registrar look at without opening the run. Pure."""

from __future__ import annotations

from typing import Any

from actors.gate.rules import next_expiry
from actors.run.state import RunState
from storage.records import Headline

__all__ = ["due_of", "headline_of", "line_key"]


def due_of(state: RunState) -> int | None:
    """When time alone moves the run on, epoch milliseconds: a back-off, or the expiry of a gate."""
    if state.status == "queued":
        return state.queue["retry_after_ms"] if state.queue is not None else None
    if state.status in ("awaiting_approval", "waiting"):
        times = [time for time in (next_expiry(state.open_gates), *state.backoffs.values()) if time is not None]
        return min(times, default=None)
    return None


def line_key(state: RunState) -> tuple[Any, ...]:
    """What the line says beside its time; a line that would say the same is not written again."""
    code = state.detail["code"] if state.detail is not None and state.status not in ("running", "queued") else None
    return (state.status, due_of(state), code, state.pause_reason, len(state.open_gates), state.cancel_reason is not None)


def headline_of(state: RunState) -> Headline:
    """The line for the present state."""
    facts: dict[str, Any] = {"version": state.version}
    if state.workspace is not None:
        facts["workspace"] = state.workspace
    if state.detail is not None and state.status not in ("running", "queued"):
        facts["detail"] = state.detail["code"]
    if state.pause_reason is not None:
        facts["pause_reason"] = state.pause_reason
    if state.open_gates:
        facts["gates"] = len(state.open_gates)
    return Headline(
        stream=state.run_id, kind="run", status=state.status, created_ms=state.created_at_ms, updated_ms=state.updated_at_ms,
        group=state.workflow_id, due_ms=due_of(state), priority=state.priority, title=state.plan.workflow.name, facts=facts,
    )  # fmt: skip
