"""When a run wants to be looked at again, and its ticket for the scheduler's queue. Pure."""

from __future__ import annotations

import math

from actors.run.budgets import limit_of
from actors.run.events import RunCreated
from actors.run.state import RunState
from actors.scheduler.messages import Ticket
from actors.settings import RunRules
from actors.sub_run.wanted import next_limit_ms
from actors.workflow.spec import Workflow

__all__ = ["CHILDREN_MS", "first_ticket", "next_look_ms", "ticket_of"]

CHILDREN_MS = 30_000
"""How often an open run looks how those stand that it has begun, if nobody tells it."""


def next_look_ms(state: RunState, rules: RunRules, after: int) -> int | None:
    """The next moment at which time alone changes something for an open run that was last decided on at `after`, epoch milliseconds.

    What was due by then and has not begun waits for something else than time.
    """
    if state.status != "running":
        return None
    times = [*state.backoffs.values(), *next_limit_ms(state)]
    if state.children:
        times.append(after + CHILDREN_MS)
    if state.children and (most := limit_of(state, "runtime_ms", state.plan.workflow.execution.max_total_runtime_ms)) is not None:
        times.append(after + max(0, math.ceil(most) - state.active_time_ms(after)))
    if state.section == "finally" and state.cancel_reason is not None and state.finally_since_ms is not None:
        times.append(state.finally_since_ms + rules.cleanup_grace_ms)
    return min((time for time in times if time > after), default=None)


def first_ticket(run_id: str, event: RunCreated, workflow: Workflow, at_ms: int) -> Ticket:
    """A run that is made at that time, as the scheduler sees it."""
    return _ticket(run_id, event, workflow, created_ms=at_ms)


def ticket_of(state: RunState) -> Ticket:
    """The queued run, as the scheduler sees it."""
    queue = state.queue or {}
    return _ticket(
        state.run_id, state, state.plan.workflow, created_ms=state.created_at_ms, not_before_ms=state.retry_after_ms, epoch=state.epoch,
        queued_ms=queue.get("queued_at_ms"), recorded=queue.get("queue_reason"),
    )  # fmt: skip


def _ticket(
    run_id: str, run: RunCreated | RunState, workflow: Workflow, *, created_ms: int, not_before_ms: int | None = None, epoch: int = 0,
    queued_ms: int | None = None, recorded: str | None = None,
) -> Ticket:  # fmt: skip
    return Ticket(
        run_id=run_id, created_ms=created_ms, priority=run.priority, workspace=run.workspace, not_before_ms=not_before_ms, epoch=epoch,
        workflow=run.workflow_id, weight=workflow.execution.weight, providers=workflow.providers,
        behind=run.workflow_id if run.queues else None, queued_ms=queued_ms, recorded=recorded, root=run.root_run_id,
    )  # fmt: skip
