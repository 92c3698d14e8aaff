"""What becomes of runs that nodes of a run begin, in words."""

from __future__ import annotations

from actors.cli.phrases import Event, Sentence

__all__ = ["OF_FLOW"]


def _ended(event: Event, _: str) -> str:
    why = f" ({event['code']})" if event.get("code") and event["status"] != "completed" else ""
    return f"{event['node_id']}  its run {event['child_run_id']} is {event['status']}{why}"


def _waiting(event: Event, _: str) -> str:
    return f"{event['node_id']}  waits: its run {event['child_run_id']} is {str(event['status']).replace('_', ' ')}"


OF_FLOW: dict[str, Sentence] = {
    "sub_run_started": lambda event, _: f"{event['node_id']}  is the run {event['child_run_id']} of {event['workflow_id']}",
    "sub_run_waiting": _waiting,
    "sub_run_went_on": lambda event, _: f"{event['node_id']}  its run {event['child_run_id']} goes on",
    "sub_run_ended": _ended,
}
