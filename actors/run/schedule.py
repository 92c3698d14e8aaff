"""When a run wants to be looked at again, and its ticket for the scheduler's queue. Pure."""

from __future__ import annotations

from actors.run.state import RunState
from actors.scheduler.messages import Ticket
from actors.settings import RunRules

__all__ = ["next_look_ms", "ticket_of"]


def next_look_ms(state: RunState, rules: RunRules, after: int) -> int | None:
    """The next moment at which time alone changes something for an open run that was last decided on at `after`, epoch milliseconds.

    What was due by then and has not begun waits for something else than time.
    """
    if state.status != "running":
        return None
    times = list(state.backoffs.values())
    if state.section == "finally" and state.cancel_reason is not None and state.finally_since_ms is not None:
        times.append(state.finally_since_ms + rules.cleanup_grace_ms)
    return min((time for time in times if time > after), default=None)


def ticket_of(state: RunState) -> Ticket:
    """The queued run, as the scheduler sees it."""
    due = state.queue["retry_after_ms"] if state.queue is not None else None
    behind = state.workflow_id if state.queues else None
    return Ticket(state.run_id, state.created_at_ms, state.priority, state.workspace, due, state.epoch, behind)
