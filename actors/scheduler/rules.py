"""Which queued run may start: slots, workspaces, order. Pure; what runs is a set of runs, never a count."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any

from attrs import Factory, define

from actors.scheduler.messages import Ticket

__all__ = ["Admission"]


@define(eq=False)
class Admission:
    """`active` maps each run that has a slot to the workspace it holds (or None); `queued` holds the others' tickets.

    Order: higher priority first; then runs that waited for a workspace; then older ones; then by id. A run that cannot start does not
    hold up those behind it.
    """

    max_concurrent_runs: int
    active: dict[str, str | None] = Factory(dict)
    queued: dict[str, Ticket] = Factory(dict)
    _epochs: dict[str, int] = Factory(dict)
    _waited: set[str] = Factory(set)
    _delayed: dict[str, int] = Factory(dict)
    _order: list[Ticket] | None = None

    def enqueue(self, ticket: Ticket) -> bool:
        """The run is queued (again, perhaps with another time). False, and nothing changes, if it has got its slot for that ticket."""
        if self._has_slot_since(ticket.run_id, ticket.epoch):
            return False
        self.active.pop(ticket.run_id, None)
        self._unqueue(ticket.run_id)
        self.queued[ticket.run_id] = ticket
        if ticket.not_before_ms is not None:
            self._delayed[ticket.run_id] = ticket.not_before_ms
        if self._order is not None:
            insort(self._order, ticket, key=self._rank)
        return True

    def leave(self, run_id: str, epoch: int | None = None) -> bool:
        """The run neither runs nor waits for a slot. False, and nothing changes, if it has got a slot since that claim."""
        if epoch is not None and self._has_slot_since(run_id, epoch):
            return False
        self.active.pop(run_id, None)
        self._epochs.pop(run_id, None)
        self._unqueue(run_id)
        self._waited.discard(run_id)
        return True

    def _has_slot_since(self, run_id: str, epoch: int) -> bool:
        """Whether the slot it has was given after that claim: what two hands send may pass each other."""
        return run_id in self.active and self._epochs.get(run_id, -1) >= epoch

    def occupy(self, run_id: str, workspace: str | None) -> None:
        """The run is known to run, however it came to that."""
        self._unqueue(run_id)
        self.active[run_id] = workspace

    def admit(self, now: int) -> list[str]:
        """Give slots to all that may start now; their ids in order."""
        admitted: list[str] = []
        if len(self.active) >= self.max_concurrent_runs or not self.queued:
            return admitted
        held = {workspace for workspace in self.active.values() if workspace is not None}
        order, passed, looked = self._sorted(), [], 0
        for ticket in order:
            looked += 1
            if not self._may_start(ticket, held, now):
                passed.append(ticket)
                continue
            self.active[ticket.run_id], self._epochs[ticket.run_id] = ticket.workspace, ticket.epoch
            if ticket.workspace is not None:
                held.add(ticket.workspace)
            admitted.append(ticket.run_id)
            if len(self.active) >= self.max_concurrent_runs:
                break
        order[:looked] = passed  # what was not looked at costs nothing, however long the queue
        for run_id in admitted:
            del self.queued[run_id]
            self._delayed.pop(run_id, None)
            self._waited.discard(run_id)
        return admitted

    def _may_start(self, ticket: Ticket, held: set[str], now: int) -> bool:
        if ticket.not_before_ms is not None and ticket.not_before_ms > now:
            return False
        if ticket.workspace is None or ticket.workspace not in held:
            return True
        if ticket.run_id not in self._waited:
            self._waited.add(ticket.run_id)
            self._order = None  # from the next time on it stands before those that did not wait
        return False

    def _unqueue(self, run_id: str) -> None:
        ticket = self.queued.pop(run_id, None)
        if ticket is None:
            return
        self._delayed.pop(run_id, None)
        if self._order is not None:
            del self._order[bisect_left(self._order, self._rank(ticket), key=self._rank)]

    def next_due(self, now: int) -> int | None:
        """When the first back-off that is not over ends, epoch milliseconds."""
        return min([due for due in self._delayed.values() if due > now], default=None)

    def reason(self, run_id: str, now: int) -> dict[str, Any] | None:
        """Why a queued run does not start, by the very tests that `admit` makes; None if nothing holds it or it is not queued."""
        ticket = self.queued.get(run_id)
        if ticket is None:
            return None
        if ticket.not_before_ms is not None and ticket.not_before_ms > now:
            return {"queue_reason": "retry_backoff", "retry_after_ms": ticket.not_before_ms}
        if ticket.workspace is not None:
            holder = next((other for other, workspace in self.active.items() if workspace == ticket.workspace), None)
            if holder is not None:
                return {"queue_reason": "workspace_lock", "resource_key": ticket.workspace, "held_by": holder}
        if len(self.active) >= self.max_concurrent_runs:
            ahead = [other.run_id for other in self._sorted()].index(run_id)
            return {"queue_reason": "capacity", "max_concurrent_runs": self.max_concurrent_runs, "ahead": ahead}
        return None

    def _sorted(self) -> list[Ticket]:
        if self._order is None:
            self._order = sorted(self.queued.values(), key=self._rank)
        return self._order

    def _rank(self, ticket: Ticket) -> tuple[int, bool, int, str]:
        return (-ticket.priority, ticket.run_id not in self._waited, ticket.created_ms, ticket.run_id)
