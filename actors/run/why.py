"""Why a run is where it is, in words, and what would move it on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from actors.dead_letter.opening import letter_of_node
from actors.run.failing import under_review
from actors.run.state import OpenGate, RunState
from actors.wait.row import WaitRow

__all__ = ["reasons"]

EXPIRY = {
    "cancel": "the run is cancelled", "fail": "the gate fails", "continue": "the run goes on", "resume": "it counts as approved",
    "escalate": "somebody else is asked", "remind": "people are reminded",
}  # fmt: skip
TIMEOUT = {
    "fail": "the node fails", "cancel": "the run is cancelled", "escalate": "{to} is asked", "remind": "people are reminded",
    "resume": "the run goes on without it",
}  # fmt: skip
BUDGETS = {
    "budget_runtime_reached": ("runtime budget", "--runtime 2h"), "budget_tokens_reached": ("token budget", "--tokens 1000000"),
    "budget_cost_reached": ("budget of dollars", "--cost 20"), "budget_tool_calls_reached": ("budget of tool calls", "--tool-calls 1000"),
    "budget_model_unpriced": ("budget of dollars", "--cost 20"),
}  # fmt: skip
QUESTION = 200
BY_OPERATOR = "paused_by_operator"
UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000))


def reasons(state: RunState, queue: dict[str, Any] | None, now: int) -> list[dict[str, Any]]:
    """`queue` is the scheduler's own answer for a queued run: {queue_reason, …}, empty when nothing holds it; None: it was not asked.

    Each reason is {code, text, data, next}; `next` are commands that would move the run on.
    """
    match state.status:
        case "queued":
            return [_queued(state, queue, now)]
        case "running" | "pausing":
            return _running(state, now)
        case "paused":
            return [_paused(state)]
        case "awaiting_approval" | "waiting":
            return _backoffs(state, now) + _gates(state, now) + _waits(state, now)
        case _:
            return [_ended(state)]


def _reason(code: str, text: str, /, *steps: str, **data: Any) -> dict[str, Any]:
    return {"code": code, "text": text, "data": data, "next": list(steps)}


def _queued(state: RunState, queue: dict[str, Any] | None, now: int) -> dict[str, Any]:
    found = {**(state.queue or {}), **(queue or {})}
    match "" if queue is not None and "queue_reason" not in queue else found.get("queue_reason"):
        case "capacity":
            return _reason("capacity", f"{_capacity(found)} It starts when one of the running runs rests or ends.", **found)
        case "workspace_lock":
            holder = f"Another run ({found['held_by']})" if "held_by" in found else "Another run"
            text = f"{holder} works in {found.get('resource_key')}. It starts when that one rests or ends."
            return _reason("workspace_lock", text, **found)
        case "rate_limit":
            provider = found.get("rate_limited_provider")
            left = f" for another {_words(int(found['until_ms']) - now)}" if "until_ms" in found else ""
            text = f"It needs {provider}, which is throttled{left}."
            return _reason("rate_limit", text, f"penstock throttle {provider} off   (if it may be used again)", **found)
        case "overlap":
            older = f" ({found['held_by']})" if "held_by" in found else ""
            text = f"An older scheduled run of {state.workflow_id}{older} is not over. It starts when none is queued, running or waiting."
            return _reason("overlap", text, **found)
        case "retry_backoff":
            text = f"Node {found.get('retry_node_id')} failed and is tried again {_in(int(found['retry_after_ms']) - now)}"
            return _reason("retry_backoff", f"{text} (attempt {found.get('retry_attempt')}).", **found)
        case _:
            return _reason("starting", "Nothing holds it: it starts at once.")


def _capacity(found: dict[str, Any]) -> str:
    slots, ahead = found.get("max_concurrent_runs"), found.get("ahead", 0)
    if slots is None:
        return "All slots were taken."
    taken = "The only slot is taken" if slots == 1 else f"All {slots} slots are taken"
    return f"{taken}, and {_count(ahead, 'run')} {'is' if ahead == 1 else 'are'} before it."


def _running(state: RunState, now: int) -> list[dict[str, Any]]:
    found = []
    for node_id in state.executing:
        node = state.nodes[node_id]
        since = _words(now - (node.started_at_ms or now))
        found.append(_reason("node_running", f"Node {node_id} has been running for {since} (attempt {node.attempt}).", node_id=node_id))
    found += _backoffs(state, now)
    if state.failures:
        goes_on = state.plan.workflow.execution.fail_fast is False
        rest = "nodes that do not need it go on, then the run fails" if goes_on else "nothing new starts, and the run fails"
        text = f"{', '.join(state.failures)} failed: {rest} when what is under way has ended."
        found.append(_reason("failing", text))
    return found + _gates(state, now) + _waits(state, now) or [_reason("advancing", "It is about to take its next step.")]


def _backoffs(state: RunState, now: int) -> list[dict[str, Any]]:
    return [
        _reason("retry_backoff", f"Node {node_id} failed and is tried again {_in(due - now)}.", node_id=node_id, retry_after_ms=due)
        for node_id, due in state.backoffs.items()
    ]


def _paused(state: RunState) -> dict[str, Any]:
    reason = state.pause_reason or "paused"
    resume = f"penstock resume {state.run_id}"
    if reason in BUDGETS and state.detail is not None:
        return _budget(state, reason, resume)
    if reason == "schema_validation_failed" and state.detail is not None:
        node_id = str(state.detail["node_id"])
        text = f"The output of {node_id} does not fit its schema. Look at it; resumed, it is made again."
        return _reason(reason, text, f"penstock logs {state.run_id} {node_id}", resume, node_id=node_id)
    if reason == "shutdown":
        text = "The daemon was shut down while it ran. The next start of the daemon takes it up by itself."
        return _reason(reason, text, resume, stop_kind=state.stop_kind)
    if reason == "workflow_paused":
        text = f"Its workflow {state.workflow_id} is paused, and it is held with it. It goes on when the workflow is activated."
        return _reason(reason, text, f"penstock workflow activate {state.workflow_id}", f"{resume}   (this run alone)")
    if reason == "node_failed_review":
        failed = under_review(state)
        text = f"{_failures(state, failed)} The run is held until somebody has looked: resume it to give fresh attempts, or cancel it."
        logs = [f"penstock logs {state.run_id} {node_id}" for node_id in failed[:1]]
        return _reason(reason, text, resume, *logs, f"penstock cancel {state.run_id}", node_ids=failed)
    row = next((row for row in state.waits.values() if row.needs_person), None)
    if reason in ("wait_escalated", "wait_reminded") and row is not None:
        text = f"Nothing came in time for node {row.node_id}" + (f", and {row.escalate_to} is asked" if row.escalate_to else "")
        return _reason(
            reason, f"{text}. Resume it to wait anew, or cancel it.", resume, f"penstock cancel {state.run_id}", node_id=row.node_id
        )
    why = "." if reason == BY_OPERATOR else f": {reason.rstrip('.')}."
    return _reason(BY_OPERATOR, f"An operator paused it{why}", resume, f"penstock cancel {state.run_id}", stop_kind=state.stop_kind)


def _budget(state: RunState, reason: str, resume: str) -> dict[str, Any]:
    """What was used of what, and how to raise it."""
    what, option = BUDGETS[reason]
    value, limit = (state.detail or {}).get("value", 0), (state.detail or {}).get("limit", 0)
    used, most = (_words(int(value)), _words(int(limit))) if reason == "budget_runtime_reached" else (value, limit)
    text = f"Its {what} is used up: {used} of {most}."
    if reason == "budget_model_unpriced":
        text = f"It has a budget of {limit} dollars, and some of what it used has no price, so that nobody knows what is left of it."
    steps = (f"{resume} {option}", f"penstock finish {state.run_id}", f"penstock cancel {state.run_id}")
    return _reason(
        reason, f"{text} Resume it with a raised limit, finish it with what it has, or cancel it.", *steps, stop_kind=state.stop_kind
    )


def _gates(state: RunState, now: int) -> list[dict[str, Any]]:
    return [_gate(state, gate, now) for gate in state.open_gates.values()]


def _gate(state: RunState, gate: OpenGate, now: int) -> dict[str, Any]:
    text = f"Gate {gate.gate_name} has been open for {_words(now - gate.opened_at_ms)} and waits for a person."
    if gate.escalated is not None:
        text += f" Nobody answered in time; {gate.escalated} is asked."
    elif gate.expires_at_ms is not None:
        then = EXPIRY.get(gate.on_expiry or "", f"{gate.on_expiry} follows")
        text += f" It expires {_in(gate.expires_at_ms - now)}; then {then}."
    question = str(gate.shown.get("prompt") or "").strip().split("\n", 1)[0]
    text += f" It asks: {question[:QUESTION]}" if question else ""
    first = "approve" if "approve" in gate.decisions else gate.decisions[0]
    words = [{"cancel": "cancel-gate"}.get(word, word) for word in gate.decisions if word != first]
    step = f"penstock {first} {state.run_id} {gate.gate_name}" + (f"   (or {', '.join(words)})" if words else "")
    return _reason("awaiting_gate", text, step, node_id=gate.node_id, gate=gate.gate_name, expires_at_ms=gate.expires_at_ms)


def _waits(state: RunState, now: int) -> list[dict[str, Any]]:
    return [_wait(state, row, now) for row in state.waits.values() if row.open]


def _wait(state: RunState, row: WaitRow, now: int) -> dict[str, Any]:
    """What an open wait waits for, and what happens when that does not come."""
    then = ""
    if row.timeout_at_ms is not None:
        what = TIMEOUT[row.on_timeout or "fail"].format(to=row.escalate_to)
        then = f" If nothing comes {_in(row.timeout_at_ms - now)}, {what}."
    match row.kind:
        case "timer":
            text = f"Node {row.node_id} waits for its time, which comes {_in((row.wake_at_ms or now) - now)}."
            return _reason("waiting_for_time", text + then, node_id=row.node_id, wake_at_ms=row.wake_at_ms)
        case "webhook":
            rule = f" with {row.match['field']} {row.match['value']}" if "field" in row.match else ""
            text = f"Node {row.node_id} waits for a delivery of the webhook {row.match['trigger_id']}{rule}.{then}"
            return _reason("waiting_for_webhook", text, node_id=row.node_id, match=dict(row.match))
        case "external_condition":
            text = f"Node {row.node_id} waits for the signal {row.key}.{then}"
            return _reason("waiting_for_signal", text, f"penstock signal {state.run_id} {row.key}", node_id=row.node_id, name=row.key)
        case _:
            assert_never(row.kind)


def _ended(state: RunState) -> dict[str, Any]:
    if state.dry_run:
        found = len(state.output["plan"]["problems"])
        text = f"It was a dry run, and nothing was executed. {_count(found, 'problem')} {'was' if found == 1 else 'were'} found."
        return _reason("dry_run", text, f"penstock show {state.run_id}")
    detail = state.detail or {}
    code = str(detail.get("code", state.status))
    parts = [{"completed": "It completed.", "failed": "It failed."}.get(state.status, f"It was {state.status}.")]
    parts += [text] if (text := _failures(state, state.failures)) else []
    steps = []
    if state.status == "blocked" and (blocked := detail.get("node_ids")):
        parts.append(f"Nothing failed, but {', '.join(blocked)} cannot go on.")
        parts += [f"{name}: {error.message}" for name in blocked if (error := state.nodes[name].error) is not None and error.message]
        steps = [f"penstock recover {state.run_id}", f"penstock cancel {state.run_id}"]
    elif state.status == "failed" and state.failures:
        steps = [f"penstock retry {state.run_id} {state.failures[0]}", f"penstock logs {state.run_id} {state.failures[0]}"]
        letters = [name for node_id in state.failures if (name := letter_of_node(state, node_id)) is not None]
        steps += [f"penstock dead-letters show {letter}" for letter in letters]
    elif "text" in detail:
        parts.append(str(detail["text"]))
    elif state.stop_reason not in (None, code):
        parts.append(f"Reason: {str(state.stop_reason).rstrip('.')}.")
    return _reason(code, " ".join(parts), *steps, **detail)


def _failures(state: RunState, node_ids: Sequence[str]) -> str:
    """One sentence for each failed node."""
    failed = [(node_id, error) for node_id in node_ids if (error := state.nodes[node_id].error) is not None]
    return " ".join(f"Node {node_id}: {error.message.rstrip('.') or 'failed'} ({error.code})." for node_id, error in failed)


def _in(ms: int) -> str:
    return f"in {_words(ms)}" if ms >= 1000 else "at once"


def _words(ms: int) -> str:
    """A duration as people say it, in its largest fitting unit."""
    for unit, size in UNITS:
        if ms >= size:
            return _count(round(ms / size), unit)
    return _count(round(max(0, ms) / 1000), "second")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
