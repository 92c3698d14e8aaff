"""The queue of those that could start but for a slot: by priority, then fair between workflows, then by age. Pure.

What holds one run of a shelf holds all of them, so a shelf that is held is set aside as a whole, until that is over.

Taking one run costs some comparisons in each of three sorted lists, whatever their length; setting aside and bringing back cost the same
for each shelf. With 10,000 queued runs, of one workflow or of 1,000, a slot is given in 10 microseconds (`benchmarks/admission.py`).
"""

from __future__ import annotations

from bisect import insort

from actors.scheduler.lanes import STRIDE, Hold, Lane, Level, Needs, Shelf
from actors.scheduler.messages import Ticket

__all__ = ["Line"]


class Line:
    """The queue. `alike`: priority, workflow and waiting count for nothing, age alone decides."""

    def __init__(self, *, alike: bool = False) -> None:
        self._alike = alike
        self._levels: dict[int, Level] = {}
        self._order: list[int] = []  # the priorities, negated: the highest is first
        self._aside: dict[Hold, dict[Shelf, None]] = {}
        self._unmarked: dict[Shelf, None] = {}

    def _place(self, ticket: Ticket) -> tuple[int, str, Needs]:
        needs = (ticket.workspace, ticket.providers, ticket.tenant, ticket.run_id if ticket.behind is not None else None)
        return (0, "", needs) if self._alike else (ticket.priority, ticket.workflow, needs)

    def add(self, ticket: Ticket) -> None:
        """The run waits for a slot from now on."""
        priority, workflow, needs = self._place(ticket)
        level = self._levels.get(priority)
        if level is None:
            level = self._levels[priority] = Level()
            insort(self._order, -priority)
        lane = level.lane(workflow, ticket.weight)
        shelf = lane.shelves.get(needs)
        if shelf is None:
            shelf = lane.shelves[needs] = Shelf(priority, workflow, needs)
        shelf.add(ticket)
        if shelf.hold is None:
            level.open_up(lane, shelf)
        else:
            self._note_waiting(shelf)

    def first(self) -> Shelf | None:
        """The shelf whose head is next, unless something holds it."""
        for negated in self._order:
            lanes = self._levels[-negated].open
            if lanes:
                return lanes.first.open.first
        return None

    def take(self, shelf: Shelf) -> Ticket:
        """The head of the shelf has got its slot: it is its workflow's turn again when the others have had theirs."""
        ticket, level = shelf.head, self._levels[shelf.priority]
        level.serve(level.lanes[shelf.workflow])
        self.remove(ticket)
        return ticket

    def remove(self, ticket: Ticket) -> None:
        """The run does not wait any more."""
        priority, workflow, needs = self._place(ticket)
        level = self._levels[priority]
        lane = level.lanes[workflow]
        shelf = lane.shelves[needs]
        shelf.remove(ticket)
        if not shelf:
            self._clear(level, lane, shelf)
        elif shelf.hold is None:
            level.open_up(lane, shelf)

    def _clear(self, level: Level, lane: Lane, shelf: Shelf) -> None:
        del lane.shelves[shelf.needs]
        if shelf.hold is not None:
            self._unmarked.pop(shelf, None)
            del self._aside[shelf.hold][shelf]
            if not self._aside[shelf.hold]:
                del self._aside[shelf.hold]
        level.shut(lane, shelf)
        if not lane.shelves:
            level.drop(shelf.workflow)
        if not level.lanes:
            del self._levels[shelf.priority]
            self._order.remove(-shelf.priority)

    # Held

    def park(self, shelf: Shelf, hold: Hold) -> None:
        """Something holds all runs of the shelf: pass it over until `release` says that this is over."""
        shelf.hold = hold
        self._aside.setdefault(hold, {})[shelf] = None
        self._note_waiting(shelf)
        level = self._levels[shelf.priority]
        level.shut(level.lanes[shelf.workflow], shelf)

    def _note_waiting(self, shelf: Shelf) -> None:
        if shelf.hold is not None and shelf.hold[0] == "workspace_lock" and not self._alike:
            self._unmarked[shelf] = None

    def release(self, hold: Hold) -> None:
        """That does not hold anybody any more, or may not: look at those that it held again."""
        for shelf in self._aside.pop(hold, ()):
            shelf.hold = None
            self._unmarked.pop(shelf, None)
            level = self._levels[shelf.priority]
            level.open_up(level.lanes[shelf.workflow], shelf)

    def release_all(self, reason: str) -> None:
        """The same for everything that is held for that reason."""
        for hold in [hold for hold in self._aside if hold[0] == reason]:
            self.release(hold)

    def mark(self) -> None:
        """A slot is free that nobody could take: those that want a workspace have waited for nothing else."""
        for shelf in self._unmarked:
            shelf.mark()
        self._unmarked.clear()

    def ahead(self, ticket: Ticket) -> int:
        """How many runs get a slot before this one, as far as it can be foreseen: those that are held now do not count."""
        priority, workflow, needs = self._place(ticket)
        level = self._levels[priority]
        lane = level.lanes[workflow]
        rank = lane.shelves[needs].rank(ticket)
        own = sum(shelf.before(rank) for shelf in lane.open)
        due = max(lane.time, level.time) + own * (STRIDE // lane.weight)
        others = sum(other.taken_before(due, rank) for other in level.open if other is not lane)
        return own + others + sum(other.waiting for higher, found in self._levels.items() if higher > priority for other in found.open)
