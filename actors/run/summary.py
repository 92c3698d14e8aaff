"""The summary of a run that has ended, and what it has used (flow spec 6.5, 8.5). Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from actors.run.attempt import Attempt
from actors.run.report import error_json
from actors.run.state import RunState
from actors.workflow.spec import Gate, Wait

__all__ = ["metrics_json", "summary_json"]

MOST: Final = 500
SHORT: Final = {
    "completed": "ok", "failed": "FAIL", "skipped": "skip", "running": "...", "timed_out": "tout", "interrupted": "stop",
}  # fmt: skip


def summary_json(state: RunState) -> dict[str, Any]:
    """Every attempt is an entry of its own; so is what ended without one. Of more than 500 the newest stand there, `omitted` says so."""
    rows = state.attempts.rows
    counted = Counter(row.status for row in rows)
    error = error_json(state)
    return {
        "workflow": state.plan.workflow.name or state.plan.workflow.label or state.workflow_id,
        "total": len(rows),
        **{word: counted[word] for word in ("completed", "failed", "skipped", "timed_out")},
        "attempts": [_entry(state, row) for row in rows[-MOST:]],
        **({"omitted": len(rows) - MOST} if len(rows) > MOST else {}),
        **({} if error is None else {"error": error}),
        "success": state.status == "completed",
    }


def _entry(state: RunState, row: Attempt) -> dict[str, Any]:
    node = state.plan.nodes[row.node_id]
    status = "interrupted" if row.status == "running" and state.terminal else row.status  # its run ended with it
    asked = isinstance(node.action, Gate | Wait)
    return {
        "node_id": row.node_id, "label": node.name, "attempt": row.attempt, "iteration": row.iteration, "status": status,
        "short": SHORT[status], "never_executed": row.status == "failed" and row.started_at_ms is None and not asked,
    }  # fmt: skip


def metrics_json(state: RunState) -> dict[str, Any]:
    """What all attempts have used, those that failed and the runs below included. `model`: the last one that was asked, if any."""
    used = state.usage
    return {
        "total_input_tokens": used.prompt_tokens, "total_output_tokens": used.completion_tokens,
        "total_cache_read_input_tokens": used.cached_tokens, "total_cache_creation_input_tokens": used.stored_tokens,
        "total_turns": used.turns, "total_cost_usd": used.cost_usd, "model": used.model or None, "total_duration_ms": used.duration_ms,
        "has_llm_metrics": bool(used.tokens or used.turns or used.cost_usd or used.unpriced),
    }  # fmt: skip
