"""What an author of an actor writes against: hooks to override and services to call. The life itself is run by the incarnation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import trio

from supervision.exits import Normal, Shutdown
from supervision.mailbox import SKIP, Asked, Mailbox, Notice
from supervision.monitor import Down, Monitor
from supervision.ref import Forwarded, Ref

if TYPE_CHECKING:
    from supervision.incarnation import Incarnation
    from supervision.system import System

__all__ = ["Actor", "Timer"]

M = TypeVar("M")
N = TypeVar("N")
T = TypeVar("T")


class Timer(Notice):
    """A message to oneself at a later time, made by `Actor.after` and `Actor.tick`."""

    __slots__ = ("_armed", "_cell", "_delay_s", "_message", "_repeats", "off")

    def __init__(self, cell: Incarnation, delay_s: float, message: Any, *, repeats: bool) -> None:
        self._cell = cell
        self._delay_s = delay_s
        self._message = message
        self._repeats = repeats
        self.off = False
        self.arm()

    def arm(self) -> None:
        self._armed = True
        self._cell.belongings.add(self)
        self._cell.system.timers.arm(self._delay_s, self)

    def fire(self) -> None:
        self._disarmed()
        self._cell.notify(self)

    def cancel(self) -> None:
        """The message will not come, not even when it is already in the mailbox. Harmless afterwards."""
        if self._armed:
            self._cell.system.timers.discard(self)
            self._disarmed()
            del self._cell  # it may lie in the heap of timers for long, and would keep the whole actor
        self.off = True

    def take(self) -> Any:
        return SKIP if self.off else self._message

    def handled(self) -> None:
        if self._repeats and not self.off and self._cell.open:
            self.arm()

    def _disarmed(self) -> None:
        self._armed = False
        self._cell.belongings.remove(self)


class Actor(Generic[M]):
    """Messages are handled one at a time, in the order of the mailbox. An exception from any hook ends the incarnation as `Failed`.

    A stop does not interrupt a handler; it does cut off `started()` and whatever an overridden `main()` does outside of handlers.
    After a stop no further message is handled. A kill interrupts everything. All hooks run in the actor's one task.
    `forgets`: when it has ended, its attributes are deleted. For actors that are many and whose parts refer back to them, which only
    the garbage collector would notice, and late; a child specification must make a new one at each start.
    """

    mailbox: ClassVar[Mailbox] = Mailbox()
    accepts: ClassVar[tuple[type, ...]] = ()
    forgets: ClassVar[bool] = False
    plain: bool = True  # no farewell and nothing beside the receive loop; an actor whose farewell has lost its point may set it
    cell: Incarnation  # the kernel's, set before started(); authors use what is below

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.plain = cls.main is Actor.main and cls.stopped is Actor.stopped

    # Hooks

    async def started(self) -> None:
        """Prepare; the start is confirmed when this returns. Raise `Ignore` if the actor is not needed; anything else fails the start."""

    async def receive(self, message: M) -> object:
        """Handle one message. The value answers an ask; a refusal is such a value, while an exception is a defect and ends the actor."""
        raise NotImplementedError(f"{type(self).__name__} was sent a {type(message).__name__} but handles no messages")

    async def main(self) -> None:
        """Live: by default handle messages until stopped or finished. Returning is a normal end."""
        await self.cell.serve()

    async def stopped(self) -> None:
        """Tidy up after an orderly end (stop, finish, return of main); not called after a failure or a kill. Background tasks still run."""

    def status(self) -> str:
        """One line for people: what this actor is doing."""
        return "running"

    # Services

    @property
    def path(self) -> str:
        return self.cell.path

    @property
    def ref(self) -> Ref[M]:
        return Ref(self.cell.path, self.cell.system)

    @property
    def system(self) -> System:
        return self.cell.system

    def spawn(self, work: Callable[..., Awaitable[object]], *args: Any) -> trio.CancelScope:
        """Run `work(*args)` beside the handlers until it returns or this incarnation ends; if it breaks, the actor breaks.

        The scope that comes back cancels this one task.
        """
        return self.cell.background.spawn(work, args)

    def after(self, delay_s: float, message: M) -> Timer:
        """Bring `message` to the own mailbox once, `delay_s` seconds from now. It dies with this incarnation."""
        return Timer(self.cell, delay_s, message, repeats=False)

    def tick(self, interval_s: float, message: M) -> Timer:
        """Bring `message` again and again, each time `interval_s` seconds after the former one was handled: ticks never pile up."""
        return Timer(self.cell, interval_s, message, repeats=True)

    def monitor(self, path: str, to_message: Callable[[Down], M]) -> Monitor:
        """Be told, once, when the incarnation that lives at `path` now has ended; at once if there is none.

        `to_message` runs in this actor's task when the Down is handled.
        """
        watch = Monitor(self.cell, to_message)
        watch.watch(path, self.cell.system.registry.cells.get(path))
        return watch

    def forward(self, ref: Ref[N], message: N) -> Forwarded:
        """Hand what is being asked now to another actor, which answers in this one's place; return the result from the handler.

        When the present message was told, not asked, `message` is just told on (`MailboxFull` may rise).
        """
        asked, self.cell.asked = self.cell.asked, None
        if asked is None:
            ref.tell_nowait(message)
        else:
            ref.pass_on(asked, message)
        return Forwarded()

    def mail(self) -> int:
        """How many messages wait in the mailbox: an actor that would end by itself may look here first."""
        return len(self.cell.post)

    def take(self, kind: type[T]) -> list[T]:
        """The messages of that class that wait next in the mailbox, without a gap: to be handled together with the present one."""
        return self.cell.post.take(kind)

    def defer(self) -> Asked | None:
        """Keep the present ask open: answer it later with `.answer(value)`, and return `Forwarded()` from the handler. None if it was told.

        An ask that is still open when this incarnation ends fails with `ActorDead`, like any other.
        """
        return self.cell.defer()

    def finish(self, ended: Normal | Shutdown | None = None) -> None:
        """End with `Normal()` (or `Shutdown()`) after the present handler; outside a handler, at the next wait."""
        self.cell.finishing = ended or Normal()
        if self.cell.confirmed:
            self.cell.leave()
