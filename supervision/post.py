"""The mail of one incarnation: trio's bounded channel, and the few things that must get in although it is full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from supervision.mailbox import Mailbox, Notice

__all__ = ["Post"]


class Post:
    """`overdue` comes before the channel: notices that found it full, and one message that `take` put back. So it is bounded by
    what the actor arranged for itself.
    """

    __slots__ = ("inbox", "overdue", "rules", "send")

    def __init__(self, rules: Mailbox) -> None:
        self.rules = rules
        channel: tuple[trio.MemorySendChannel[Any], trio.MemoryReceiveChannel[Any]] = trio.open_memory_channel(rules.capacity)
        self.send, self.inbox = channel
        self.overdue: list[Any] | None = None

    def __len__(self) -> int:
        return self.inbox.statistics().current_buffer_used + len(self.overdue or ())

    def notify(self, notice: Notice) -> None:
        """Deliver even into a full mailbox: then it is handled next."""
        try:
            self.send.send_nowait(notice)
        except trio.WouldBlock:
            self.overdue = [*(self.overdue or ()), notice]

    def take(self, kind: type[Any]) -> list[Any]:
        """The messages of one class that come next, without a gap; the first of another kind stays next."""
        found: list[Any] = []
        while not self.overdue:
            try:
                item = self.inbox.receive_nowait()
            except trio.WouldBlock:
                break
            if item.__class__ is kind:
                found.append(item)
            else:
                self.overdue = [item]
        return found

    def close(self, refuse: Callable[[Any], None]) -> None:
        """Hand everything that is left to `refuse`, what waiting senders hold included. Nobody may send afterwards."""
        for item in self.overdue or ():
            refuse(item)
        self.overdue = None
        while True:
            try:
                refuse(self.inbox.receive_nowait())
            except trio.WouldBlock:
                return
