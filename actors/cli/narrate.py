"""Events in words: who, what, how long, what came out. Nonces, digests and claims are left to --json and --verbose. Prints nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import define, field

from actors.cli.text import count, date_time, elapsed, span, time_of_day, visible

__all__ = ["Narrator", "event_line", "plain_line"]

_OWN = {"seq", "event", "at_ms"}
_ROOM = 100
# What a person who watches a run learns from the lines around these, or from the last words about the run.
_SILENT = {
    "run_execution_claimed", "run_started", "run_awaiting_approval", "run_waiting", "finally_started", "report_written",
    "wait_node_registered", "stateful_wait_woken_requeued",
}  # fmt: skip

Event = dict[str, Any]


@define
class Narrator:
    """Tells one run's events in their order; it remembers when each node began, and nothing else."""

    _began: dict[str, int] = field(factory=dict)

    def words(self, event: Event) -> str:
        """One event as a short sentence without time and number. Of an event that it does not know: its name and short fields."""
        name = str(event["event"])
        if name == "node_started":
            self._began[event["node_id"]] = event["at_ms"]
        if event.get("unreadable"):
            return f"{name} (cannot be read)"
        tell = _SENTENCES.get(name)
        try:
            return visible(tell(self, event)) if tell is not None else plain_fields(event)
        except (KeyError, TypeError, AttributeError):  # an event of another version: its fields are shown as they are
            return plain_fields(event)

    def took(self, event: Event) -> str:
        """` in 0.4s`, or nothing where the start was not seen."""
        began = self._began.get(event["node_id"])
        return "" if began is None else f" in {elapsed(event['at_ms'] - began)}"

    def live_line(self, event: Event) -> str | None:
        """The line for somebody who watches: time of day and words; None for what does not interest him."""
        words = self.words(event)
        silent = event["event"] in _SILENT or _of_gate(event) or event.get("releases_run")
        return None if silent else f"{time_of_day(event['at_ms'])}  {words}"


def event_line(narrator: Narrator, event: Event) -> str:
    """Sequence number, date and time, words."""
    return f"{event['seq']:>5}  {date_time(event['at_ms'])}  {narrator.words(event)}"


def plain_line(event: Event) -> str:
    """Sequence number, date and time, the event's name and all its fields."""
    return f"{event['seq']:>5}  {date_time(event['at_ms'])}  {plain_fields(event, room=None)}"


def plain_fields(event: Event, room: int | None = _ROOM) -> str:
    """The event's name, and `key=value` of each field that is not empty."""
    fields = (f"{key}={_text(value, room)}" for key, value in event.items() if key not in _OWN and value not in (None, "", [], {}))
    return visible(" ".join([str(event["event"]), *fields]))


def _text(value: Any, room: int | None = _ROOM) -> str:
    """The first line of a value, cut; JSON where it is no text."""
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = whole if room is None else whole.strip().split("\n", 1)[0]
    return line if room is None or (len(line) <= room and line == whole.strip()) else line[: room - 1].rstrip() + "…"


def _of_gate(event: Event) -> bool:
    """A gate's own completion repeats its decision; gates have no attempts."""
    return event["event"] == "node_completed" and event.get("attempt") == 0


def _attempt(event: Event) -> str:
    return f", attempt {event['attempt']}" if event.get("attempt", 1) > 1 else ""


def _because(event: Event, before: str = ": ") -> str:
    return f"{before}{_text(event['reason'])}" if event.get("reason") else ""


def _by(event: Event) -> str:
    return f" by {event['by']}" if event.get("by") else ""


def _again(nodes: Any) -> str:
    return f"; done again: {', '.join(nodes)}" if nodes else ""


def _of_nodes(event: Event) -> str:
    return f" ({', '.join(event['node_ids'])})" if event.get("node_ids") else ""


def _created(_: Narrator, event: Event) -> str:
    given = ", ".join(f"{key}={_text(value, 40)}" for key, value in event.get("inputs", {}).items())
    return f"run created: {event['workflow_id']} version {event['version']}" + (f" with {given}" if given else "")


