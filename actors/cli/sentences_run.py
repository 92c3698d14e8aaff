"""What happens to a run, in words."""

from __future__ import annotations

from actors.cli.phrases import Event, Sentence, again, because, by, line, of_nodes

__all__ = ["OF_RUNS"]


def _created(event: Event, _: str) -> str:
    given = ", ".join(f"{key}={line(value, 40)}" for key, value in event.get("inputs", {}).items())
    fork = f", forked from {event['forked_from']}" if event.get("forked_from") else ""
    return f"run created: {event['workflow_id']} version {event['version']}{fork}" + (f" with {given}" if given else "")


def _failed(event: Event, _: str) -> str:
    message = f": {line(event['message'], 200)}" if event.get("message") else ""
    return f"run failed, {event['code']}{of_nodes(event.get('node_ids'))}{message}{of_nodes(event.get('missing'), '; missing: ')}"


def _waits_for_slot(event: Event, _: str) -> str:
    reason = event["queue_reason"]
    known = {
        "capacity": "all slots are taken",
        "workspace_lock": f"another run works in {event.get('resource_key')}",
        "rate_limit": f"{event.get('rate_limited_provider')} is throttled",
        "overlap": "an older scheduled run is not over",
    }
    return f"waits in the queue: {known.get(reason, reason)}"


def _restarted(event: Event, _: str) -> str:
    return f"daemon restarted; cut off and begun again: {', '.join(event['node_ids']) or 'nothing'}"


def _resumed(event: Event, _: str) -> str:
    return f"run resumed{by(event)}{because(event)}{again(event.get('reset_nodes'))}"


OF_RUNS: dict[str, Sentence] = {
    "run_created": _created,
    "run_execution_claimed": lambda event, _: f"daemon took the run over, epoch {event['lease_epoch']}",
    "run_started": lambda *_: "run started",
    "run_queued_for_resume_after_restart": _restarted,
    "run_interrupted_shutdown": lambda *_: "daemon shuts down; the run is held until the next start",
    "run_pause_requested": lambda event, _: f"pause asked{by(event)}{because(event)}",
    "run_paused": lambda event, _: f"run paused{because(event)}{of_nodes(event.get('node_ids'), ' for ')}",
    "run_resumed": _resumed,
    "run_requeued": lambda event, _: f"run queued again{because(event)}",
    "run_queue_reason_changed": _waits_for_slot,
    "run_waiting": lambda event, _: f"run waits for {', '.join(event['node_ids'])}",
    "run_awaiting_approval": lambda event, _: f"run waits for {', '.join(event['gates'])}",
    "run_cancel_requested": lambda event, _: f"cancel asked{by(event)}{because(event)}",
    "run_stopped": lambda event, _: f"run cancelled{by(event)}{because(event)}",
    "run_cancelled": lambda event, _: f"run cancelled by gate {event['node_id']}{because(event)}",
    "run_completed": lambda *_: "run completed",
    "run_failed": _failed,
    "run_failed_panic": lambda event, _: f"run failed, its actor kept crashing: {line(event['message'], 200)}",
    "run_failed_server_restart": _failed,
    "run_blocked_corrupt_checkpoint": lambda event, _: f"run blocked, its log cannot be read: {line(event['message'], 200)}",
    "run_blocked": lambda event, _: f"run blocked, {event['code']}{of_nodes(event.get('node_ids'))}",
    "run_completion_repair_requested": lambda event, _: (
        f"all is done, but missing: {', '.join(event['missing'])}; done again: {', '.join(event['node_ids'])}"
    ),
    "phase_opened": lambda event, _: f"phase {event['phase_id']} is open",
    "milestone_promoted": lambda event, _: f"milestone {event['milestone_id']} reached",
    "run_task_retried": lambda event, _: f"{event['node_id']}  retry asked{by(event)}{because(event)}{again(event['reset_nodes'])}",
    "run_task_requeued": lambda event, _: f"{event['node_id']}  begins anew{by(event)}{because(event)}{again(event['reset_nodes'])}",
    "run_task_continued": lambda event, _: f"{event['node_id']}  is tried again{by(event)}{because(event)}",
    "run_recovered": lambda event, _: f"run recovered{by(event)}{because(event)}{again(event['reset_nodes'])}",
    "run_recovered_from_pause": lambda event, _: f"run recovered{by(event)}{because(event)}{again(event.get('reset_nodes'))}",
    "run_step_repaired": lambda event, _: (
        f"{event['node_id']}  repaired{by(event)}, the run goes on with version {event['to_version']}{again(event['reset_nodes'])}"
    ),
    "run_finish_requested": lambda event, _: f"nothing new starts any more{by(event)}{because(event)}",
    "run_forked": lambda event, _: f"forked{by(event)}: {event['fork_run_id']}",
    "run_execution_claim_expired_requeued": lambda event, _: f"claim of {event['claimant_id']} ran out before it began anything",
    "run_paused_stale_no_provider_activity": lambda event, _: (
        f"nothing happened for {event['idle_s']} s: run paused{of_nodes(event.get('node_ids'), '; unheard of: ')}"
    ),
    "run_auto_resumed": lambda *_: "run goes on by itself",
    "run_pausing_settled_on_restart": lambda *_: "daemon restarted; run paused as was asked",
    "finally_started": lambda *_: "clean-up begins",
    "finally_completed": lambda event, _: f"clean-up done{of_nodes(event.get('failed_nodes'), ', failed: ')}",
    "stateful_dead_letter_retry_requeued": lambda event, _: f"retry of {', '.join(event['letter_ids'])}{again(event['reset_nodes'])}",
    "run_purged": lambda event, _: f"run removed{by(event)}{because(event)}",
    "report_written": lambda event, _: f"report written: {event['path']}",
}
