"""What was acknowledged is recorded, once."""

from __future__ import annotations

import json

from tests.scenarios.history import History
from tests.scenarios.invariants.kin import begun_by_runs
from tests.scenarios.invariants.unattended import unattended
from tests.scenarios.records import Records

__all__ = ["inv_g1", "inv_g2"]


def inv_g1(db: Records, history: History) -> list[str]:
    """Every acknowledged change has its receipt with the same reply, and its run exists; a run has one receipt, fire or handoff."""
    wrong = []
    for op in history.ops:
        if op.outcome != "ok" or not op.changing or op.method == "store.backup":
            continue
        kept = db.receipts.get(op.request_id)
        if kept is None:
            wrong.append(f"G1: {op.method} {op.request_id} was acknowledged and is not recorded")
        elif any(op.result.get(name) != value for name, value in kept.items()):
            wrong.append(f"G1: {op.method} {op.request_id} was answered {op.result}, recorded is {kept}")
        if "run_id" in op.result and op.result["run_id"] not in db.logs:
            wrong.append(f"G1: run {op.result['run_id']} was acknowledged and does not exist")
    started = [op.result["run_id"] for op in history.ok("run.start") if op.result["run_id"] not in db.purged]
    made = [reply["run_id"] for reply in db.receipts.values() if "workflow_id" in reply and "run_id" in reply]
    made += [*unattended(db), *begun_by_runs(db)]
    wrong += [f"G1: run {run_id} has {made.count(run_id)} origins" for run_id in db.runs if made.count(run_id) != 1]
    return wrong + [f"G1: run {run_id} was started and is gone" for run_id in started if run_id not in db.runs]


def inv_g2(db: Records, history: History) -> list[str]:
    """One request id, one body: one reply, always the same; another body: request_conflict."""
    wrong = []
    first: dict[str, tuple[str, dict[str, object]]] = {}
    for op in history.ops:
        if not op.changing or op.outcome not in ("ok", "fail"):
            continue
        body = json.dumps([op.method, op.params], sort_keys=True)
        known = first.get(op.request_id)
        if known is None and op.outcome == "ok":
            first[op.request_id] = (body, op.result)
        elif known is not None and known[0] == body and (op.outcome != "ok" or op.result != known[1]):
            wrong.append(f"G2: {op.method} {op.request_id} was answered {known[1]}, then {op.result or op.code}")
        elif known is not None and known[0] != body and op.code != "request_conflict":
            wrong.append(f"G2: {op.request_id} was used for another body and answered {op.result or op.code}")
    return wrong
