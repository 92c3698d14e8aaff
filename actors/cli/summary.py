"""The summary of a run that has ended, in words: how many attempts came to what, and each of them in a line (flow spec 6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actors.cli.exits import FAILED, Told
from actors.cli.text import count, elapsed, emit, visible

__all__ = ["headline", "print_summary", "summary_lines", "totals"]


def headline(summary: dict[str, Any]) -> str:
    """`story: 3 of 5 completed, 1 failed, 1 skipped`."""
    parts = [f"{summary['completed']} of {count(summary['total'], 'attempt')} completed"]
    parts += [f"{summary[word]} {word.replace('_', ' ')}" for word in ("failed", "skipped", "timed_out") if summary[word]]
    return visible(f"{summary['workflow']}: {', '.join(parts)}")


def summary_lines(summary: dict[str, Any]) -> Iterator[str]:
    """The whole text."""
    yield headline(summary)
    if summary.get("omitted"):
        yield f"… {count(summary['omitted'], 'older attempt')}"
    for row in summary["attempts"]:
        turn = f"  iteration {row['iteration']}" if row["iteration"] else ""
        never = "  (never executed)" if row["never_executed"] else ""
        yield visible(f"[{row['short']}] {row['label']}{turn}{never}")
    if "error" in summary:
        yield visible(f"error: {summary['error']['code']}: {summary['error'].get('message', '')}".rstrip(": "))
    yield "success" if summary["success"] else "failure"


def totals(metrics: dict[str, Any]) -> str:
    """What its attempts have used together."""
    parts = [f"{elapsed(metrics['total_duration_ms'])} of work"]
    if metrics["has_llm_metrics"]:
        tokens = f"{count(metrics['total_input_tokens'], 'token')} in, {metrics['total_output_tokens']} out"
        last = f" (last {visible(metrics['model'])})" if metrics.get("model") else ""
        parts += [f"{count(metrics['total_turns'], 'call')} of models{last}", tokens, f"${metrics['total_cost_usd']:.4f}"]
    return ", ".join(parts)


def print_summary(run: dict[str, Any]) -> None:
    """All attempts of a run that has ended, and what they have used together."""
    if "result_summary" not in run:
        raise Told("run_not_terminal", f"The run {run['run_id']} is {run['status']}; its summary is there when it has ended.", FAILED)
    for line in summary_lines(run["result_summary"]):
        emit(line)
    emit(totals(run["metrics"]))
