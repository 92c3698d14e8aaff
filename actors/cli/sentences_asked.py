"""Questions to people and waits for the world, in words."""

from __future__ import annotations

from actors.cli.phrases import Event, Sentence, again, because, by, line
from actors.cli.text import date_time

__all__ = ["OF_QUESTIONS"]


_PARTICIPLES = {
    "approve": "approved", "reject": "rejected", "rework": "sent back", "cancel": "answered by cancelling the run,", "pass": "passed",
    "fail": "failed", "timed_out": "timed out, closed", "timeout_resume": "taken as approved", "expired": "expired, closed",
}  # fmt: skip


def _opened(event: Event, _: str) -> str:
    prompt = (event.get("shown") or {}).get("prompt")
    asks = event["gate_type"] not in ("human_approval", "human_review")
    whom = f"its resolver, {event['gate_type']}" if asks else "a person"
    dropped = f"; no options are {', '.join(event['dropped_options'])}" if event.get("dropped_options") else ""
    return f"{event['gate_name']}  waits for {whom}" + (f": {line(prompt)}" if prompt else "") + dropped


def _decided(event: Event, _: str) -> str:
    chosen = f", options {', '.join(event['selections'])}" if event.get("selections") else ""
    words = f": {line(event['feedback'])}" if event.get("feedback") else because(event)
    what = _PARTICIPLES.get(event["decision"], event["decision"])
    return f"{event['gate_name']}  {what} by {event['decided_by']}{chosen}{words}{again(event.get('reset_nodes'))}"


def _waits(event: Event, _: str) -> str:
    what = {
        "timer": f"until {date_time(event['wake_at_ms'])}" if event.get("wake_at_ms") else "for its time",
        "webhook": f"for a delivery of {(event.get('match') or {}).get('trigger_id')}", "external_condition": f"for {event.get('key')}",
    }  # fmt: skip
    limit = f", at most until {date_time(event['timeout_at_ms'])}" if event.get("timeout_at_ms") else ""
    return f"{event['node_id']}  waits {what.get(event['wait_kind'], 'for ' + event['wait_kind'])}{limit}"


OF_QUESTIONS: dict[str, Sentence] = {
    "approval_gate_resolver_failed": lambda event, _: (
        f"{event['gate_name']}  its resolver gave no answer, time {event['count']}: {event['code']}"
        + (f", {line(event['message'], 200)}" if event.get("message") else "")
    ),
    "wait_node_registration_started": _waits,
    "wait_node_registered": lambda event, _: f"{event['node_id']}  waits",
    "wait_node_registration_failed": lambda event, _: f"{event['node_id']}  cannot wait, {event['code']}: {line(event['message'], 200)}",
    "stateful_runtime.wait.timer_woken": lambda event, _: f"{event['node_id']}  its time has come",
    "stateful_runtime.wait.external_condition_resolved": lambda event, _: f"{event['node_id']}  the signal came{by(event)}",
    "stateful_runtime.wait.webhook_woken": lambda event, _: f"{event['node_id']}  {event['delivery']} came",
    "stateful_runtime.wait.timeout_cancelled": lambda event, _: f"{event['node_id']}  nothing came in time: the run is cancelled",
    "stateful_runtime.wait.timeout_escalated": lambda e, _: (
        f"{e['node_id']}  nothing came in time: {e['escalate_to'] or 'somebody'} is asked"
    ),
    "stateful_runtime.wait.timeout_reminded": lambda e, _: f"{e['node_id']}  nothing came yet, reminder {e['reminder_count']}",
    "stateful_runtime.wait.timeout_resumed": lambda event, _: f"{event['node_id']}  nothing came in time: the run goes on",
    "stateful_runtime.wait.timeout_failed": lambda event, _: f"{event['node_id']}  nothing came in time",
    "stateful_wait_woken_requeued": lambda *_: "run goes on",
    "stateful_wait_timeout_paused_run": lambda event, _: (
        f"{event['node_id']}  needs a person" + ("; run paused" if event["pauses"] else "")
    ),
    "stateful_wait_timeout_cancelled_run": lambda event, _: f"run cancelled: nothing came in time for {event['node_id']}",
    "stateful_wait_wake_recovered_on_restart": lambda event, _: f"{event['node_id']}  goes on; its wait was over",
    "signal_received": lambda event, _: f"signal {event['name']}{by(event)} is kept for a later wait",
    "signal_refused": lambda event, _: f"{event['node_id']}  a kept signal {event['name']} does not fit: {line(event['message'], 200)}",
    "approval_gate_opened": _opened,
    "approval_gate_vote_recorded": lambda e, _: f"{e['gate_name']}  approved by {e['decided_by']}, {e['approvals']} of {e['needed']}",
    "approval_gate_decided": _decided,
    "approval_gate_reopened": lambda event, _: f"{event['node_id']}  asks anew{because(event)}{again(event.get('reset_nodes'))}",
    "approval_gate_expired": lambda event, _: f"{event['gate_name']}  nobody answered in time: {event['action']}",
    "approval_gate_escalated": lambda event, _: f"{event['gate_name']}  nobody answered in time: {event['escalated_to']} is asked",
    "approval_gate_reminder_due": lambda event, _: f"{event['gate_name']}  still waits for a person, reminder {event['reminder_count']}",
    "approval_gate_marked_stale": lambda event, _: f"{event['gate_name']}  has been open for long",
    "approval_gate_transition_guard_denied": lambda e, _: f"{e['gate_name']}  refused an old answer: {e['decision']} by {e['decided_by']}",
}
