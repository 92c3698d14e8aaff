"""What the kernel tells its observer, and one row of the live tree. Records only."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from supervision.exits import Exit

__all__ = ["Happening", "KernelEvent", "Kind", "TreeRow"]

Kind = Literal["actor", "supervisor", "dynamic"]
Happening = Literal["started", "ignored", "ended", "restarting", "retrying", "escalated", "stuck", "dead_letter", "dropped"]


@frozen
class KernelEvent:
    """One report of one form, as OTP's. `exit` belongs to ended and restarting; `detail` is text: a message's class, a wait in seconds.

    started, ignored, ended: of one incarnation. restarting: a restart was granted. retrying: a failed restart is tried again later.
    escalated: a supervisor's budget is spent. stuck: killed but not gone, abandoned. dead_letter: told to nobody. dropped: no room.
    """

    happening: Happening
    path: str
    exit: Exit | None = None
    detail: str = ""


@frozen
class TreeRow:
    """One living (or restarting) child. `mailbox` of `capacity` messages wait; `since` is epoch ms of this incarnation's start."""

    path: str
    depth: int
    kind: Kind
    status: str
    mailbox: int
    capacity: int
    restarts: int
    since: int
