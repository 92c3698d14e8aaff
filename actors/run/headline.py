"""A run's line in the catalog: what lists, the scheduler and the registrar look at without opening the run. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from actors.gate.expiry import next_gate_due
from actors.resolver.row import keys_of
from actors.run.budgets import budget_facts
from actors.run.events import RunCreated
from actors.run.state import RunState
from actors.scheduler.tickets import scheduled_key
from actors.wait.row import earliest
from actors.workflow.spec import Workflow
from actors.worktree.site import PRESENT, site_facts
from storage.records import Headline

__all__ = [
    "BEGUN_BY_RUNS",
    "HEARS_OF_RUNS",
    "UNDER_WAY",
    "UNDONE_WORKTREES",
    "WORKTREES",
    "LineKey",
    "born",
    "due_of",
    "headline_of",
    "line_key",
]

UNDONE_WORKTREES = "worktrees/undone"
WORKTREES = "worktrees"
BEGUN_BY_RUNS = "sub-runs/open"
"""The key of runs that have not ended and that nodes of other runs have begun."""
HEARS_OF_RUNS = "sub-runs/heard"
"""The key of runs that have begun others and have not heard of their ending."""
UNDER_WAY = ("queued", "running", "pausing", "waiting")
"""A run in one of these proceeds by itself, and holds up what is not to overlap with it."""


def due_of(state: RunState) -> int | None:
    """When time alone moves a run at rest on, epoch milliseconds: a back-off, the expiry of a gate, a wake that was lost.

    The back-off of a queued run is the scheduler's: `retry_after` among the line's facts. Waits have a scheduler of their own, which
    finds them under keys.
    """
    if state.status not in ("queued", "paused", "awaiting_approval", "waiting"):
        return None
    if state.cancel_reason is not None:
        return None  # nothing that waits matters any more
    times = [_lost_wake(state), next_gate_due(state.open_gates.values(), held=state.status == "paused")]
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
    """The keys under which webhook deliveries, time and resolvers find the run; None where the workflow has nothing that they look for."""
    if not state.plan.waits and not state.plan.resolvers:
        return None
    rows = state.waits.values()
    due = (row.due_key for row in rows) if state.cancel_reason is None else ()  # nothing that waits matters any more
    return tuple(key for keys in ((row.lookup_key for row in rows), due) for key in keys if key is not None) + keys_of(state)


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
    hears: bool
    wait_due_ms: int | None


def line_key(state: RunState) -> LineKey:
    """A line that would say the same is not written again."""
    code = state.detail["code"] if state.detail is not None and state.status not in ("running", "queued") else None
    reason = state.queue.get("queue_reason") if state.queue is not None else None
    open_things = (len(state.open_gates), _open_waits(state) if state.waits else 0, lookup_keys(state) if state.plan.waits else None)
    cancelled = state.cancel_reason is not None
    worktree = None if state.worktree is None else (state.worktree.stage, state.worktree.kept)
    return LineKey(
        state.status,
        due_of(state),
        state.retry_after_ms,
        reason,
        code,
        state.pause_reason,
        open_things,
        cancelled,
        state.version,
        worktree,
        bool(state.children),
        earliest(state.waits.values()) if state.waits and not cancelled else None,
    )


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
    if state.plan.calls and (budget := budget_facts(state)):
        facts["budget"] = budget
    if state.cancel_reason is not None and not state.terminal:
        facts["cancelling"] = True
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
        group=state.workflow_id, parent=state.parent_run_id or state.campaign_id, due_ms=due_of(state), priority=state.priority,
        title=state.plan.workflow.name, facts=facts, keys=_with_site(state, _with_kin(state, lookup_keys(state))),
    )  # fmt: skip


def _with_kin(state: RunState, lookups: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """A run that begins others, or was begun by one, is found by that as long as one of them may still have to hear of the other."""
    keys = _keys(state, state.status, lookups)
    if state.parent_run_id is None and not state.plan.calls:
        return keys
    child = (BEGUN_BY_RUNS,) if state.parent_run_id is not None and not state.terminal else ()
    return (*(keys or ()), *child, *((HEARS_OF_RUNS,) if state.children and not state.terminal else ()))


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
        parent=event.parent_run_id or event.campaign_id, priority=event.priority, title=workflow.name, facts=_standing(event, workflow),
        keys=_keys(event, "queued", None) if event.parent_run_id is None else (BEGUN_BY_RUNS,),
    )  # fmt: skip


def _standing(run: RunCreated | RunState, workflow: Workflow) -> dict[str, Any]:
    """What is true of a run from its first moment to its last."""
    facts: dict[str, Any] = {"version": run.version}
    if run.workspace is not None:
        facts["workspace"] = run.workspace
    if run.trigger_type != "manual":
        facts["trigger"] = run.trigger_type
    if run.parent_run_id is not None:
        facts |= {"parent_run_id": run.parent_run_id, "root_run_id": run.root_run_id, "depth": run.depth}
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
