"""Why a run is where it is, in words, and what would move it on. Pure."""

from __future__ import annotations

from typing import Any

from actors.dead_letter.opening import letter_of_node
from actors.run.state import RunState
from actors.run.why_held import why_held
from actors.run.why_open import why_open
from actors.run.why_told import why_told
from actors.run.why_unheard import why_unheard
from actors.run.wording import count, failures, reason, when, words

__all__ = ["reasons"]


def reasons(state: RunState, queue: dict[str, Any] | None, now: int) -> list[dict[str, Any]]:
    """`queue` is the scheduler's own answer for a queued run: {queue_reason, …}, empty when nothing holds it; None: it was not asked.

    Each reason is {code, text, data, next}; `next` are commands that would move the run on.
    """
    return _where(state, queue, now) + why_unheard(state) + why_told(state)


def _where(state: RunState, queue: dict[str, Any] | None, now: int) -> list[dict[str, Any]]:
    match state.status:
        case "queued":
            return [_queued(state, queue, now)]
        case "running" | "pausing":
            return _running(state, now)
        case "paused":
            return [why_held(state)]
        case "awaiting_approval" | "waiting":
            return why_open(state, now)
        case _:
            return [_ended(state)]


def _queued(state: RunState, queue: dict[str, Any] | None, now: int) -> dict[str, Any]:
    found = {**(state.queue or {}), **(queue or {})}
    match "" if queue is not None and "queue_reason" not in queue else found.get("queue_reason"):
        case "capacity":
            return reason("capacity", f"{_capacity(found)} It starts when one of the running runs rests or ends.", **found)
        case "workspace_lock":
            holder = f"Another run ({found['held_by']})" if "held_by" in found else "Another run"
            text = f"{holder} works in {found.get('resource_key')}. It starts when that one rests or ends."
            return reason("workspace_lock", text, **found)
        case "rate_limit":
            provider = found.get("rate_limited_provider")
            left = f" for another {words(int(found['until_ms']) - now)}" if "until_ms" in found else ""
            text = f"It needs {provider}, which is throttled{left}."
            return reason("rate_limit", text, f"penstock throttle {provider} off   (if it may be used again)", **found)
        case "overlap":
            older = f" ({found['held_by']})" if "held_by" in found else ""
            text = f"An older scheduled run of {state.workflow_id}{older} is not over. It starts when none is queued, running or waiting."
            return reason("overlap", text, **found)
        case "retry_backoff":
            text = f"Node {found.get('retry_node_id')} failed and is tried again {when(int(found['retry_after_ms']) - now)}"
            return reason("retry_backoff", f"{text} (attempt {found.get('retry_attempt')}).", **found)
        case _:
            return reason("starting", "Nothing holds it: it starts at once.")


def _capacity(found: dict[str, Any]) -> str:
    slots, ahead = found.get("max_concurrent_runs"), found.get("ahead", 0)
    if slots is None:
        return "All slots were taken."
    taken = "The only slot is taken" if slots == 1 else f"All {slots} slots are taken"
    return f"{taken}, and {count(ahead, 'run')} {'is' if ahead == 1 else 'are'} before it."


def _running(state: RunState, now: int) -> list[dict[str, Any]]:
    if state.worktree is not None and state.worktree.comes():
        place = state.worktree.place
        text = f"Its worktree is being made: branch {place.branch} at {place.base} of {place.repository}. Nothing of it begins before that."
        return [reason("worktree_coming", text, path=place.path)]
    found = []
    for node_id in state.executing:
        node = state.nodes[node_id]
        since = words(now - (node.started_at_ms or now))
        found.append(reason("node_running", f"Node {node_id} has been running for {since} (attempt {node.attempt}).", node_id=node_id))
    for row in [row for row in state.children.values() if row.moving]:
        text = f"Node {row.node_id} is the run {row.run_id} of {row.workflow_id}, which is under way."
        found.append(reason("sub_run_running", text, f"penstock why {row.run_id}", node_id=row.node_id, child_run_id=row.run_id))
    if state.failures:
        goes_on = state.plan.workflow.execution.fail_fast is False
        rest = "nodes that do not need it go on, then the run fails" if goes_on else "nothing new starts, and the run fails"
        text = f"{', '.join(state.failures)} failed: {rest} when what is under way has ended."
        found.append(reason("failing", text))
    return found + why_open(state, now) or [reason("advancing", "It is about to take its next step.")]


def _ended(state: RunState) -> dict[str, Any]:
    if state.dry_run:
        found = len(state.output["plan"]["problems"])
        text = f"It was a dry run, and nothing was executed. {count(found, 'problem')} {'was' if found == 1 else 'were'} found."
        return reason("dry_run", text, f"penstock show {state.run_id}")
    detail = state.detail or {}
    code = str(detail.get("code", state.status))
    parts = [{"completed": "It completed.", "failed": "It failed."}.get(state.status, f"It was {state.status}.")]
    parts += [text] if (text := failures(state, state.failures)) else []
    steps = []
    if state.status == "blocked" and (blocked := detail.get("node_ids")):
        parts.append(f"Nothing failed, but {', '.join(blocked)} cannot go on.")
        parts += [f"{name}: {error.message}" for name in blocked if (error := state.nodes[name].error) is not None and error.message]
        steps = [f"penstock recover {state.run_id}", f"penstock cancel {state.run_id}"]
    elif state.status == "failed" and state.failures:
        steps = [f"penstock recover {state.run_id}", f"penstock retry {state.run_id} {state.failures[0]}"]
        steps += [f"penstock logs {state.run_id} {state.failures[0]}"]
        letters = [name for node_id in state.failures if (name := letter_of_node(state, node_id)) is not None]
        steps += [f"penstock dead-letters show {letter}" for letter in letters]
    elif "text" in detail:
        parts.append(str(detail["text"]))
        steps = [f"penstock recover {state.run_id}   (tries again)"] if state.worktree is not None else []
    elif state.stop_reason not in (None, code):
        parts.append(f"Reason: {str(state.stop_reason).rstrip('.')}.")
    return reason(code, " ".join(parts), *steps, **detail)
