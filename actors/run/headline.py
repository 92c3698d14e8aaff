"""A run's line in the catalog: what lists, the scheduler and the registrar look at without opening the run. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from actors.gate.rules import next_expiry
from actors.run.events import RunCreated
from actors.run.state import RunState
from actors.scheduler.tickets import scheduled_key
from actors.workflow.spec import Workflow
from storage.records import Headline

__all__ = ["QUEUE_FACTS", "LineKey", "born", "due_of", "headline_of", "line_key"]

QUEUE_FACTS = ("retry_after", "queue_reason")
"""Those that are true of a queued run alone."""
UNDER_WAY = ("queued", "running", "pausing", "waiting")


def due_of(state: RunState) -> int | None:
    """When time alone moves a run at rest on, epoch milliseconds: a back-off, or the expiry of a gate."""
    if state.status in ("awaiting_approval", "waiting"):
        times = [time for time in (next_expiry(state.open_gates), *state.backoffs.values()) if time is not None]
        return min(times, default=None)
    return None


class LineKey(NamedTuple):
    """What a line says beside its time."""

    status: str
    due_ms: int | None
    detail: str | None
    pause_reason: str | None
    gates: int
    cancelled: bool
    retry_after: int | None
    queue_reason: str | None


def line_key(state: RunState) -> LineKey:
    """A line that would say the same is not written again."""
    code = state.detail["code"] if state.detail is not None and state.status not in ("running", "queued") else None
    reason = state.queue.get("queue_reason") if state.queue is not None else None
    cancelled = state.cancel_reason is not None
    return LineKey(state.status, due_of(state), code, state.pause_reason, len(state.open_gates), cancelled, state.retry_after_ms, reason)


def headline_of(state: RunState) -> Headline:
    """The line for the present state."""
    facts = _standing(state, state.plan.workflow)
    if state.detail is not None and state.status not in ("running", "queued"):
        facts["detail"] = state.detail["code"]
    if state.pause_reason is not None:
        facts["pause_reason"] = state.pause_reason
    if state.open_gates:
        facts["gates"] = len(state.open_gates)
    if state.retry_after_ms is not None:
        facts["retry_after"] = state.retry_after_ms
    if state.queue is not None and "queue_reason" in state.queue:
        facts["queue_reason"] = state.queue["queue_reason"]
    return Headline(
        stream=state.run_id, kind="run", status=state.status, created_ms=state.created_at_ms, updated_ms=state.updated_at_ms,
        group=state.workflow_id, due_ms=due_of(state), priority=state.priority, title=state.plan.workflow.name, facts=facts,
        keys=_keys(state, state.status),
    )  # fmt: skip


def born(run_id: str, event: RunCreated, workflow: Workflow, at_ms: int) -> Headline:
    """The line of a run that is made at that time."""
    return Headline(
        stream=run_id, kind="run", status="queued", created_ms=at_ms, updated_ms=at_ms, group=event.workflow_id, priority=event.priority,
        title=workflow.name, facts=_standing(event, workflow), keys=_keys(event, "queued"),
    )  # fmt: skip


def _standing(run: RunCreated | RunState, workflow: Workflow) -> dict[str, Any]:
    """What is true of a run from its first moment to its last."""
    facts: dict[str, Any] = {"version": run.version}
    if run.workspace is not None:
        facts["workspace"] = run.workspace
    if run.scheduled_for_ms is not None:
        facts["scheduled"] = True
    if run.queues:
        facts["behind"] = True
    if workflow.providers:
        facts["providers"] = list(workflow.providers)
    if workflow.execution.weight != 1:
        facts["weight"] = workflow.execution.weight
    return facts


def _keys(run: RunCreated | RunState, status: str) -> tuple[str, ...] | None:
    """A scheduled run is found by its workflow for as long as it holds up those behind it; other runs are found under no key."""
    if run.scheduled_for_ms is None:
        return None
    return (scheduled_key(run.workflow_id),) if status in UNDER_WAY else ()
