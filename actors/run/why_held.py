"""Why a run is held, and how it is let go on. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from actors.ledger.periods import end_of
from actors.run.budgets import SHARED
from actors.run.failing import under_review
from actors.run.state import RunState
from actors.run.wording import failures, reason, words
from actors.sub_run.row import BUDGET_ABOVE, PARENT_PAUSED
from actors.workflow.spec import WorkflowBudget

__all__ = ["needs_person", "why_held"]

BUDGETS = {
    "budget_runtime_reached": ("runtime budget", "--runtime 2h"), "budget_tokens_reached": ("token budget", "--tokens 1000000"),
    "budget_cost_reached": ("budget of dollars", "--cost 20"), "budget_tool_calls_reached": ("budget of tool calls", "--tool-calls 1000"),
    "budget_model_unpriced": ("budget of dollars", "--cost 20"),
    "budget_workflow_tokens_reached": ("token budget", "--workflow-tokens 1000000"),
    "budget_workflow_cost_reached": ("budget of dollars", "--workflow-cost 20"),
    "budget_workflow_tool_calls_reached": ("budget of tool calls", "--workflow-tool-calls 1000"),
    "budget_workflow_model_unpriced": ("budget of dollars", "--workflow-cost 20"),
}  # fmt: skip
BY_OPERATOR = "paused_by_operator"
WANTED = frozenset({BY_OPERATOR, "shutdown", "workflow_paused", PARENT_PAUSED, BUDGET_ABOVE})
ABOVE_WORDS = {BUDGET_ABOVE: ", or one above it, for a budget that they share and that is used up"}
"""Reasons to be held that somebody wanted, or that pass by themselves."""


def needs_person(state: RunState) -> dict[str, Any] | None:
    """The reason of a run that is held until a person does something that nobody asked him for yet; None for any other run."""
    found = why_held(state) if state.status == "paused" else None
    return None if found is None or found["code"] in WANTED else found


def why_held(state: RunState) -> dict[str, Any]:
    """The one reason of a paused run."""
    code = state.pause_reason or "paused"
    resume = f"penstock resume {state.run_id}"
    if code in SHARED and state.detail is not None:
        return _shared(state, code, resume)
    if code in BUDGETS and state.detail is not None:
        return _budget(state, code, resume)
    if code == "schema_validation_failed" and state.detail is not None:
        node_id = str(state.detail["node_id"])
        text = f"The output of {node_id} does not fit its schema. Look at it; resumed, it is made again."
        return reason(code, text, f"penstock logs {state.run_id} {node_id}", resume, node_id=node_id)
    if code in (PARENT_PAUSED, BUDGET_ABOVE):
        text = (
            f"The run {state.parent_run_id}, whose node {state.parent_node_id} has begun it, is held"
            + ABOVE_WORDS.get(code, "")
            + ". It goes on with that one."
        )
        return reason(code, text, f"penstock resume {state.parent_run_id}")
    if code == "shutdown":
        text = "The daemon was shut down while it ran. The next start of the daemon takes it up by itself."
        return reason(code, text, resume, stop_kind=state.stop_kind)
    if code == "workflow_paused":
        text = f"Its workflow {state.workflow_id} is paused, and it is held with it. It goes on when the workflow is activated."
        return reason(code, text, f"penstock workflow activate {state.workflow_id}", f"{resume}   (this run alone)")
    if code == "stale_no_provider_activity":
        return _stale(state, resume)
    if code == "node_failed_review":
        failed = under_review(state)
        text = f"{failures(state, failed)} The run is held until somebody has looked: resume it to give fresh attempts, or cancel it."
        logs = [f"penstock logs {state.run_id} {node_id}" for node_id in failed[:1]]
        return reason(code, text, resume, *logs, f"penstock cancel {state.run_id}", node_ids=failed)
    row = next((row for row in state.waits.values() if row.needs_person), None)
    if code in ("wait_escalated", "wait_reminded") and row is not None:
        text = f"Nothing came in time for node {row.node_id}" + (f", and {row.escalate_to} is asked" if row.escalate_to else "")
        return reason(
            code, f"{text}. Resume it to wait anew, or cancel it.", resume, f"penstock cancel {state.run_id}", node_id=row.node_id
        )
    why = "." if code == BY_OPERATOR else f": {code.rstrip('.')}."
    return reason(BY_OPERATOR, f"An operator paused it{why}", resume, f"penstock cancel {state.run_id}", stop_kind=state.stop_kind)


def _budget(state: RunState, code: str, resume: str) -> dict[str, Any]:
    """What was used of what, and how to raise it."""
    what, option = BUDGETS[code]
    value, limit = (state.detail or {}).get("value", 0), (state.detail or {}).get("limit", 0)
    used, most = (words(int(value)), words(int(limit))) if code == "budget_runtime_reached" else (value, limit)
    text = f"Its {what} is used up: {used} of {most}."
    if code == "budget_model_unpriced":
        text = f"It has a budget of {limit} dollars, and some of what it used has no price, so that nobody knows what is left of it."
    steps = (f"{resume} {option}", f"penstock finish {state.run_id}", f"penstock cancel {state.run_id}")
    return reason(
        code, f"{text} Resume it with a raised limit, finish it with what it has, or cancel it.", *steps, stop_kind=state.stop_kind
    )


def _shared(state: RunState, code: str, resume: str) -> dict[str, Any]:
    """The same of what all runs of the workflow have in common; there, time helps as well."""
    what, option = BUDGETS[code]
    value, limit, budget = (state.detail or {}).get("value"), (state.detail or {}).get("limit"), state.plan.workflow.budget
    per = (budget or WorkflowBudget()).per
    anew = datetime.fromtimestamp(end_of(per, state.updated_at_ms) / 1000, UTC)
    text = f"The {what} that all runs of its workflow share for a {per} is used up: {value} of {limit}."
    if code == "budget_workflow_model_unpriced":
        text = f"All runs of its workflow share a budget of {limit} dollars for a {per}, and a model that they use has no price."
    later = f"{resume}   (after {anew:%Y-%m-%d %H:%M} UTC, when the next {per} begins)"
    steps = (f"{resume} {option}", later, f"penstock finish {state.run_id}", f"penstock cancel {state.run_id}")
    advice = f"Resume it with a raised limit, or in the next {per}; finish it with what it has, or cancel it."
    return reason(code, f"{text} {advice}", *steps, stop_kind=state.stop_kind, anew_at_ms=end_of(per, state.updated_at_ms))


def _stale(state: RunState, resume: str) -> dict[str, Any]:
    found = state.detail or {}
    nodes = found.get("node_ids", [])
    what = f"Nothing was heard of {', '.join(nodes)}" if nodes else "Nothing happened"
    text = f"{what} for {words(found.get('idle_s', 0) * 1000)}, and it did not go on by itself again. Look at its logs, then resume it."
    logs = [f"penstock logs {state.run_id} {node_id}" for node_id in nodes[:1]]
    return reason("stale_no_provider_activity", text, *logs, resume, f"penstock cancel {state.run_id}", stop_kind=state.stop_kind)
