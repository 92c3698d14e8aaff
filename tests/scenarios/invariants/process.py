"""The daemon itself: one run's trouble stays its own, restarts are bounded, so is memory; it starts, stops and fails as it must."""

from __future__ import annotations

from collections import defaultdict

from tests.scenarios.history import History
from tests.scenarios.invariants.logs import fold_upto
from tests.scenarios.records import Records

__all__ = ["inv_g15", "inv_g16", "inv_g17", "inv_g19", "inv_g20", "inv_g21", "inv_g22"]

BUDGET, WINDOW_S = 3, 60.0
SHUTDOWN_S = 10.0


def inv_g15(db: Records, history: History) -> list[str]:
    """A log that cannot be folded, or an actor that kept crashing, ended its run with the reason; no life of the daemon failed over it."""
    wrong = [f"G15: life {life.number} of the daemon failed" for life in history.lives if life.ending == "failed"]
    for run_id in db.runs:
        try:
            fold_upto(db, run_id)
        except Exception as error:  # noqa: BLE001  whatever it is, the run must have been locked away
            if "run_blocked_corrupt_checkpoint" not in [row[1] for row in db.logs[run_id]]:
                wrong.append(f"G15: {run_id} cannot be folded ({error}) and was not locked away")
        if db.catalog[run_id]["status"] in ("running", "pausing") and history.lives and history.lives[-1].ending == "orderly":
            wrong.append(f"G15: {run_id} is {db.catalog[run_id]['status']} though the daemon ended in order")
    return wrong


def inv_g16(db: Records, history: History) -> list[str]:
    """No actor was restarted more often than its supervisor's budget allows."""
    wrong = []
    for life in history.lives:
        restarts: dict[str, list[float]] = defaultdict(list)
        for at_s, event in life.kernel:
            if event.happening == "restarting":
                restarts[event.path].append(at_s)
        for path, times in restarts.items():
            most = max(sum(start <= at <= start + WINDOW_S for at in times) for start in times)
            if most > BUDGET:
                wrong.append(f"G16: {path} was restarted {most} times within a minute")
    return wrong


def inv_g17(db: Records, history: History) -> list[str]:
    """No mailbox held more than its number says."""
    return [
        f"G17: {path} held {length} of {capacity}"
        for life in history.lives
        for path, length, capacity in life.mailboxes
        if length > capacity
    ]


def inv_g19(db: Records, history: History) -> list[str]:
    """Every orderly end was through in time."""
    return [f"G19: life {life.number} took {life.took_s} s to end" for life in history.lives if life.took_s > SHUTDOWN_S]


def inv_g20(db: Records, history: History) -> list[str]:
    """No process of a step outlived its daemon."""
    return [f"G20: process {pid} was left behind" for pid in history.orphans]


def inv_g21(db: Records, history: History) -> list[str]:
    """A start that was refused wrote nothing: the logs before it and after it are the same."""
    wrong = []
    for before, after in history.refused_starts:
        if before != after:
            wrong.append("G21: a refused start changed the data")
    return wrong


def inv_g22(db: Records, history: History) -> list[str]:
    """While the disk took nothing, nothing was acknowledged."""
    return [
        f"G22: {op.method} was acknowledged while the disk took nothing"
        for began_s, ended_s in history.faults
        for op in history.ops
        if op.changing and op.outcome == "ok" and began_s < op.began_s and op.ended_s < ended_s
    ]
