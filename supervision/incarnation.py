"""One incarnation of an actor: one task, one channel, one cancel scope. It runs the actor's hooks and knows no message."""

from __future__ import annotations

from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import trio

from supervision.cell import Cell, Life, Parent
from supervision.errors import ActorDead, Ignore, StartFailed
from supervision.exits import Exit, Failed, Killed, Normal, Shutdown, sift
from supervision.mailbox import SKIP, WAKE, Asked, Notice
from supervision.reports import TreeRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from supervision.actor import Actor, Timer
    from supervision.childspec import ChildSpec
    from supervision.monitor import Monitor
    from supervision.system import System

__all__ = ["Incarnation", "Posture"]


class Posture(IntEnum):
    """What a stop may do to the task: cut off its own work, wake it from the mailbox, or wait for the handler."""

    WORKING = 0
    IDLE = 1
    HANDLING = 2


class Incarnation(Cell):
    """Order of a life: started() → confirmed → main() → stopped() if orderly → mailbox closed, askers failed → own tasks ended → end."""

    default_shutdown = 5.0

    def __init__(self, system: System, parent: Parent, spec: ChildSpec, restarts: int, actor: Actor[Any]) -> None:
        super().__init__(system, parent, spec, restarts)
        self.actor = actor
        actor.cell = self
        self.mailbox = actor.mailbox
        self.send, self.inbox = trio.open_memory_channel[Any](actor.mailbox.capacity)
        self.scope = trio.CancelScope()
        self.posture = Posture.WORKING
        self.handled = 0
        self.asked: Asked | None = None
        self.finishing: Normal | Shutdown | None = None
        self.killed = False
        self.failure: Exception | None = None
        self.overdue: list[Notice] = []  # at most one for each timer and watch, so bounded by what the actor arranged
        self.timers: dict[Timer, None] = {}
        self.watching: dict[Monitor, None] = {}
        self.tasks: dict[trio.CancelScope, None] = {}
        self.deferred: list[Asked] = []
        self._quiet: trio.Event | None = None

    def launch(self) -> None:
        self.system.start_task(self._live, self.path)

    # Its task

    async def _live(self) -> None:
        foreign: BaseException | None = None
        try:
            with self.scope:
                await self.actor.started()
                self.confirm()
                if self.finishing is None:
                    await self.actor.main()
            await self._farewell()
        except BaseException as error:  # noqa: BLE001 - sifted: what is not the actor's own is raised again below
            foreign = self._broken(error)
        self._close()
        if self.tasks:
            await self._quiesce()
        if self.life is Life.ENDED:
            self.system.gone(self)
        self.end(self._verdict())
        if foreign is not None:
            raise foreign

    async def serve(self) -> None:
        """The receive loop. A stop wakes it when it is idle and lets a running handler finish; what is left is refused at the end."""
        while not self._leaving():
            if self.overdue:
                item: Any = self.overdue.pop(0)
            else:
                self.posture = Posture.IDLE
                item = await self.inbox.receive()
                self.posture = Posture.WORKING
                if self._leaving():
                    self._refuse(item)
                    return
            self.posture = Posture.HANDLING
            if isinstance(item, Notice):
                await self._handle_notice(item)
            elif item.__class__ is Asked:
                self.asked = item
                value = await self.actor.receive(item.request)
                if self.asked is not None:  # else it was forwarded
                    self.asked.answer(value)
                    self.asked = None
            else:
                await self.actor.receive(item)
            self.posture = Posture.WORKING
            self.handled += 1

    def _leaving(self) -> bool:
        return self.life is not Life.RUNNING or self.finishing is not None

    async def _handle_notice(self, notice: Notice) -> None:
        message = notice.take()
        if message is not SKIP:
            await self.actor.receive(message)
            notice.handled()

    async def _farewell(self) -> None:
        self.open = False
        if not self.actor.plain and self.confirmed and not self.killed and self.failure is None:
            self.scope = trio.CancelScope()
            with self.scope:
                await self.actor.stopped()

    def _broken(self, error: BaseException) -> BaseException | None:
        if isinstance(error, Ignore) and not self.confirmed:
            self.ignored = True
            return None
        own, foreign = sift(error)
        if own is not None:
            self._blame(own)
        if foreign is not None:  # cancelled from outside the tree, or an interrupt: nobody may be restarted into that
            self.system.kill()
        return foreign

    def _blame(self, error: Exception) -> None:
        self.failure = error if self.failure is None else ExceptionGroup("several tasks of one actor broke", [self.failure, error])

    def _verdict(self) -> Exit:
        if self.failure is not None:
            return Failed(self.failure if self.confirmed else StartFailed(self.path, self.failure))
        if self.killed:
            return Killed()
        if self.life is Life.STOPPING:
            return Shutdown()
        return self.finishing or Normal()

    def defer(self) -> Asked | None:
        asked, self.asked = self.asked, None
        if asked is not None:
            self.deferred = [other for other in self.deferred if other.result is None and other.task is not None]
            self.deferred.append(asked)
        return asked

    def _close(self) -> None:
        """Nothing gets in any more, and whoever waits for an answer learns that none will come."""
        self.open = False
        if self.asked is not None:
            self._refuse(self.asked)
            self.asked = None
        for asked in self.deferred:
            self._refuse(asked)
        self.deferred.clear()
        while True:
            try:
                item = self.inbox.receive_nowait()
            except (trio.WouldBlock, trio.ClosedResourceError):
                break
            self._refuse(item)
        self.inbox.close()
        for timer in tuple(self.timers):
            timer.cancel()
        for monitor in tuple(self.watching):
            monitor.cancel()

    def _refuse(self, item: Any) -> None:
        if item.__class__ is Asked:
            ended = self._verdict()
            dead = ActorDead(self.path, ended)
            dead.__cause__ = ended.error if isinstance(ended, Failed) else None
            item.fail(dead)
        elif item is not WAKE and not isinstance(item, Notice):
            self.system.registry.dead_letter(self.path, item)

    # Its own background tasks

    def spawn(self, work: Callable[..., Awaitable[object]], *args: Any) -> trio.CancelScope:
        scope = trio.CancelScope()
        self.tasks[scope] = None
        if self.life is Life.ENDED:  # abandoned, yet still running
            scope.cancel()
        self.system.start_task(self._background, f"{self.path}:{getattr(work, '__name__', 'task')}", scope, work, args)
        return scope

    async def _background(self, scope: trio.CancelScope, work: Callable[..., Awaitable[object]], args: tuple[Any, ...]) -> None:
        try:
            with scope:
                await work(*args)
        except BaseException as error:  # noqa: BLE001 - sifted: what is not the actor's own is raised again
            foreign = self._broken(error)
            self.scope.cancel()
            if foreign is not None:
                raise foreign from None
        finally:
            del self.tasks[scope]
            if self._quiet is not None and not self.tasks:
                self._quiet.set()

    async def _quiesce(self) -> None:
        if self._deadline is None:
            self.set_deadline(self.system.kill_grace_s, self.abandon)
        self._quiet = trio.Event()
        for scope in self.tasks:
            scope.cancel()
        with trio.CancelScope(shield=True):
            await self._quiet.wait()

    # What others do to it

    def stop(self) -> None:
        if self.life < Life.STOPPING:
            self.life = Life.STOPPING
            self.open = False
            self.leave()

    def leave(self) -> None:
        """Let the task come to its end: at once if it idles or does work of its own, after the handler if one runs."""
        if self.posture is Posture.IDLE:
            with suppress(trio.WouldBlock):  # no room: it has mail, so it wakes anyway
                self.send.send_nowait(WAKE)
        elif self.posture is Posture.WORKING:
            self.scope.cancel()

    def ends_by_itself(self) -> bool:
        return self.actor.plain and self.posture is Posture.IDLE and not self.tasks

    def kill(self) -> None:
        if self.life < Life.ENDED and not self.killed:
            self.killed = True
            self.life = Life.STOPPING
            self.open = False
            self.scope.cancel()
            self.set_deadline(self.system.kill_grace_s, self.abandon)

    def abandon(self) -> None:
        """It was killed and did not go: trio cannot force it, so the tree goes on without it and says so."""
        self._deadline = None
        self.system.stuck(self)
        self._close()
        self.end(self._verdict())

    def notify(self, notice: Notice) -> None:
        if self.open:
            try:
                self.send.send_nowait(notice)
            except trio.WouldBlock:
                self.overdue.append(notice)

    def status(self) -> str:
        if self.life is not Life.RUNNING:
            return super().status()
        try:
            return self.actor.status()
        except Exception as error:  # noqa: BLE001 - a bad status line must not hide the rest of the tree
            return f"status() raised {type(error).__name__}"

    def row(self, depth: int) -> TreeRow:
        mail = self.inbox.statistics().current_buffer_used
        return TreeRow(self.path, depth, self.kind, self.status(), mail, self.mailbox.capacity, self.restarts, self.since)
