"""Waits: each ends once, no timer early, every delivery is used up by at most one wait."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["inv_g13_waits"]

OVER = (
    "timer_woken", "external_condition_resolved", "webhook_woken", "timeout_cancelled", "timeout_escalated", "timeout_resumed",
    "timeout_failed",
)  # fmt: skip
PREFIX = "stateful_runtime.wait."


def inv_g13_waits(db: Records, history: History) -> list[str]:
    """A durable timer is applied once and never early; a wait ends once; a delivery ends one wait, and says which."""
    wrong = []
    taken: Counter[str] = Counter()
    for run_id in db.runs:
        over: Counter[str] = Counter()
        for event in db.events(run_id):
            if event["event"].removeprefix(PREFIX) in OVER and event["event"].startswith(PREFIX):
                over[event["wait_id"]] += 1
                taken[event.get("delivery", "")] += 1
                judged = event.get("judged_at_ms")
                if judged is not None and not any(ms < 0 for ms in history.jumps):
                    wrong.append(f"G13: {event['wait_id']} was judged by another time than the clock's, which never went back")
                if (event["at_ms"] if judged is None else judged) < event.get("due_at_ms", 0):
                    wrong.append(f"G13: {event['wait_id']} ended before its time")
        wrong += [f"G13: {wait_id} ended {count} times" for wait_id, count in over.items() if count > 1]
    del taken[""]
    for delivery, count in taken.items():
        if count > 1 or _used(db, delivery) != 1:
            wrong.append(f"G13: {delivery} ended {count} waits and is recorded as used {_used(db, delivery)} times")
    return wrong


def _used(db: Records, delivery: str) -> int:
    rows: list[dict[str, Any]] = [orjson.loads(data) for _, kind, data in db.logs.get(delivery, []) if kind == "webhook_consumed"]
    return len(rows)
