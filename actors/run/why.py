"""Why a run is where it is, in words, and what would move it on. Pure."""

from __future__ import annotations

from typing import Any

from actors.run.state import RunState

__all__ = ["reasons"]


def reasons(state: RunState, queue: dict[str, Any] | None, now: int) -> list[dict[str, Any]]:
    """`queue` is the scheduler's own answer for a queued run: {queue_reason, …}, None when nothing holds it."""
    match state.status:
        case "queued":
            return [_queued(state, queue, now)]
        case "running" | "pausing":
            return _running(state, now)
        case "paused":
            return [_paused(state)]
        case "awaiting_approval" | "waiting":
            return _gates(state, now)
        case _:
            return [_ended(state)]


def _reason(code: str, text: str, /, **data: Any) -> dict[str, Any]:
    return {"code": code, "text": text, "data": data}


def _queued(state: RunState, queue: dict[str, Any] | None, now: int) -> dict[str, Any]:
    found = {**(state.queue or {}), **(queue or {})}
    match found.get("queue_reason"):
        case "capacity":
            text = f"All {found.get('max_concurrent_runs')} slots are taken; {found.get('ahead', 0)} runs are before it."
            return _reason("capacity", f"{text} It starts when one of the running runs rests or ends.", **found)
        case "workspace_lock":
            holder = found.get("held_by")
            text = f"Another run ({holder}) works in {found.get('resource_key')}. It starts when that one rests or ends."
            return _reason("workspace_lock", text, **found)
        case "retry_backoff":
            due = max(0, int(found["retry_after_ms"]) - now) / 1000
            text = f"Node {found.get('retry_node_id')} failed and is tried again in {due:.1f} s (attempt {found.get('retry_attempt')})."
            return _reason("retry_backoff", text, **found)
        case _:
            return _reason("starting", "Nothing holds it: it starts at once.")


def _running(state: RunState, now: int) -> list[dict[str, Any]]:
    found = []
    for node_id in state.executing:
        node = state.nodes[node_id]
        since = max(0, now - (node.started_at_ms or now)) / 1000
        found.append(_reason("node_running", f"Node {node_id} runs since {since:.1f} s (attempt {node.attempt}).", node_id=node_id))
    for node_id, due in state.backoffs.items():
        text = f"Node {node_id} failed and is tried again in {max(0, due - now) / 1000:.1f} s."
        found.append(_reason("retry_backoff", text, node_id=node_id, retry_after_ms=due))
    if state.failures:
        names = ", ".join(state.failures)
        found.append(_reason("failing", f"{names} failed: nothing new starts, and the run fails when what is under way has ended."))
    return found + _gates(state, now) or [_reason("advancing", "It is about to take its next step.")]


def _paused(state: RunState) -> dict[str, Any]:
    reason = state.pause_reason or "paused"
    if reason == "budget_runtime_reached" and state.detail is not None:
        used, limit = int(state.detail["value"]) / 1000, int(state.detail["limit"]) / 1000
        text = f"Its runtime budget is used up: {used:.0f} s of {limit:.0f} s. Resume it with a raised limit, or cancel it."
    elif reason == "shutdown":
        text = "The daemon was shut down while it ran. The next start of the daemon takes it up by itself."
    else:
        text = f"It is held ({reason}). Go on with: penstock resume {state.run_id}"
    return _reason(reason, text, stop_kind=state.stop_kind)


def _gates(state: RunState, now: int) -> list[dict[str, Any]]:
    found = []
    for gate in state.open_gates.values():
        open_for = max(0, now - gate.opened_at_ms) / 1000
        text = f"Gate {gate.gate_name} is open since {open_for:.0f} s and waits for a person."
        text += f" Answer with: penstock approve {state.run_id} {gate.gate_name}"
        if gate.expires_at_ms is not None:
            text += f" (expires in {max(0, gate.expires_at_ms - now) / 3_600_000:.1f} h, then: {gate.on_expiry})"
        found.append(_reason("awaiting_gate", text, node_id=gate.node_id, gate=gate.gate_name, expires_at_ms=gate.expires_at_ms))
    return found


def _ended(state: RunState) -> dict[str, Any]:
    detail = state.detail or {}
    code = str(detail.get("code", state.status))
    text = f"It is {state.status}."
    for node_id in state.failures:
        error = state.nodes[node_id].error
        if error is not None:
            text += f" Node {node_id} failed with {error.code}: {error.message}"
    if state.status == "failed" and state.failures:
        text += f" Try again with: penstock retry {state.run_id} {state.failures[0]}"
    elif state.stop_reason is not None:
        text += f" Reason: {state.stop_reason}."
    elif "text" in detail:
        text += f" {detail['text']}"
    return _reason(code, text, **detail)
