"""What has happened in a campaign, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from actors.cli.text import date_time

__all__ = ["event_words"]

Event = Mapping[str, Any]


def event_words(event: Event) -> str:
    """One line: number, time, words, and who did it."""
    tell = _WORDS.get(event["event"])
    words: str = "cannot be read" if event.get("unreadable") else tell(event) if tell is not None else ""
    by = f"  (by {event['by']})" if event.get("by") not in (None, "reconciler") else ""
    return f"{event['seq']:>4}  {date_time(event['at_ms'])}  {event['event'].replace('_', ' ')}{': ' + words if words else ''}{by}"


def _note(event: Event) -> str:
    note = event.get("note") or {}
    detail = note.get("detail")
    return f"{note.get('reason', '')}{f' ({detail})' if detail else ''}"


def _metrics(found: Mapping[str, Any]) -> str:
    over = "" if found["budget_within_limits"] else ", over budget"
    return (
        f"{found['artifact_validator_pass_rate']:.1%} passed, {found['unmet_requirement_count']:g} unmet, "
        f"{found['blocked_node_rate']:.1%} blocked{over}"
    )


_WORDS: Final[Mapping[str, Callable[[Event], str]]] = {
    "campaign_created": lambda e: f"{e['name']}, for {e['source_workflow_id']} version {e['source_version']}",
    "campaign_started": lambda e: e["status"],
    "campaign_resumed": lambda e: e["status"],
    "campaign_paused": lambda e: f"{e['status']}, {_note(e)}",
    "campaign_note_changed": lambda e: _note(e) or "none",
    "campaign_limits_changed": lambda e: f"tokens {e['campaign_max_tokens']}, usd {e['campaign_max_cost_usd']}",
    "baseline_replay_queued": lambda e: f"{e['run_id']} ({e['cause']})",
    "baseline_replay_recorded": lambda e: f"{e['replay']['run_id']}: {_metrics(e['replay']['phase1_metrics'])}",
    "baseline_replay_dropped": lambda e: f"{e['run_id']}, {e['code']}",
    "baseline_established": lambda e: _metrics(e["baseline_metrics"]),
    "baseline_rejected": lambda e: e["code"],
    "experiment_queued": lambda e: f"{e['experiment_id']}: {e['mutation']['summary']}; run {e['run_id']}",
    "evaluation_pair_queued": lambda e: f"{e['experiment_id']}: pair {e['number']}, runs {e['run_id']} and {e['replay_run_id']}",
    "evaluation_pair_measured": lambda e: f"{e['experiment_id']}: {e['pair']['outcome']}, {_metrics(e['pair']['candidate'])}",
    "experiment_evaluated": lambda e: f"{e['experiment_id']}: {e['decision']['reason']}, {_metrics(e['phase1_metrics'])}",
    "experiment_failed": lambda e: f"{e['experiment_id']}: {e['eval_failure'].get('reason') or e['eval_failure'].get('status')}",
    "proposal_queued": lambda e: e["run_id"],
    "proposal_refused": lambda e: f"{e['run_id']}, {e['code']}",
    "experiment_superseded": lambda e: e["experiment_id"],
    "promotion_requested": lambda e: e["experiment_id"],
    "promotion_refused": lambda e: f"{e['experiment_id']}, {e['decision']['reason']}",
    "promotion_approved": lambda e: f"{e['experiment_id']}: {e['mutation_summary']}",
    "promotion_rejected": lambda e: f"{e['experiment_id']}{': ' + e['reason'] if e['reason'] else ''}",
    "winner_applied": lambda e: f"{e['experiment_id']} in {e['workflow_id']} version {e['version']}",
    "campaign_completed": _note,
    "campaign_failed": _note,
    "campaign_deleted": lambda e: f"{len(e['cancelled'])} runs cancelled" if e["cancelled"] else "",
}
