"""What is told to the scheduler, and what is asked of it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from supervision import Request

__all__ = ["Due", "Enqueue", "Left", "QueueNow", "QueueOf", "Relaunch", "Reserve", "Throttled", "Tick", "Ticket"]


@frozen
class Ticket:
    """A queued run. `not_before_ms`: a back-off that is not over; `workspace`: the folder that it alone may work in.

    `epoch`: that of its last claim, which is how a ticket that comes late is told from a new one. `weight`: its workflow's share of the
    slots. `providers`: outside services that it needs; `tenant`: for whom a throttle of theirs would hold it, None for the implicit local
    one. `behind`: the workflow whose older scheduled runs must be over first. `queued_ms`: since when it is queued, None: since it was
    made. `recorded`: the reason for waiting that stands in its log. `number`: its age; runs count up in the order in which they were made,
    which no clock can change. `root`: the run that somebody started, of one that a node of another run has begun: these, and all that were
    begun between them, have one slot and one workspace together.
    """

    run_id: str
    created_ms: int
    priority: int = 0
    workspace: str | None = None
    not_before_ms: int | None = None
    epoch: int = 0
    workflow: str = ""
    weight: int = 1
    providers: tuple[str, ...] = ()
    tenant: str | None = None
    behind: str | None = None
    queued_ms: int | None = None
    recorded: str | None = None
    number: int = 0
    root: str | None = None

    @property
    def family(self) -> str:
        """The run that has the slot and the workspace for it and all its kin."""
        return self.root or self.run_id

    @property
    def since_ms(self) -> int:
        """Since when it is queued, epoch milliseconds."""
        return self.created_ms if self.queued_ms is None else self.queued_ms


@frozen
class Enqueue:
    """The run is queued."""

    ticket: Ticket


@frozen
class Left:
    """The run does not run any more: its slot is free, and its workspace, unless it keeps that while it pauses.

    `epoch`: of the claim that is over, None for whatever it has.
    """

    run_id: str
    epoch: int | None = None
    keeps_workspace: bool = False


@frozen
class Reserve(Request[bool]):
    """The run is about to be queued: may it start at once? Yes means that it has its slot; told `Left`, it has given it back."""

    ticket: Ticket


@frozen
class QueueOf(Request[dict[str, Any] | None]):
    """Why a queued run does not start: {queue_reason, …}, None when nothing holds it."""

    run_id: str


@frozen
class QueueNow(Request[dict[str, Any]]):
    """All that there is to see: who has a slot, who waits (the first `limit` of them) and why, throttles and figures."""

    limit: int = 0


@frozen
class Throttled:
    """An outside service wants to be left alone until then, epoch milliseconds; a time that is past lifts it."""

    provider: str
    until_ms: int
    tenant: str | None = None


@frozen
class Relaunch:
    """The run is at rest and queued in the catalog: if it was given a slot, the message was lost, and must be sent again."""

    run_id: str


@frozen
class Due:
    """A back-off or a throttle has ended, or the runs can be opened: see who may start."""


@frozen
class Tick:
    """Look at everything that nobody tells, and now and then compare with the catalog."""
