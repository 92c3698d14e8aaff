"""One incarnation of an actor: one task, one channel, one cancel scope. It runs the actor's hooks and knows no message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from supervision.actor import Actor
from supervision.background import Background
from supervision.belongings import Belongings
from supervision.cell import RUNNING, Cell, Life, Parent
from supervision.errors import ActorDead, Ignore, StartFailed
from supervision.exits import Exit, Failed, Killed, Normal, Shutdown, sift
from supervision.mailbox import SKIP, WAKE, Asked, Notice
from supervision.post import Post
from supervision.posture import HANDLING, IDLE, WORKING, Posture
from supervision.reports import TreeRow

if TYPE_CHECKING:
    from supervision.childspec import ChildSpec
    from supervision.system import System

__all__ = ["Incarnation"]

NOBODY: Actor[Any] = Actor()
"""Stands where an actor was."""


class Incarnation(Cell):
    """Order of a life: started() → confirmed → main() → stopped() if orderly → mailbox closed, askers failed → own tasks ended → end."""

    default_shutdown = 5.0

    def __init__(self, system: System, parent: Parent, spec: ChildSpec, restarts: int, actor: Actor[Any]) -> None:
        super().__init__(system, parent, spec, restarts)
        self.actor = actor
        actor.cell = self
        self.post = Post(actor.mailbox)
        self.scope = trio.CancelScope()
        self.posture: Posture = WORKING
        self.handled = 0
        self.asked: Asked | None = None
        self.finishing: Normal | Shutdown | None = None
        self.killed = False
        self.failure: Exception | None = None
        self._belongings: Belongings | None = None
        self._background: Background | None = None

    # Its task

    def launch(self) -> None:
        self.system.start_task(self._live, self.path)

    async def _live(self) -> None:
        foreign: BaseException | None = None
        try:
            with self.scope:
                await self.actor.started()
                self.confirm()
                if not self._leaving():
                    await self.actor.main()
            self.open = False
            if not self.actor.plain:
                await self._farewell()
        except BaseException as error:  # noqa: BLE001 - sifted: what is not the actor's own is raised again below
            foreign = self.broken(error)
        self._close()
        if self._background:
            if not self.has_deadline:  # it ends by itself, so nobody else would notice a task that does not go
                self.set_deadline(self.system.kill_grace_s, self.abandon)
            await self._background.end()
        if self.life is Life.ENDED:
            self.system.gone(self)
        self.end(self._verdict())
        self._let_go()
        if foreign is not None:
            raise foreign

    def _let_go(self) -> None:
        """Actor and cell refer to each other: without this, the memory of thousands that have ended waits for the garbage collector."""
        if self.actor.forgets:
            vars(self.actor).clear()
        self.actor = NOBODY
        self._background = None

    async def serve(self) -> None:
        """The receive loop. A stop wakes it when it is idle and lets a running handler finish; what is left is refused at the end."""
        while not self._leaving():
            if self.post.overdue:
                item = self.post.overdue.pop(0)
            else:
                self.posture = IDLE
                item = await self.post.inbox.receive()
                self.posture = WORKING
                if self._leaving():
                    self._refuse(item)
                    return
            self.posture = HANDLING
            if item.__class__ is Asked:
                self.asked = item
                value = await self.actor.receive(item.request)
                if self.asked is not None:  # else it was forwarded
                    self.asked.answer(value)
                    self.asked = None
            elif isinstance(item, Notice):
                await self._handle_notice(item)
            else:
                await self.actor.receive(item)
            self.posture = WORKING
            self.handled += 1

    def _leaving(self) -> bool:
        return self.life is not RUNNING or self.finishing is not None

    async def _handle_notice(self, notice: Notice) -> None:
        message = notice.take()
        if message is not SKIP:
            await self.actor.receive(message)
            notice.handled()

    async def _farewell(self) -> None:
        if self.confirmed and not self.killed and self.failure is None:
            self.posture = HANDLING  # a stop, perhaps a second one, must not cut off the farewell
            self.scope = trio.CancelScope()
            with self.scope:
                await self.actor.stopped()

    def broken(self, error: BaseException) -> BaseException | None:
        """Take the blame for what escaped one of its tasks; what is not its own comes back and must be raised on."""
        if isinstance(error, Ignore) and not self.confirmed:
            self.ignored = True
            self.system.registry.report("ignored", self.path)
            return None
        own, foreign = sift(error)
        if own is not None:
            self.failure = own if self.failure is None else ExceptionGroup("several tasks of one actor broke", [self.failure, own])
        if foreign is not None:  # cancelled from outside the tree, or an interrupt: nobody may be restarted into that
            self.system.kill()
        return foreign

    def _verdict(self) -> Exit:
        if self.failure is not None:
            return Failed(self.failure if self.confirmed else StartFailed(self.path, self.failure))
        if self.killed:
            return Killed()
        if self.life is Life.STOPPING:
            return Shutdown()
        return self.finishing or Normal()

    def _close(self) -> None:
        """Nothing gets in any more, and whoever waits for an answer learns that none will come."""
        self.open = False
        if self.asked is not None:
            self._refuse(self.asked)
            self.asked = None
        self.post.close(self._refuse)
        if self._belongings is not None:
            self._belongings.settle(self._refuse)

    def _refuse(self, item: Any) -> None:
        if item.__class__ is Asked:
            ended = self._verdict()
            dead = ActorDead(self.path, ended)
            dead.__cause__ = ended.error if isinstance(ended, Failed) else None
            item.fail(dead)
        elif item is not WAKE and not isinstance(item, Notice):
            self.system.registry.dead_letter(self.path, item)

    # What the actor arranges

    @property
    def background(self) -> Background:
        if self._background is None:
            self._background = Background(self)
        return self._background

    @property
    def belongings(self) -> Belongings:
        if self._belongings is None:
            self._belongings = Belongings()
        return self._belongings

    def defer(self) -> Asked | None:
        asked, self.asked = self.asked, None
        if asked is not None:
            self.belongings.defer(asked)
        return asked

    def notify(self, notice: Notice) -> None:
        if self.open:
            self.post.notify(notice)

    # What others do to it

    def stop(self) -> None:
        if self.life < Life.STOPPING:
            self.life = Life.STOPPING
            self.open = False
            self.leave()

    def leave(self) -> None:
        """Let the task come to its end: at once if it idles or does work of its own, after the handler if one runs."""
        if self.posture is IDLE:
            try:
                self.post.send.send_nowait(WAKE)
            except trio.WouldBlock:
                return  # it has mail, so it wakes anyway
        elif self.posture is WORKING:
            self.scope.cancel()

    def ends_by_itself(self) -> bool:
        return self.actor.plain and self.posture is IDLE and not self._background

    def kill(self) -> None:
        if self.life < Life.ENDED and not self.killed:
            self.killed = True
            self.life = Life.STOPPING
            self.open = False
            self.scope.cancel()
            self.set_deadline(self.system.kill_grace_s, self.abandon)

    def abandon(self) -> None:
        """It was killed and did not go: trio cannot force it, so the tree goes on without it and says so."""
        self.killed = True
        self.system.stuck(self)
        self._close()
        self.end(self._verdict())

    # What can be seen of it

    def status(self) -> str:
        if self.life is not RUNNING:
            return super().status()
        try:
            return self.actor.status()
        except Exception as error:  # noqa: BLE001 - a bad status line must not hide the rest of the tree
            return f"status() raised {type(error).__name__}"

    def row(self, depth: int) -> TreeRow:
        capacity = self.post.rules.capacity
        return TreeRow(self.path, depth, self.kind, self.status(), len(self.post), capacity, self.restarts, self.since)
