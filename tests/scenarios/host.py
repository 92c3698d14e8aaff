"""One daemon inside the test's own loop: the real assembly with its socket, ended in order, or abandoned at any moment like a dead one."""

from __future__ import annotations

from collections.abc import Callable

import trio
from attrs import define, field

import actors.control.session
import actors.removal.removing
import actors.runtime.removal
import actors.worktree.clearing
import actors.worktree.making
import storage.forgetting
import storage.telling
import storage.writer
from actors.agent.backends import Backends
from actors.assembly import Assembly
from actors.config import Config
from actors.config.mcp import McpServer
from actors.daemon import Daemon
from actors.mcp.wire import Wire
from actors.paths import Places
from supervision import Exit, Failed, KernelEvent
from tests.scenarios.clock import WallClock
from tests.scenarios.history import Life

__all__ = ["POINTS", "Abandoned", "CrashPoint", "Host"]

POINTS = (
    storage.writer, actors.control.session, actors.runtime.removal, actors.removal.removing, actors.worktree.making,
    actors.worktree.clearing, storage.telling, storage.forgetting,
)  # fmt: skip
"""The modules that name points, each with its own `reach` from storage.crashpoints."""


class Abandoned(BaseException):
    """The process is dead: nothing of the daemon may go on."""


@define(eq=False)
class CrashPoint:
    """`plan` says for each life to come at which point, reached for which time, it dies: (name, n). Lives beyond the plan live on.

    `reached` counts all points of all lives by name, `fired` the deaths.
    """

    plan: list[tuple[str, int]] = field(factory=list)
    fired: int = 0
    reached: dict[str, int] = field(factory=dict)

    def install(self, die: Callable[[], None]) -> None:
        """From now on the named points of a new life come here."""
        fatal, left = self.plan.pop(0) if self.plan else ("", 0)

        def reach(name: str) -> None:
            nonlocal left
            self.reached[name] = self.reached.get(name, 0) + 1
            left -= name == fatal
            if name == fatal and left == 0:
                self.fired += 1
                die()
                raise Abandoned(name)

        for module in POINTS:
            vars(module)["reach"] = reach


@define(eq=False)
class Host:
    """Runs one life. `up` is set when clients are served, `over` when all of it is gone and the folder is free, `known` with either."""

    places: Places
    config: Config
    clock: WallClock
    life: Life
    point: CrashPoint
    inline: bool = True
    backends: Backends | None = None
    wires: Callable[[McpServer], Wire] | None = None
    up: trio.Event = field(factory=trio.Event)
    over: trio.Event = field(factory=trio.Event)
    known: trio.Event = field(factory=trio.Event)
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    exit: Exit | None = None
    assembly: Assembly | None = None
    daemon: Daemon | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """One life, from the lock to its release. A start that is refused raises what refused it."""
        try:
            with self.scope:
                await self._live(task_status)
        except BaseExceptionGroup as group:
            dead, rest = group.split(Abandoned)
            if rest is not None:
                raise rest from None
            assert dead is not None
        finally:
            self.over.set()
            self.known.set()

    async def _live(self, task_status: trio.TaskStatus[None]) -> None:
        daemon = self.daemon = Daemon(self.places, self.config)
        try:
            opened = Assembly.open(
                self.places, self.config, daemon.stop, clock=self.clock, inline=self.inline, backends=self.backends, wires=self.wires
            )
        except Exception:
            self.life.ending = "refused"
            raise
        with opened as assembly:
            daemon.assembly = self.assembly = assembly
            self.point.install(self.abandon)
            assembly.system.registry.observe = self._observe
            async with trio.open_nursery() as nursery:
                nursery.start_soon(daemon._end_in_order, assembly)
                nursery.start_soon(self._say_up, task_status)
                self.exit = await assembly.system.run()
                nursery.cancel_scope.cancel()
        if isinstance(self.exit, Failed) and not self.up.is_set():
            self.life.ending = "refused"
            raise self.exit.error
        if self.life.ending == "running":
            self.life.ending = "failed" if isinstance(self.exit, Failed) else "orderly"

    async def _say_up(self, task_status: trio.TaskStatus[None]) -> None:
        assert self.assembly is not None
        await self.assembly.system.wait_up()
        if self.assembly.system.exit is None:
            self.up.set()
            self.known.set()
            task_status.started()

    def _observe(self, event: KernelEvent) -> None:
        self.life.kernel.append((trio.current_time(), event))

    def abandon(self) -> None:
        """As kill -9 would: no farewell, no answer, no commit after this call."""
        self.life.ending = "crash"
        self.scope.cancel()

    async def end_in_order(self) -> None:
        """As SIGTERM would."""
        assert self.daemon is not None
        assert self.assembly is not None
        self.life.mailboxes = [(row.path, row.mailbox, row.capacity) for row in self.assembly.system.tree()]
        self.life.ending, began = "orderly", trio.current_time()
        self.daemon.stop("the test")
        await self.over.wait()
        self.life.took_s = trio.current_time() - began
