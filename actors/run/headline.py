"""A run's line in the catalog: what lists, the scheduler and the registrar look at without opening the run. Pure."""

from __future__ import annotations

from typing import Any

from actors.gate.expiry import next_gate_due
from actors.run.state import RunState
from actors.wait.row import earliest
from storage.records import Headline

__all__ = ["due_of", "headline_of", "line_key"]


def due_of(state: RunState) -> int | None:
    """When time alone moves a run at rest on, epoch milliseconds: a back-off, the expiry of a gate, whatever a wait is due for.

    The back-off of a queued run is the scheduler's: `retry_after` among the line's facts.
    """
    if state.status not in ("queued", "paused", "awaiting_approval", "waiting"):
        return None
    if state.cancel_reason is not None:
        return None  # nothing that waits matters any more
    times = [earliest(state.waits.values()), _lost_wake(state), next_gate_due(state.open_gates.values(), held=state.status == "paused")]
    if state.status in ("awaiting_approval", "waiting"):
        times += state.backoffs.values()
    return min([time for time in times if time is not None], default=None)


def _lost_wake(state: RunState) -> int | None:
    """A wait whose end has not reached its node, as in a restored copy of an older log: at once."""
    lost = (row.status in ("registering", "woken") and state.nodes[row.node_id].status == "waiting" for row in state.waits.values())
    return state.updated_at_ms if any(lost) else None


def _retry_after(state: RunState) -> int | None:
    return state.queue["retry_after_ms"] if state.status == "queued" and state.queue is not None else None


def _open_waits(state: RunState) -> int:
    return sum(row.open or row.needs_person for row in state.waits.values()) if not state.terminal else 0


def lookup_keys(state: RunState) -> tuple[str, ...] | None:
    """The keys under which webhook deliveries find the run; None where the workflow waits for none."""
    if not state.plan.webhooks:
        return None
    return tuple(key for row in state.waits.values() if (key := row.lookup_key) is not None)


def line_key(state: RunState) -> tuple[Any, ...]:
    """What the line says beside its time; a line that would say the same is not written again."""
    code = state.detail["code"] if state.detail is not None and state.status not in ("running", "queued") else None
    times = (due_of(state), _retry_after(state))
    open_things = (len(state.open_gates), _open_waits(state), lookup_keys(state))
    return (state.status, times, code, state.pause_reason, open_things, state.cancel_reason is not None)


def headline_of(state: RunState) -> Headline:
    """The line for the present state."""
    facts: dict[str, Any] = {"version": state.version}
    if state.dry_run:
        facts["dry_run"] = True
    if state.workspace is not None:
        facts["workspace"] = state.workspace
    if state.detail is not None and state.status not in ("running", "queued"):
        facts["detail"] = state.detail["code"]
    if state.pause_reason is not None:
        facts["pause_reason"] = state.pause_reason
    if state.open_gates:
        facts["gates"] = len(state.open_gates)
    if (waits := _open_waits(state)) > 0:
        facts["waits"] = waits
    if (retry_after := _retry_after(state)) is not None:
        facts["retry_after"] = retry_after
    return Headline(
        stream=state.run_id, kind="run", status=state.status, created_ms=state.created_at_ms, updated_ms=state.updated_at_ms,
        group=state.workflow_id, due_ms=due_of(state), priority=state.priority, title=state.plan.workflow.name, facts=facts,
        keys=lookup_keys(state),
    )  # fmt: skip
