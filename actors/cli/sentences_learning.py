"""What a run's log says of learning, in words."""

from __future__ import annotations

from actors.cli.phrases import Event, Sentence
from actors.cli.text import count

__all__ = ["OF_LEARNING"]


def _injected(event: Event, _: str) -> str:
    return f"{event['node_id']}  is told of {count(len(event['learning_ids']), 'learning')}: {', '.join(event['learning_ids'])}"


def _finalized(event: Event, _: str) -> str:
    found = event.get("generated_learning_ids") or []
    metrics = event.get("post_run_metrics") or {}
    does = f"; {metrics['completion_rate']:.0%} of {count(metrics['sample_size'], 'run')} completed" if metrics else ""
    return f"learned from it: {', '.join(found) or 'nothing new'}{does}"


OF_LEARNING: dict[str, Sentence] = {
    "learnings_injected": _injected,
    "learning_finalized": _finalized,
    "learning_skipped": lambda event, _: f"nothing is learned from it: {event['reason']}",
}
