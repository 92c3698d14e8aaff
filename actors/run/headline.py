"""A run's line in the catalog: what lists, the scheduler and the registrar look at without opening the run. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from actors.gate.expiry import next_gate_due
from actors.resolver.row import keys_of
from actors.run.events import RunCreated
from actors.run.state import RunState
from actors.scheduler.tickets import scheduled_key
from actors.wait.row import earliest
from actors.workflow.spec import Workflow
from actors.worktree.site import PRESENT, site_facts
from storage.records import Headline

__all__ = ["UNDER_WAY", "UNDONE_WORKTREES", "UNTAUGHT", "WORKTREES", "LineKey", "born", "due_of", "headline_of", "line_key"]

UNDONE_WORKTREES = "worktrees/undone"
WORKTREES = "worktrees"
UNTAUGHT = "learning/untaught"
"""The key under which ended runs are found from which nothing was learned yet."""
UNDER_WAY = ("queued", "running", "pausing", "waiting")
"""A run in one of these proceeds by itself, and holds up what is not to overlap with it."""


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


def _open_waits(state: RunState) -> int:
    return sum(row.open or row.needs_person for row in state.waits.values()) if state.waits and not state.terminal else 0


def lookup_keys(state: RunState) -> tuple[str, ...] | None:
    """The keys under which the run is found by webhook deliveries, and for its resolvers; None where the workflow has neither."""
    if not state.plan.webhooks and not state.plan.resolvers:
        return None
    return tuple(key for row in state.waits.values() if (key := row.lookup_key) is not None) + keys_of(state)


class LineKey(NamedTuple):
    """What a line says beside its time."""

    status: str
    due_ms: int | None
    retry_after: int | None
    queue_reason: str | None
    detail: str | None
    pause_reason: str | None
    open_things: tuple[int, int, tuple[str, ...] | None]
    cancelled: bool
    version: int
    worktree: tuple[str, tuple[str, ...]] | None
    untaught: bool


def line_key(state: RunState) -> LineKey:
    """A line that would say the same is not written again."""
    code = state.detail["code"] if state.detail is not None and state.status not in ("running", "queued") else None
    reason = state.queue.get("queue_reason") if state.queue is not None else None
    open_things = (len(state.open_gates), _open_waits(state) if state.waits else 0, lookup_keys(state) if state.plan.webhooks else None)
    cancelled = state.cancel_reason is not None
    worktree = None if state.worktree is None else (state.worktree.stage, state.worktree.kept)
    return LineKey(
        state.status, due_of(state), state.retry_after_ms, reason, code, state.pause_reason, open_things, cancelled, state.version,
        worktree, state.untaught,
    )  # fmt: skip


def headline_of(state: RunState) -> Headline:
    """The line for the present state."""
    facts = _standing(state, state.plan.workflow)
    if state.worktree is not None:
        facts["worktree"] = site_facts(state.worktree)
    if state.dry_run:
        facts["dry_run"] = True
    if state.detail is not None and state.status not in ("running", "queued"):
        facts["detail"] = state.detail["code"]
    if state.pause_reason is not None:
        facts["pause_reason"] = state.pause_reason
    if state.open_gates:
        facts["gates"] = len(state.open_gates)
    if (waits := _open_waits(state)) > 0:
        facts["waits"] = waits
    if state.retry_after_ms is not None:
        facts["retry_after"] = state.retry_after_ms
    if state.queue is not None and "queue_reason" in state.queue:
        facts["queue_reason"] = state.queue["queue_reason"]
    return Headline(
        stream=state.run_id, kind="run", status=state.status, created_ms=state.created_at_ms, updated_ms=state.updated_at_ms,
        group=state.workflow_id, parent=state.campaign_id, due_ms=due_of(state), priority=state.priority,
        title=state.plan.workflow.name, facts=facts,
        keys=_to_learn(state, _with_site(state, _keys(state, state.status, lookup_keys(state)))),
    )  # fmt: skip


def _to_learn(state: RunState, keys: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """A run that has ended is found by that until something was learned from it."""
    if not state.learns or not state.terminal:
        return keys
    return (*(keys or ()), *((UNTAUGHT,) if state.untaught else ()))


def _with_site(state: RunState, keys: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """A run with a worktree is found by that, as long as there is one; of one that has ended also that something is to be done about it."""
    site = state.worktree
    if site is None:
        return keys
    own = (WORKTREES,) if site.stage in PRESENT else ()
    return (*(keys or ()), *own, *((UNDONE_WORKTREES,) if state.terminal and site.undone() else ()))


def born(run_id: str, event: RunCreated, workflow: Workflow, at_ms: int) -> Headline:
    """The line of a run that is made at that time."""
    return Headline(
        stream=run_id, kind="run", status="queued", created_ms=at_ms, updated_ms=at_ms, group=event.workflow_id,
        parent=event.campaign_id, priority=event.priority, title=workflow.name, facts=_standing(event, workflow),
        keys=_keys(event, "queued", None),
    )  # fmt: skip


def _standing(run: RunCreated | RunState, workflow: Workflow) -> dict[str, Any]:
    """What is true of a run from its first moment to its last."""
    facts: dict[str, Any] = {"version": run.version}
    if run.workspace is not None:
        facts["workspace"] = run.workspace
    if run.trigger_type != "manual":
        facts["trigger"] = run.trigger_type
    if run.scheduled_for_ms is not None:
        facts["scheduled"] = True
    if run.queues:
        facts["behind"] = True
    if workflow.providers:
        facts["providers"] = list(workflow.providers)
    if workflow.execution.weight != 1:
        facts["weight"] = workflow.execution.weight
    return facts


def _keys(run: RunCreated | RunState, status: str, webhooks: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """A scheduled run is found by its workflow for as long as it holds up those behind it. None: the run is found under no key, ever."""
    if run.scheduled_for_ms is None:
        return webhooks
    own = (scheduled_key(run.workflow_id),) if status in UNDER_WAY else ()
    return own + (webhooks or ())