def _completed(self: Narrator, event: Event) -> str:
    came = event.get("artifact")
    output = event.get("output")
    what = f": {_text(output)}" if output not in (None, "", [], {}) and not _of_gate(event) else ""
    made = f" -> {came['path']} ({count(came['size'], 'byte')})" if came else ""
    return f"{event['node_id']}  completed{self.took(event)}{_attempt(event)}{made}{what}"


def _failed(self: Narrator, event: Event) -> str:
    of = f", attempt {event['attempt']} of {event['max_attempts']}" if event["max_attempts"] > 1 else ""
    message = f": {_text(event['message'], 200)}" if event.get("message") else ""
    letter = f"; left as {event['dead_letter']}" if event.get("dead_letter") else ""
    return f"{event['node_id']}  failed{self.took(event)}{of}, {event['code']}{message}{letter}"


def _backoff(_: Narrator, event: Event) -> str:
    rests = "; the run gives its slot back until then" if event.get("releases_run") else ""
    return f"{event['node_id']}  tries again in {span(event['retry_backoff_ms'])}, attempt {event['retry_attempt']}{rests}"


def _opened(_: Narrator, event: Event) -> str:
    prompt = (event.get("shown") or {}).get("prompt")
    return f"{event['gate_name']}  waits for a person" + (f": {_text(prompt)}" if prompt else "")


def _decided(_: Narrator, event: Event) -> str:
    chosen = f", options {', '.join(event['selections'])}" if event.get("selections") else ""
    words = f": {_text(event['feedback'])}" if event.get("feedback") else _because(event)
    return f"{event['gate_name']}  {event['decision']} by {event['decided_by']}{chosen}{words}{_again(event.get('reset_nodes'))}"


def _waits(_: Narrator, event: Event) -> str:
    what = {
        "timer": f"until {date_time(event['wake_at_ms'])}" if event.get("wake_at_ms") else "for its time",
        "webhook": f"for a delivery of {(event.get('match') or {}).get('trigger_id')}", "external_condition": f"for {event.get('key')}",
    }  # fmt: skip
    limit = f", at most until {date_time(event['timeout_at_ms'])}" if event.get("timeout_at_ms") else ""
    return f"{event['node_id']}  waits {what.get(event['wait_kind'], 'for ' + event['wait_kind'])}{limit}"


def _run_failed(_: Narrator, event: Event) -> str:
    nodes = f": {', '.join(event['node_ids'])}" if event.get("node_ids") else ""
    message = f": {_text(event['message'], 200)}" if event.get("message") else ""
    return f"run failed, {event['code']}{nodes}{message}"


def _restarted(_: Narrator, event: Event) -> str:
    return f"daemon restarted; cut off and begun again: {', '.join(event['node_ids']) or 'nothing'}"


def _cleaned_up(_: Narrator, event: Event) -> str:
    failed = event.get("failed_nodes")
    return "clean-up done" + (f", failed: {', '.join(failed)}" if failed else "")


