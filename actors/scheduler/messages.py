"""What is told to the scheduler, and what is asked of it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from supervision import Request

__all__ = ["Enqueue", "Left", "QueueOf", "Relaunch", "Tick", "Ticket"]


@frozen
class Ticket:
    """A queued run. `not_before_ms`: a back-off that is not over; `workspace`: the folder that it alone may work in.

    `epoch`: that of its last claim, which is how a ticket that comes late is told from a new one. `behind`: the workflow whose older
    scheduled runs must be over first.
    """

    run_id: str
    created_ms: int
    priority: int = 0
    workspace: str | None = None
    not_before_ms: int | None = None
    epoch: int = 0
    behind: str | None = None


@frozen
class Enqueue:
    """The run is queued."""

    ticket: Ticket


@frozen
class Left:
    """The run does not run any more: its slot and its workspace are free. `epoch`: of the claim that is over, None for whatever it has."""

    run_id: str
    epoch: int | None = None


@frozen
class QueueOf(Request[dict[str, Any] | None]):
    """Why a queued run does not start: {queue_reason, …}, None when nothing holds it."""

    run_id: str


@frozen
class Relaunch:
    """The run is at rest and queued in the catalog: if it was given a slot, the message was lost, and must be sent again."""

    run_id: str


@frozen
class Tick:
    """Look at the time, and compare with the catalog."""
