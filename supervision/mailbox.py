"""What a mailbox is allowed to hold, and the envelopes that travel in it. The channel itself is trio's, bounded, one for each actor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import outcome
import trio
from attrs import field, frozen, validators

from supervision.errors import AskTimeout

if TYPE_CHECKING:
    from supervision.timers import Timers

__all__ = ["SKIP", "WAKE", "Asked", "Mailbox", "Notice", "Overflow"]

Overflow = Literal["wait", "fail", "drop_new"]
SKIP = object()
WAKE = object()


@frozen
class Mailbox:
    """Room for `capacity` messages; when it is full a sender waits, fails with `MailboxFull`, or its (new) message is dropped and counted.

    An ask is never dropped: where a told message would be, the asker fails with `MailboxFull`.
    """

    capacity: int = field(default=64, validator=validators.ge(1))
    overflow: Overflow = field(default="wait", validator=validators.in_(("wait", "fail", "drop_new")))


class Notice:
    """Something the actor's own arrangements bring: a timer that is due, the end of one it watches. Never refused for want of room."""

    __slots__ = ()

    def take(self) -> Any:
        """The message, made in the receiver's task; SKIP when it is no longer wanted."""

    def handled(self) -> None:
        """The handler has returned."""


class Asked:
    """A request with the task that waits for its answer. Exactly one of answer, failure, timeout and cancellation reaches that task."""

    __slots__ = ("_early", "_task", "_timers", "off", "path", "request", "seconds", "settled")

    def __init__(self, path: str, request: Any, seconds: float, timers: Timers) -> None:
        self.path = path
        self.request = request
        self.seconds = seconds
        self.settled = False
        self.off = True  # armed only while a task waits
        self._timers = timers
        self._task: trio.lowlevel.Task | None = None
        self._early: outcome.Outcome[Any] | None = None  # settled before its task came to wait

    async def wait(self, left_s: float) -> Any:
        if self._early is not None:
            await trio.lowlevel.checkpoint()
            return self._early.unwrap()
        self._task = trio.lowlevel.current_task()
        self.off = False
        self._timers.arm(left_s, self)
        return await trio.lowlevel.wait_task_rescheduled(self._abort)

    def answer(self, value: object) -> None:
        """Give the asker its reply; nothing happens when the asker has its answer or is gone."""
        self._settle(outcome.Value(value))

    def fail(self, error: Exception) -> None:
        self._settle(outcome.Error(error))

    def fire(self) -> None:
        self.off = True
        self._settle(outcome.Error(AskTimeout(self.path, self.seconds)))

    def _settle(self, result: outcome.Outcome[Any]) -> None:
        if self.settled:
            return
        self.settled = True
        if self._task is None:
            self._early = result
        else:  # not kept here: an error would refer to the frame that refers to this
            self._disarm()
            trio.lowlevel.reschedule(self._task, result)
            self._task = None

    def _abort(self, _raise: object) -> trio.lowlevel.Abort:
        self.settled = True
        self._disarm()
        self._task = None
        return trio.lowlevel.Abort.SUCCEEDED

    def _disarm(self) -> None:
        if not self.off:
            self._timers.discard(self)
