"""Cancelling ends runs in time, once; clocks decide nothing; readers see all, in order."""

from __future__ import annotations

from typing import Any

from tests.scenarios.history import History
from tests.scenarios.invariants.words import BOOKKEEPING, ENDED, LEAVES, RESETS
from tests.scenarios.records import Records

__all__ = ["inv_g14", "inv_g26", "inv_g27"]

GRACE_S = 60.0 + 5.0


def inv_g14(db: Records, history: History) -> list[str]:
    """Without jumps of the watch nothing due begins early; with them, epochs still only grow and the order of a log stands."""
    wrong = []
    for run_id in db.runs:
        epoch = 0
        due: dict[str, int] = {}
        for event in db.events(run_id):
            if event["event"] == "run_execution_claimed":
                if event["lease_epoch"] != epoch + 1:
                    wrong.append(f"G14: {run_id} goes from epoch {epoch} to {event['lease_epoch']}")
                epoch = event["lease_epoch"]
            elif event["event"] == "node_retry_backoff_scheduled":
                due[event["node_id"]] = event["retry_after_ms"]
            elif event["event"] in (*LEAVES, "run_recovered_from_pause"):
                due.clear()  # a person's wish is not held up by a back-off, and the end before it has ended them
            elif event["event"] in RESETS:
                due = {node_id: at_ms for node_id, at_ms in due.items() if node_id not in (event.get("reset_nodes") or ())}
            elif event["event"] == "node_started" and event["at_ms"] < due.pop(event["node_id"], 0):
                wrong.append(f"G14: {run_id} starts {event['node_id']} before its back-off is over")
        claim = db.claims.get(run_id)
        if claim is not None and claim[1] < epoch:
            wrong.append(f"G14: {run_id} has been claimed with epoch {epoch}, its claim says {claim[1]}")
        if not history.clock_went_back and db.times[run_id] != sorted(db.times[run_id]):
            wrong.append(f"G14: the times of {run_id} go back")
    return wrong


def inv_g26(db: Records, history: History) -> list[str]:
    """One ending for each time a run ends, and nothing of substance after it. An acknowledged cancel: only clean-up starts after it."""
    wrong = []
    for run_id in db.runs:
        ended = None
        for event in db.events(run_id):
            name = event["event"]
            if name in LEAVES:
                ended = None
            elif ended is not None and name in ENDED and not (ended.startswith("run_blocked") and name == "run_stopped"):
                wrong.append(f"G26: {run_id} ends as {ended} and again as {name}")
            elif ended is not None and name not in (*BOOKKEEPING, *ENDED):
                wrong.append(f"G26: {run_id} goes on with {name} after {ended}")
            if name in ENDED:
                ended = name
    for op in history.ok("run.cancel"):
        wrong += [] if op.params["run_id"] in db.purged else _cancelled(db, op.params["run_id"], op.result, history)
    return wrong


def _cancelled(db: Records, run_id: str, answer: dict[str, Any], history: History) -> list[str]:
    if answer.get("already_terminal"):
        return []
    wrong: list[str] = []
    asked = None
    for event in db.events(run_id):
        if event["event"] in ("run_cancel_requested", "run_stopped") and asked is None:
            asked = event
        elif event["event"] in LEAVES:
            asked = None
        elif asked is not None and event["event"] in ENDED and not history.jumped and len(history.lives) == 1:
            late_s = (event["at_ms"] - asked["at_ms"]) / 1000
            wrong += [f"G26: {run_id} ended {late_s} s after its cancel"] if late_s > GRACE_S else []
    names = [event["event"] for event in db.events(run_id)]
    if not any(name in ("run_cancel_requested", "run_stopped", "run_cancelled") for name in names):
        wrong.append(f"G26: the cancel of {run_id} was acknowledged and is not in its log")
    return wrong


def inv_g27(db: Records, history: History) -> list[str]:
    """A subscription brings every event behind its start once, in order, as recorded; an acknowledged change can be read at once."""
    wrong = []
    for followed in history.followed:
        if followed.run_id in db.purged:
            continue
        seqs = [event["seq"] for event in followed.events]
        if seqs != list(range(followed.after + 1, followed.after + 1 + len(seqs))):
            wrong.append(f"G27: a follower of {followed.run_id} from {followed.after} got {seqs}")
        kinds = [row[1] for row in db.logs.get(followed.run_id, [])]
        wrong += [
            f"G27: a follower of {followed.run_id} was told {event['event']} as {event['seq']}"
            for event in followed.events
            if kinds[event["seq"] - 1] != event["event"]
        ]
    return wrong + _own_writes(db, history)


def _own_writes(db: Records, history: History) -> list[str]:
    """Who was told of a run's existence finds it ever after, until it is removed."""
    known: dict[str, float] = {op.result["run_id"]: op.ended_s for op in history.ok("run.start") if op.result["run_id"] not in db.purged}
    return [
        f"G27: {op.params['run_id']} was not found after its start was acknowledged"
        for op in history.ops
        if op.code == "run_not_found" and known.get(op.params["run_id"], op.began_s + 1) <= op.began_s
    ]
