"""What happens to a node, in words."""

from __future__ import annotations

from actors.cli.phrases import Event, Sentence, again, attempt, because, by, line, of_gate, of_nodes
from actors.cli.text import count, span

__all__ = ["OF_NODES"]

_FORMS = {"block": "", "parallel": ", its branches at once", "repeat": ", in turns"}


def _completed(event: Event, took: str) -> str:
    came = event.get("artifact")
    output = event.get("output")
    what = f": {line(output)}" if output not in (None, "", [], {}) and not of_gate(event) else ""
    made = f" -> {came['path']} ({count(came['size'], 'byte')})" if came else ""
    warned = f", with {count(event['warning_count'], 'warning')}" if event.get("warning_count") else ""
    return f"{event['node_id']}  completed{took}{attempt(event)}{warned}{made}{what}"


def _interrupted(event: Event, took: str) -> str:
    if event["reason"] == "tool_asked":
        return f"{event['node_id']}  rests{took} while a person is asked about a tool"
    return f"{event['node_id']}  ended{took}{because(event)}"


def _failed(event: Event, took: str) -> str:
    of = f", attempt {event['attempt']} of {event['max_attempts']}" if event["max_attempts"] > 1 else ""
    message = f": {line(event['message'], 200)}" if event.get("message") else ""
    letter = f"; left as {event['dead_letter']}" if event.get("dead_letter") else ""
    return f"{event['node_id']}  failed{took}{of}, {event['code']}{message}{letter}"


def _backoff(event: Event, _: str) -> str:
    rests = "; the run gives its slot back until then" if event.get("releases_run") else ""
    return f"{event['node_id']}  tries again in {span(event['retry_backoff_ms'])}, attempt {event['retry_attempt']}{rests}"


def _blocked(event: Event, took: str) -> str:
    behind = [node_id for node_id in event.get("affected", ()) if node_id != event["node_id"]]
    return f"{event['node_id']}  is blocked{took}{attempt(event)}{because(event)}{of_nodes(behind, '; and with it: ')}"


def _repair(event: Event, took: str) -> str:
    end = "; no repair is left" if event.get("exhausted") else ""
    return f"{event['node_id']}  needs repair{took}{attempt(event)}{because(event)}{end}"


def _verify(event: Event, took: str) -> str:
    end = "" if event.get("terminal") else "; it is tried again"
    return f"{event['node_id']}  its verification failed{took}{attempt(event)}{because(event)}{end}"


def _invalid(event: Event, _: str) -> str:
    first = event["errors"][0] if event.get("errors") else {}
    why = ": ".join(str(first[name]) for name in ("path", "message") if first.get(name))
    return f"{event['node_id']}  left {event['path']}, which does not fit{attempt(event)}" + (f": {line(why)}" if why else "")


def _group(event: Event, took: str) -> str:
    if event.get("iterations") is None:
        return f"{event['node_id']}  is over{took}"
    why = "its condition does not hold" if event["reason"] == "condition" else "it may not turn more often"
    return f"{event['node_id']}  is over{took} after {count(event['iterations'], 'turn')}: {why}"


def _step(words: str) -> Sentence:
    def sentence(event: Event, _: str) -> str:
        said = event.get("reason") or event.get("summary")
        return f"{event['node_id']}  {words}" + (f": {line(said)}" if said else "")

    return sentence


def _item(event: Event) -> str:
    return f"{event['node_id']}  item {line(event['item_id'])}"


def _collected(event: Event, _: str) -> str:
    items = "1 item" if event["count"] == 1 else f"{event['count']} items"
    return f"{event['node_id']}  {items}" + "".join(f"; {line(text)}" for text in event.get("warnings") or ())


def _item_over(event: Event, _: str) -> str:
    why = f": {event['code']}" if event.get("code") else ""
    run = f" ({event['child_run_id']})" if event.get("child_run_id") else ""
    return f"{_item(event)} {'completed' if event['succeeded'] else 'failed'}{run}{why}"


OF_NODES: dict[str, Sentence] = {
    "group_started": lambda event, _: f"{event['node_id']}  begins{_FORMS[event['form']]}",
    "group_completed": _group,
    "loop_iteration_started": lambda event, _: f"{event['node_id']}  turn {event['iteration'] + 1} begins",
    "node_started": lambda event, _: f"{event['node_id']}  started{attempt(event)}",
    "node_completed": _completed,
    "node_completed_with_warnings": _completed,
    "node_failed": _failed,
    "node_interrupted": _interrupted,
    "node_skipped": lambda event, _: f"{event['node_id']}  skipped{because(event)}",
    "node_skipped_no_work": lambda event, _: f"{event['node_id']}  skipped: what it needs had nothing to do",
    "node_retry_backoff_scheduled": _backoff,
    "node_blocked": _blocked,
    "node_repair_requested": _repair,
    "node_verify_failed": _verify,
    "node_approval_rollback": lambda event, _: f"{event['node_id']}  does not approve{because(event)}{again(event['reset_nodes'])}",
    "node_schema_validation_paused": lambda event, _: f"{event['node_id']}  its output does not fit its schema; run paused",
    "artifact_expected": lambda event, _: f"{event['node_id']}  is to leave {event['path']}",
    "prompt_sent": lambda event, _: f"{event['node_id']}  was told what to do",
    "prompt_repaired": lambda event, _: f"{event['node_id']}  was told what was wrong{attempt(event)}",
    "agent_steered": lambda event, _: f"{event['node_id']}  is told{by(event)}: {line(event['text'], 200)}",
    "agent_steering_heard": lambda event, _: f"{event['node_id']}  has heard message {event['number']}",
    "artifact_timeout": lambda event, _: f"{event['node_id']}  left no {event['path']}{attempt(event)}",
    "artifact_invalid": _invalid,
    "artifact_validated": lambda event, _: f"{event['node_id']}  left {event['path']} as it was asked for",
    "node_recovered": lambda event, _: f"{event['node_id']}  has recovered",
    "node_carried_over": lambda event, _: f"{event['node_id']}  {event['status']} before the fork",
    "fan_out_items_collected": _collected,
    "fan_out_item_started": lambda event, _: f"{_item(event)} started as {event['child_run_id']}",
    "fan_out_item_completed": _item_over,
    "fan_out_item_skipped": lambda event, _: f"{_item(event)} skipped: {line(event['blocker'])}, on which it depends, failed",
    "workflow_state_changed": _step("reports on its work"),
    "artifact_candidate_written": _step("wrote a candidate"),
    "artifact_accepted": _step("its artifact is accepted"),
    "artifact_rejected": _step("its artifact is rejected"),
    "repair_started": _step("repair begun"),
    "repair_exhausted": _step("no repair is left"),
    "research_coverage_failed": _step("its research does not cover what it must"),
    "verification_started": _step("is being verified"),
    "verification_passed": _step("its verification passed"),
    "verification_failed": _step("its verification failed"),
}
