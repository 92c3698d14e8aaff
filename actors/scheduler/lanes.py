"""The parts of the queue: shelves of runs that need the same things, lanes of a workflow, levels of a priority. Pure.

Lanes take turns by stride scheduling. Each has a virtual time; the lane whose time is lowest is next, and a run that is taken moves it on
by `STRIDE` over the workflow's weight. The level's own time moves on by `STRIDE` in a round, which is as many runs as the lanes weigh
when it begins, and a lane that begins to wait begins there. So who was idle gets no credit, and who comes later, from however many
workflows, cannot keep a run from its turn for more than two rounds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter

from attrs import Factory, define

from actors.scheduler.messages import Ticket
from actors.scheduler.ranked import Ranked

__all__ = ["STRIDE", "Hold", "Lane", "Level", "Needs", "Rank", "Shelf"]

Hold = tuple[str, str]
"""What keeps runs from starting: the reason, and of what: ("workspace_lock", "/srv/repo")."""
Needs = tuple[str | None, tuple[str, ...], str | None, str | None]
"""Workspace, providers, tenant; and the run itself where it must be tested alone."""
Rank = tuple[bool, int, int, str]
STRIDE = 1 << 40
FORGET = 64
_age = attrgetter("number", "created_ms", "run_id")


@define(eq=False)
class Shelf:
    """`waited` are those that had a slot within reach and wanted only their workspace: they go before the `fresh` ones. Both by age."""

    priority: int
    workflow: str
    needs: Needs
    waited: list[Ticket] = Factory(list)
    fresh: list[Ticket] = Factory(list)
    hold: Hold | None = None

    def __len__(self) -> int:
        return len(self.waited) + len(self.fresh)

    @property
    def head(self) -> Ticket:
        """Whose turn it is."""
        return (self.waited or self.fresh)[0]

    def add(self, ticket: Ticket) -> None:
        """Put the run where it belongs by its age."""
        insort(self.fresh, ticket, key=_age)

    def remove(self, ticket: Ticket) -> None:
        """Take the run out."""
        listed = self.fresh if self.rank(ticket)[0] else self.waited
        del listed[bisect_left(listed, _age(ticket), key=_age)]

    def rank(self, ticket: Ticket) -> Rank:
        """The run's place among the runs of its lane."""
        at = bisect_left(self.waited, _age(ticket), key=_age)
        waited = at < len(self.waited) and self.waited[at].run_id == ticket.run_id
        return (not waited, *_age(ticket))

    def before(self, rank: Rank) -> int:
        """How many of its runs have a lower rank."""
        if rank[0]:
            return len(self.waited) + bisect_left(self.fresh, rank[1:], key=_age)
        return bisect_left(self.waited, rank[1:], key=_age)

    def mark(self) -> None:
        """All of them have waited."""
        for ticket in self.fresh:
            insort(self.waited, ticket, key=_age)
        self.fresh.clear()


@define(eq=False)
class Lane:
    """`time` is the virtual time at which its next run is due; `open` are the shelves that nothing is known to hold."""

    time: int
    weight: int = 1
    shelves: dict[Needs, Shelf] = Factory(dict)
    open: Ranked[Shelf] = Factory(Ranked)

    @property
    def waiting(self) -> int:
        """How many of its runs are not known to be held."""
        return sum(map(len, self.open))

    def taken_before(self, time: int, rank: Rank) -> int:
        """How many of them are due before that time, or at it with an older head."""
        gap = time - self.time + (self.open.lowest < rank)
        return min(self.waiting, max(0, -(-gap // (STRIDE // self.weight))))


@define(eq=False)
class Level:
    """`open` are the lanes with an open shelf, `weight` is that of all of them; `left` remembers the times of lanes that have emptied.

    `size` is the weight with which the present round began, `to_go` how many runs it still has.
    """

    time: int = 0
    weight: int = 0
    size: int = 0
    to_go: int = 0
    lanes: dict[str, Lane] = Factory(dict)
    open: Ranked[Lane] = Factory(Ranked)
    left: dict[str, int] = Factory(dict)

    def lane(self, workflow: str, weight: int) -> Lane:
        """The workflow's lane, made if it is not there. The newest word about its weight counts."""
        lane = self.lanes.get(workflow)
        if lane is None:
            lane = self.lanes[workflow] = Lane(self.left.pop(workflow, 0))
        self.weight += weight - lane.weight if lane in self.open else 0
        lane.weight = weight
        return lane

    def open_up(self, lane: Lane, shelf: Shelf) -> None:
        """Set the shelf, and with it its lane, where it is found."""
        if lane not in self.open:
            lane.time = max(lane.time, self.time)
            self.weight += lane.weight
        lane.open.put(shelf, shelf.rank(shelf.head))
        self.open.put(lane, (lane.time, *lane.open.lowest))

    def shut(self, lane: Lane, shelf: Shelf) -> None:
        """Nothing of the shelf is found any more."""
        lane.open.drop(shelf)
        if lane.open:
            self.open.put(lane, (lane.time, *lane.open.lowest))
        elif lane in self.open:
            self.open.drop(lane)
            self.weight -= lane.weight

    def serve(self, lane: Lane) -> None:
        """A run of the lane is taken."""
        if self.to_go <= 0:
            self.size = self.to_go = self.weight
        self.to_go -= 1
        self.time = max(self.time + STRIDE // min(self.size, self.weight), lane.time)
        lane.time += STRIDE // lane.weight

    def drop(self, workflow: str) -> None:
        """The lane has emptied. What lies behind the present time need not be remembered."""
        self.left[workflow] = self.lanes.pop(workflow).time
        if len(self.left) > 2 * len(self.lanes) + FORGET:
            self.left = {name: time for name, time in self.left.items() if time > self.time}
