"""Which queued run may start: throttles, workspaces, overlaps, slots, order. Pure; what runs is a set of runs, never a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from attrs import Factory, define, field

from actors.scheduler.families import Families
from actors.scheduler.figures import Figures
from actors.scheduler.lanes import Hold
from actors.scheduler.line import Line
from actors.scheduler.messages import Ticket
from actors.scheduler.ranked import Ranked
from actors.scheduler.throttles import Throttles

__all__ = ["Admission"]


def _no_other(_: str) -> str | None:
    return None


@define(eq=False)
class Admission:
    """`active` are the runs that have a slot, and with it their workspace; `pausing` those that have their workspace alone; `queued` the
    others. `single`: age alone decides about the order. `oldest` names the oldest scheduled run of a workflow that is not over.

    A run that cannot start does not hold up those behind it. Runs of one family have one slot: where one of them has it, the others join.
    """

    max_concurrent_runs: int
    single: bool = False
    oldest: Callable[[str], str | None] = _no_other
    active: dict[str, Ticket] = Factory(dict)
    pausing: dict[str, Ticket] = Factory(dict)
    queued: dict[str, Ticket] = Factory(dict)
    throttles: Throttles = Factory(Throttles)
    figures: Figures = Factory(Figures)
    _line: Line = field(init=False)
    _delayed: Ranked[str] = Factory(Ranked)
    _holders: dict[str, dict[str, str]] = Factory(dict)
    families: Families = Factory(Families)

    def __attrs_post_init__(self) -> None:
        self._line = Line(alike=self.single)

    # What becomes of runs

    def enqueue(self, ticket: Ticket) -> bool:
        """The run is queued (again, perhaps with another time). False, and nothing changes, if it has got its slot for that ticket."""
        if not self.leave(ticket.run_id, ticket.epoch):
            return False
        self.queued[ticket.run_id] = ticket
        if ticket.not_before_ms is not None:
            self._delayed.put(ticket.run_id, (ticket.not_before_ms, ticket.run_id))
        else:
            self._line_up(ticket)
        return True

    def leave(self, run_id: str, epoch: int | None = None, *, keeps_workspace: bool = False) -> bool:
        """The run neither runs nor waits for a slot. False, and nothing changes, if it has got a slot since that claim."""
        if epoch is not None and run_id in self.active and self.active[run_id].epoch >= epoch:
            return False  # what two hands send may pass each other
        ticket = self.active.get(run_id)
        self.figures.completed += ticket is not None
        self._forget(run_id)
        if ticket is not None and keeps_workspace:
            self.occupy(ticket, slot=False)
        return True

    def occupy(self, ticket: Ticket, *, slot: bool = True) -> None:
        """The run is known to run (without a slot: to be pausing), however it came to that."""
        self._forget(ticket.run_id)
        self._hold_workspace(ticket)
        (self.active if slot else self.pausing)[ticket.run_id] = ticket
        if slot:
            self._join(ticket)

    def _hold_workspace(self, ticket: Ticket) -> None:
        if ticket.workspace is not None:
            self._holders.setdefault(ticket.workspace, {})[ticket.run_id] = ticket.family

    def _forget(self, run_id: str) -> None:
        ticket = self.active.pop(run_id, None) or self.pausing.pop(run_id, None)
        for kin in self.families.leave(ticket):
            self._line.add(kin)
        if ticket is not None and ticket.workspace is not None:
            holders = self._holders[ticket.workspace]
            del holders[run_id]
            if not holders:
                del self._holders[ticket.workspace]
                self._line.release(("workspace_lock", ticket.workspace))
        elif ticket is None and (ticket := self.queued.pop(run_id, None)) is not None:
            if run_id in self._delayed:
                self._delayed.drop(run_id)
            elif not self.families.step_out(ticket):
                self._line.remove(ticket)
        if ticket is not None:
            self._line.release(("overlap", ticket.workflow))

    def _line_up(self, ticket: Ticket) -> None:
        """The run stands in the queue, or beside it where its family has a slot already."""
        if not self.families.step_in(ticket):
            self._line.add(ticket)

    def _join(self, ticket: Ticket) -> None:
        """The run has its family's slot: who of its kin stands in the queue need not."""
        root = self.queued.get(ticket.family)
        for kin in (*self.families.join(ticket), *(() if root is None else (root,))):
            if kin.run_id in self.queued and kin.run_id not in self._delayed and self.families.step_in(kin):
                self._line.remove(kin)

    # Who may start

    def admit(self, now: int) -> list[str]:
        """Give slots to all that may start now; their ids in order."""
        self._wake(now)
        admitted: list[str] = []
        while True:
            admitted += [self._give(kin, now) for kin in self.families.inside() if self._hold(kin, now) is None]
            if self.families.slots >= self.max_concurrent_runs:
                break
            shelf = self._line.first()
            if shelf is None:
                self._line.mark()
                break
            hold = self._hold(shelf.head, now)
            if hold is None:
                admitted.append(self._give(self._line.take(shelf), now))
            else:
                self._line.park(shelf, hold)
        return admitted

    def _give(self, ticket: Ticket, now: int) -> str:
        del self.queued[ticket.run_id]
        self.active[ticket.run_id] = ticket
        self._hold_workspace(ticket)
        self._join(ticket)
        self.figures.admit(now - max(ticket.since_ms, ticket.not_before_ms or 0))
        return ticket.run_id

    def _wake(self, now: int) -> None:
        """Back-offs and throttles that are over hold nobody any more."""
        while self._delayed and self._delayed.lowest[0] <= now:
            run_id = self._delayed.first
            self._delayed.drop(run_id)
            self._line_up(self.queued[run_id])
        for key in self.throttles.end(now):
            self._line.release(("rate_limit", key))

    def throttle(self, provider: str, tenant: str | None, until_ms: int | None, now: int) -> None:
        """Hold runs that need the provider until then; a time that is past lets them go."""
        lifted = self.throttles.put(provider, tenant, until_ms, now)
        if lifted is not None:
            self._line.release(("rate_limit", lifted))

    def look_again(self) -> None:
        """An older run may be over of which nobody told us."""
        self._line.release_all("overlap")

    def _hold(self, ticket: Ticket, now: int) -> Hold | None:
        """What keeps the run from taking a slot that is free."""
        throttled = self.throttles.holding(ticket, now)
        if throttled is not None:
            return ("rate_limit", throttled)
        holders = self._holders.get(ticket.workspace or "", {})
        if any(family != ticket.family or run_id == ticket.run_id for run_id, family in holders.items()):
            return ("workspace_lock", str(ticket.workspace))
        if ticket.behind is not None and self.oldest(ticket.behind) not in {None, ticket.run_id}:
            return ("overlap", ticket.behind)
        return None

    # Looking

    def next_due(self, now: int) -> int | None:
        """When the first back-off or throttle ends that is not over, epoch milliseconds."""
        times = (self._delayed.lowest[0] if self._delayed else None, self.throttles.next_end())
        return min((time for time in times if time is not None and time > now), default=None)

    def held(self, ticket: Ticket, now: int) -> Hold | None:
        """What keeps a queued run from starting, by the very tests that `admit` makes; None if nothing does."""
        if ticket.not_before_ms is not None and ticket.not_before_ms > now:
            return ("retry_backoff", ticket.run_id)
        return self._hold(ticket, now) or self._no_slot(ticket)

    def _no_slot(self, ticket: Ticket) -> Hold | None:
        free = self.families.slots < self.max_concurrent_runs or self.families.present(ticket)
        return None if free else ("capacity", "")

    def reason(self, run_id: str, now: int, *, place: bool = False) -> dict[str, Any] | None:
        """The same of a run, with what there is to know about it; None if nothing holds it or it is not queued.

        With `place` also how many are before it where it waits for a slot, which looks at every workflow and workspace in the queue.
        """
        self._wake(now)
        ticket = self.queued.get(run_id)
        hold = self.held(ticket, now) if ticket is not None else None
        if ticket is None or hold is None:
            return None
        match hold:
            case ("retry_backoff", _):
                return {"queue_reason": "retry_backoff", "retry_after_ms": ticket.not_before_ms}
            case ("rate_limit", key):
                found = self.throttles.known[key]
                return {"queue_reason": "rate_limit", "rate_limited_provider": found.provider, "until_ms": found.until_ms}
            case ("workspace_lock", workspace):
                holder = next(iter(self._holders[workspace]))
                return {"queue_reason": "workspace_lock", "resource_key": workspace, "held_by": holder}
            case ("overlap", workflow):
                return {"queue_reason": "overlap", "workflow_id": workflow, "held_by": self.oldest(workflow)}
        ahead = {"ahead": self._line.ahead(ticket)} if place else {}
        return {"queue_reason": "capacity", "max_concurrent_runs": self.max_concurrent_runs, **ahead}

    def reasons(self, now: int) -> dict[str, int]:
        """How many queued runs there are for each reason."""
        found = [self.held(ticket, now) for ticket in self.queued.values()]
        return dict(Counter(hold[0] if hold is not None else "starting" for hold in found))
