"""One incarnation of one child, whatever it is: its place in the tree, its life, its end. How it lives is for the subclasses."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

import trio

from supervision.errors import StartFailed
from supervision.exits import Exit, Failed
from supervision.reports import Kind, TreeRow
from supervision.timers import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervision.childspec import ChildSpec, ShutdownTime
    from supervision.monitor import Monitor
    from supervision.system import System

__all__ = ["RUNNING", "Cell", "Life", "Parent", "Stillborn"]


class Life(IntEnum):
    """Moves forward only."""

    STARTING = 0
    RUNNING = 1
    STOPPING = 2
    ENDED = 3


RUNNING = Life.RUNNING
"""By a name of its own, as those of `Posture`."""


class Parent(Protocol):
    """Who is told of a child's two great moments. Both calls are synchronous and may come from within a call to the child."""

    path: str

    def child_started(self, cell: Cell) -> None: ...

    def child_ended(self, cell: Cell) -> None: ...


class Cell:
    """What supervisors deal with. All of it is synchronous: no supervisor ever waits inside a call, so none can be made to hang."""

    kind: Kind = "actor"
    default_shutdown: ShutdownTime = "infinity"

    def __init__(self, system: System, parent: Parent, spec: ChildSpec, restarts: int) -> None:
        self.system = system
        self.parent = parent
        self.spec = spec
        self.restarts = restarts
        self.path = f"{parent.path}/{spec.id}" if parent.path else spec.id
        self.life = Life.STARTING
        self.open = True
        self.confirmed = self.ignored = False
        self.exit: Exit | None = None
        self.since = system.clock.now_ms()
        self._monitors: list[Monitor] | None = None
        self._waiters: list[trio.Event] | None = None
        self._deadline: Alarm | None = None

    # What a parent asks for

    def launch(self) -> None:
        """Begin to start; the parent hears `child_started` or `child_ended`."""

    def stop(self) -> None:
        """Begin an orderly end."""

    def kill(self) -> None:
        """Begin a disorderly end."""

    def terminate(self) -> None:
        """Stop as the spec says: in order, and by force when the deadline has run out."""
        time = self.shutdown_time
        if time == "brutal_kill":
            self.kill()
            return
        self.stop()
        if time != "infinity" and self.life < Life.ENDED and not self.has_deadline and not self.ends_by_itself():
            self.set_deadline(time, self.kill)  # else it has one already, perhaps that of a kill

    @property
    def shutdown_time(self) -> ShutdownTime:
        return self.default_shutdown if self.spec.shutdown is None else self.spec.shutdown

    def ends_by_itself(self) -> bool:
        """After `stop()`: whether nothing but the kernel's own code stands between this cell and its end."""
        return False

    @property
    def has_deadline(self) -> bool:
        return self._deadline is not None

    def set_deadline(self, seconds: float, action: Any) -> None:
        """At most one deadline is armed at a time; the end disarms it."""
        self.clear_deadline()
        self._deadline = Alarm(action)
        self.system.timers.arm(seconds, self._deadline)

    def clear_deadline(self) -> None:
        if self._deadline is not None:
            if not self._deadline.off:
                self.system.timers.discard(self._deadline)
                self._deadline.release()
            self._deadline = None

    # What happens to it

    def confirm(self) -> None:
        """The start has succeeded."""
        if self.life is Life.STARTING:
            self.life = Life.RUNNING
            self.confirmed = True
            self.system.registry.report("started", self.path)
            self._wake()
            self.parent.child_started(self)

    def end(self, ended: Exit) -> None:
        """The last moment of this incarnation, whoever brings it about first."""
        if self.life is Life.ENDED:
            return
        self.life = Life.ENDED
        self.open = False
        self.exit = ended
        self.clear_deadline()
        self.system.registry.remove(self)
        self.system.registry.report("ended", self.path, ended)
        for monitor in self._monitors or ():
            monitor.down(self.path, ended)
        self._wake()
        self.parent.child_ended(self)

    def _wake(self) -> None:
        if self._waiters is not None:
            waiters, self._waiters = self._waiters, None
            for event in waiters:
                event.set()

    def add_monitor(self, monitor: Monitor) -> None:
        self._monitors = [*(self._monitors or ()), monitor]

    def remove_monitor(self, monitor: Monitor) -> None:
        self._monitors = [each for each in self._monitors or () if each is not monitor]

    async def wait_past(self, life: Life) -> None:
        """Return when the life is beyond `life`."""
        while self.life <= life:
            event = trio.Event()
            self._waiters = [*(self._waiters or ()), event]
            await event.wait()

    # What can be seen of it

    def status(self) -> str:
        return "restarting" if self.life is Life.ENDED else self.life.name.lower()

    def row(self, depth: int) -> TreeRow:
        return TreeRow(self.path, depth, self.kind, self.status(), 0, 0, self.restarts, self.since)

    def living_children(self) -> Iterable[Cell]:
        return ()


class Stillborn(Cell):
    """A child whose factory raised: it exists only to report that, in a task of its own like any other failed start."""

    def __init__(self, system: System, parent: Parent, spec: ChildSpec, restarts: int, error: Exception) -> None:
        super().__init__(system, parent, spec, restarts)
        self.open = False
        self._failure = Failed(StartFailed(self.path, error))

    def launch(self) -> None:
        self.system.start_task(self._report, self.path)

    def stop(self) -> None:
        self.end(self._failure)

    kill = stop

    async def _report(self) -> None:
        self.end(self._failure)
