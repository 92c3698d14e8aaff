"""One tree of actors from boot to its last exit. Everything runs in its one nursery; nothing here is global."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from supervision.actor import Actor
from supervision.cell import Cell, Life, Stillborn
from supervision.childspec import ChildSpec, Supervisor
from supervision.clock import Clock
from supervision.clock import jitter as random_jitter
from supervision.dynamic import Dynamic, DynamicCell
from supervision.errors import NotAccepted, UnknownActor
from supervision.exits import Exit
from supervision.incarnation import Incarnation
from supervision.ref import Ref
from supervision.registry import Registry
from supervision.reports import KernelEvent, TreeRow
from supervision.supervisor import SupervisorCell
from supervision.timers import Timers

__all__ = ["System"]


class System:
    """Owns the tree below `root`, whose path is "". Single use: one `run`.

    `observe` is called synchronously with each `KernelEvent`; what it raises is counted, no more. `kill_grace_s` is the time that a
    killed actor has to go before the tree abandons it. `jitter` gives a factor of at most 1 for the waits between failed restarts.
    """

    def __init__(
        self,
        root: Supervisor,
        *,
        clock: Clock,
        observe: Callable[[KernelEvent], None] | None = None,
        jitter: Callable[[], float] = random_jitter,
        kill_grace_s: float = 10.0,
    ) -> None:
        self.clock = clock
        self.jitter = jitter
        self.kill_grace_s = kill_grace_s
        self.path = ""
        self.registry = Registry(observe)
        self.timers = Timers()
        self.exit: Exit | None = None
        self._root = root
        self._cell: Cell | None = None
        self._nursery: trio.Nursery | None = None
        self._stop_asked = self._kill_asked = False
        self._abandoned: dict[Incarnation, None] = {}
        self._up = trio.Event()
        self._ended = trio.Event()

    # Boot and end

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> Exit:
        """Start the tree, report `started()` when all of it is up, and return the root's exit when it has ended.

        A start that fails ends in `Failed(StartFailed)`, without `started()`. Cancelling `run` kills the tree. An abandoned actor that
        still runs keeps `run` from returning (trio cannot force it): `wait_ended` tells the exit before that.
        """
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self.timers.run)
            self._cell = SupervisorCell(self, self, ChildSpec("root", lambda: self._root), 0, self._root)
            self._cell.path = ""
            self.registry.cells[""] = self._cell
            self._cell.launch()
            if self._kill_asked:
                self.kill()
            elif self._stop_asked:
                self._cell.stop()
            try:
                await self._up.wait()
                if self.exit is None:
                    task_status.started()
                await self._ended.wait()
            except trio.Cancelled:
                self.kill()
                raise
            self._nursery.cancel_scope.cancel()
        assert self.exit is not None
        return self.exit

    def stop(self) -> None:
        """Stop the tree in order; the second call kills it."""
        if self._stop_asked:
            self.kill()
        self._stop_asked = True
        if self._cell is not None:
            self._cell.stop()

    def kill(self) -> None:
        """End everything now: no farewells, no deadlines."""
        self._stop_asked = self._kill_asked = True
        if self._cell is not None:
            self._cell.kill()

    @property
    def stopping(self) -> bool:
        """Whether a stop or a kill was asked for."""
        return self._stop_asked

    async def wait_up(self) -> None:
        """Return when the whole tree is up, or will never be (`exit` is set then)."""
        await self._up.wait()

    async def wait_ended(self) -> Exit:
        """Return the root's exit as soon as the tree is down, abandoned actors or not."""
        await self._ended.wait()
        assert self.exit is not None
        return self.exit

    # Speaking to the tree

    def ref(self, path: str) -> Ref[Any]:
        """A reference to whoever lives at `path` when it is used."""
        return Ref(path, self)

    def dynamic(self, path: str) -> Dynamic:
        """The living dynamic supervisor at `path`; raises `UnknownActor`. Do not keep it: a restart makes a new one."""
        cell = self.registry.cells.get(path)
        if not isinstance(cell, DynamicCell):
            raise UnknownActor(path)
        return cell.plan

    def alive(self, path: str) -> bool:
        """Whether an actor or supervisor lives at `path`, starting and stopping ones included."""
        return path in self.registry.cells

    def deliver(self, path: str, message: object) -> None:
        """Tell a message from outside. Raises `UnknownActor`, `NotAccepted` (its class is not in the actor's `accepts`), `MailboxFull`."""
        cell = self.registry.receiver(path)
        if cell is None:
            raise UnknownActor(path)
        if not isinstance(message, cell.actor.accepts):
            raise NotAccepted(path, message)
        self.ref(path).tell_nowait(message)

    def receives(self, path: str) -> bool:
        """Whether an actor at `path` takes messages now: it has not begun to end."""
        return self.registry.receiver(path) is not None

    def accepts(self, path: str) -> tuple[type, ...]:
        """The message classes that the actor at `path` takes from outside. Raises `UnknownActor`."""
        cell = self.registry.receiver(path)
        if cell is None:
            raise UnknownActor(path)
        return cell.actor.accepts

    # Seeing it

    def tree(self) -> list[TreeRow]:
        """One row for each living child, the root first, depth first, in start order."""
        rows: list[TreeRow] = []
        todo: list[tuple[Cell, int]] = [] if self._cell is None or self._cell.life is Life.ENDED else [(self._cell, 0)]
        while todo:
            cell, depth = todo.pop()
            rows.append(cell.row(depth))
            todo.extend((child, depth + 1) for child in reversed(list(cell.living_children())))
        return rows

    @property
    def dead_letters(self) -> int:
        """How many messages were told to nobody."""
        return self.registry.dead_letters

    @property
    def abandoned(self) -> tuple[str, ...]:
        """Paths of killed actors whose tasks still run."""
        return tuple(cell.path for cell in self._abandoned)

    # For the kernel's own cells

    def hatch(self, parent: Any, spec: ChildSpec, restarts: int) -> Cell:
        """Make the cell for a new incarnation and enter it at its path."""
        try:
            behaviour = spec.start()
            cell = self._cell_for(behaviour, parent, spec, restarts)
        except Exception as error:  # noqa: BLE001 - whatever a factory raises is a start that failed
            cell = Stillborn(self, parent, spec, restarts, error)
        self.registry.cells[cell.path] = cell
        return cell

    def _cell_for(self, behaviour: object, parent: Any, spec: ChildSpec, restarts: int) -> Cell:
        match behaviour:
            case Actor():
                return Incarnation(self, parent, spec, restarts, behaviour)
            case Supervisor():
                return SupervisorCell(self, parent, spec, restarts, behaviour)
            case Dynamic():
                return DynamicCell(self, parent, spec, restarts, behaviour)
            case _:
                raise TypeError(f"child {spec.id!r}: start() gives an Actor, a Supervisor or a Dynamic, not {behaviour!r}")

    def start_task(self, work: Callable[..., Awaitable[object]], name: str, *args: Any) -> None:
        assert self._nursery is not None
        self._nursery.start_soon(work, *args, name=name)

    def child_started(self, cell: Cell) -> None:
        self._up.set()

    def child_ended(self, cell: Cell) -> None:
        self.exit = cell.exit
        self._up.set()
        self._ended.set()

    def stuck(self, cell: Incarnation) -> None:
        self._abandoned[cell] = None
        self.registry.report("stuck", cell.path)

    def gone(self, cell: Incarnation) -> None:
        self._abandoned.pop(cell, None)
