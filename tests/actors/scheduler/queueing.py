"""An admission in a few words, for the tests of its rules."""

from __future__ import annotations

from typing import Any

from actors.scheduler.messages import Ticket
from actors.scheduler.rules import Admission

__all__ = ["admission", "run_dry", "served"]


def admission(*tickets: Ticket, slots: int = 8, **more: Any) -> Admission:
    """Rules with these runs in the queue."""
    found = Admission(slots, **more)
    for ticket in tickets:
        found.enqueue(ticket)
    return found


def served(rules: Admission, now: int = 0) -> str:
    """Give one slot, and take it back: who got it. Needs a single slot."""
    [run_id] = rules.admit(now)
    rules.leave(run_id)
    return run_id


def run_dry(rules: Admission, now: int = 0) -> list[str]:
    """All of the queue, in the order in which it is served."""
    found = []
    while rules.queued:
        found.append(served(rules, now))
    return found
