"""Attempts: recorded completions are final, effects are bounded, one attempt at a time, late results change nothing."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any

from tests.scenarios.history import History
from tests.scenarios.invariants.words import DONE, ENDED, LEAVES, OUTCOMES, RESETS
from tests.scenarios.records import Records

__all__ = ["inv_g5", "inv_g6", "inv_g7", "inv_g8"]


def inv_g5(db: Records, history: History) -> list[str]:
    """No node is started after its completion was recorded, and none after its run has ended, unless an operation reset it."""
    wrong = []
    for run_id in db.runs:
        done: set[str] = set()
        over = False
        for event in db.events(run_id):
            name = event["event"]
            if name == "node_started" and (over or event["node_id"] in done):
                wrong.append(f"G5: {run_id} starts {event['node_id']} again at {event['seq']}")
            elif name in DONE or (name in ("node_failed", "node_verify_failed") and event["terminal"]):
                done.add(event["node_id"])
            elif name == "run_completion_repair_requested":
                done -= set(event["node_ids"])
            elif name in RESETS:
                done -= set(event.get("reset_nodes") or ())
                over = over and name not in LEAVES
                if name in LEAVES:
                    done = {node_id for node_id in done if node_id in _body(db, run_id)}
            elif name in ENDED:
                over = True
    return wrong


def _body(db: Records, run_id: str) -> set[str]:
    from tests.scenarios.invariants.logs import fold_upto

    return set(fold_upto(db, run_id).plan.body.order)


def inv_g6(db: Records, history: History) -> list[str]:
    """Every effect had its start recorded, with the instance's own key, and was carried out once; starts stay within the cap."""
    wrong = []
    begun = Counter((line["run"], line["node"], line["key"], line["attempt"]) for line in history.effects)
    for (run_id, node_id, key, attempt), times in begun.items():
        if run_id in db.purged:
            continue
        starts = [e for e in db.events(run_id) if e["event"] == "node_started" and e["node_id"] == node_id and e["attempt"] == attempt]
        keys = {sha256(f"{run_id}/{node_id}/{event['instance']}".encode()).hexdigest() for event in starts}
        if key not in keys:
            wrong.append(f"G6: {node_id} attempt {attempt} of {run_id} had an effect that no start announced")
        if times > 1:
            wrong.append(f"G6: {node_id} attempt {attempt} of {run_id} was carried out {times} times")
    for run_id in db.runs:
        wrong += _starts(db, run_id)
    return wrong


def _starts(db: Records, run_id: str) -> list[str]:
    wrong = []
    spent: Counter[tuple[str, int]] = Counter()
    for event in db.events(run_id):
        node = (event.get("node_id", ""), event.get("instance", 0))
        if event["event"] == "node_started":
            spent[node] += 1
        elif event["event"] == "node_interrupted":
            spent[node] -= 1
        elif event["event"] in ("run_queued_for_resume_after_restart", "run_pausing_settled_on_restart"):
            for node_id in event["node_ids"]:
                spent[max(key for key in spent if key[0] == node_id)] -= 1
        elif event["event"] == "node_failed" and spent[node] > event["max_attempts"] + (event["code"] == "attempt_lost"):
            wrong.append(f"G6: {node} of {run_id} began {spent[node]} counted attempts, {event['max_attempts']} are allowed")
    return wrong


def inv_g7(db: Records, history: History) -> list[str]:
    """No node was at work twice at the same time; no second start without an end of the first."""
    wrong = [f"G7: at work twice: {overlap}" for overlap in history.overlaps]
    for run_id in db.runs:
        working: set[str] = set()
        for event in db.events(run_id):
            name, node_id = event["event"], event.get("node_id", "")
            if name == "node_started":
                if node_id in working:
                    wrong.append(f"G7: {run_id} starts {node_id} at {event['seq']} while its attempt is under way")
                working.add(node_id)
            elif name in (*OUTCOMES, "approval_gate_opened", "node_approval_rollback"):
                working.discard(node_id)
            elif name in ("run_queued_for_resume_after_restart", "run_pausing_settled_on_restart"):
                working -= set(event["node_ids"])
            elif name in (*ENDED, "run_paused_stale_no_provider_activity"):
                working.clear()
    return wrong


def inv_g8(db: Records, history: History) -> list[str]:
    """An ending of an attempt names the one that was started last; nothing of a node is recorded after the run has ended."""
    wrong = []
    for run_id in db.runs:
        last: dict[str, tuple[int, int]] = {}
        over = False
        for event in db.events(run_id):
            name = event["event"]
            if name == "node_started":
                last[event["node_id"]] = (event["instance"], event["attempt"])
            elif name in OUTCOMES:
                wrong += _late(run_id, event, last, over=over)
            elif name in ENDED:
                over = True
            elif name in LEAVES:
                over = False
    return wrong


def _late(run_id: str, event: dict[str, Any], last: dict[str, tuple[int, int]], *, over: bool) -> list[str]:
    told = (event["instance"], event["attempt"])
    if over:
        return [f"G8: {run_id} records {event['event']} of {event['node_id']} after its end"]
    if event["attempt"] > 0 and last.get(event["node_id"]) != told:
        return [f"G8: {run_id} records {event['event']} of {event['node_id']} {told}, under way was {last.get(event['node_id'])}"]
    return []