_SENTENCES: dict[str, Callable[[Narrator, Event], str]] = {
    "run_created": _created,
    "run_execution_claimed": lambda _, event: f"daemon took the run over, epoch {event['lease_epoch']}",
    "run_started": lambda *_: "run started",
    "run_queued_for_resume_after_restart": _restarted,
    "run_interrupted_shutdown": lambda *_: "daemon shuts down; the run is held until the next start",
    "run_pause_requested": lambda _, event: f"pause asked{_by(event)}{_because(event)}",
    "run_paused": lambda _, event: f"run paused{_because(event)}{_of_nodes(event)}",
    "run_resumed": lambda _, event: f"run resumed{_by(event)}{_because(event)}",
    "run_requeued": lambda _, event: f"run queued again{_because(event)}",
    "run_waiting": lambda _, event: f"run waits for {', '.join(event['node_ids'])}",
    "run_awaiting_approval": lambda _, event: f"run waits for {', '.join(event['gates'])}",
    "run_cancel_requested": lambda _, event: f"cancel asked{_by(event)}{_because(event)}",
    "run_stopped": lambda _, event: f"run cancelled{_by(event)}{_because(event)}",
    "run_cancelled": lambda _, event: f"run cancelled by gate {event['node_id']}{_because(event)}",
    "run_completed": lambda *_: "run completed",
    "run_failed": _run_failed,
    "run_failed_panic": lambda _, event: f"run failed, its actor kept crashing: {_text(event['message'], 200)}",
    "run_failed_server_restart": _run_failed,
    "run_blocked_corrupt_checkpoint": lambda _, event: f"run blocked, its log cannot be read: {_text(event['message'], 200)}",
    "run_task_retried": lambda _, event: f"{event['node_id']}  retry asked{_by(event)}{_again(event['reset_nodes'])}",
    "stateful_dead_letter_retry_requeued": lambda _, e: f"retry of {', '.join(e['letter_ids'])}{_again(e['reset_nodes'])}",
    "finally_started": lambda *_: "clean-up begins",
    "finally_completed": _cleaned_up,
    "run_purged": lambda _, event: f"run is removed{_by(event)}{_because(event)}",
    "report_written": lambda _, event: f"report written: {event['path']}",
    "node_started": lambda _, event: f"{event['node_id']}  started{_attempt(event)}",
    "node_completed": _completed,
    "node_failed": _failed,
    "node_interrupted": lambda self, event: f"{event['node_id']}  ended{self.took(event)}{_because(event)}",
    "node_skipped": lambda _, event: f"{event['node_id']}  skipped{_because(event)}",
    "node_retry_backoff_scheduled": _backoff,
    "wait_node_registration_started": _waits,
    "wait_node_registered": lambda _, event: f"{event['node_id']}  waits",
    "wait_node_registration_failed": lambda _, event: f"{event['node_id']}  cannot wait, {event['code']}: {_text(event['message'], 200)}",
    "stateful_runtime.wait.timer_woken": lambda _, event: f"{event['node_id']}  its time has come",
    "stateful_runtime.wait.external_condition_resolved": lambda _, event: f"{event['node_id']}  the signal came{_by(event)}",
    "stateful_runtime.wait.webhook_woken": lambda _, event: f"{event['node_id']}  {event['delivery']} came",
    "stateful_runtime.wait.timeout_cancelled": lambda _, event: f"{event['node_id']}  nothing came in time: the run is cancelled",
    "stateful_runtime.wait.timeout_escalated": lambda _, e: (
        f"{e['node_id']}  nothing came in time: {e['escalate_to'] or 'somebody'} is asked"
    ),
    "stateful_runtime.wait.timeout_reminded": lambda _, e: f"{e['node_id']}  nothing came yet, reminder {e['reminder_count']}",
    "stateful_runtime.wait.timeout_resumed": lambda _, event: f"{event['node_id']}  nothing came in time: the run goes on",
    "stateful_runtime.wait.timeout_failed": lambda _, event: f"{event['node_id']}  nothing came in time",
    "stateful_wait_woken_requeued": lambda *_: "run goes on",
    "stateful_wait_timeout_paused_run": lambda _, event: (
        f"{event['node_id']}  needs a person" + ("; run paused" if event["pauses"] else "")
    ),
    "stateful_wait_timeout_cancelled_run": lambda _, event: f"run cancelled: nothing came in time for {event['node_id']}",
    "stateful_wait_wake_recovered_on_restart": lambda _, event: f"{event['node_id']}  goes on; its wait was over",
    "signal_received": lambda _, event: f"signal {event['name']}{_by(event)} is kept for a later wait",
    "signal_refused": lambda _, event: f"{event['node_id']}  a kept signal {event['name']} does not fit: {_text(event['message'], 200)}",
    "approval_gate_opened": _opened,
    "approval_gate_decided": _decided,
    "approval_gate_reopened": lambda _, event: f"{event['node_id']}  asks anew{_because(event)}{_again(event.get('reset_nodes'))}",
    "approval_gate_expired": lambda _, event: f"{event['gate_name']}  nobody answered in time: {event['action']}",
    "approval_gate_escalated": lambda _, event: f"{event['gate_name']}  nobody answered in time: {event['escalated_to']} is asked",
    "approval_gate_reminder_due": lambda _, event: f"{event['gate_name']}  still waits for a person, reminder {event['reminder_count']}",
    "approval_gate_marked_stale": lambda _, event: f"{event['gate_name']}  has been open for long",
    "approval_gate_transition_guard_denied": lambda _, e: f"{e['gate_name']}  refused an old answer: {e['decision']} by {e['decided_by']}",
}
