"""Children on demand: many, independent, started and stopped at any time. No order among them and no strategy but one_for_one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from supervision.cell import Cell, Life, Parent
from supervision.errors import ActorDead, AlreadyStarted, Ignore, RestartIntensityExceeded, StartFailed
from supervision.exits import Exit, Failed, Killed, Normal, Shutdown
from supervision.intensity import Budget, backoff_s
from supervision.ref import Ref
from supervision.strategy import sentence
from supervision.timers import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervision.childspec import ChildSpec, ShutdownTime
    from supervision.system import System

__all__ = ["Dynamic", "DynamicCell"]


class Dynamic:
    """A supervisor of children on demand; itself a behaviour for a `ChildSpec`. More than `intensity` restarts in `period` s escalate.

    When it stops, all children stop at once under one deadline of `shutdown` seconds (None: the longest of the children's own).
    A start that fails the first time is only reported: to `start`'s caller and to monitors. Failed restarts are tried again.
    """

    cell: DynamicCell  # the kernel's

    def __init__(self, *, intensity: int = 1, period: float = 5.0, shutdown: ShutdownTime | None = None) -> None:
        if intensity < 0 or period <= 0:
            raise ValueError(f"intensity is 0 or more and period above 0, not {intensity} and {period}")
        self.intensity = intensity
        self.period = period
        self.shutdown = shutdown

    def start_soon(self, spec: ChildSpec) -> Ref[Any]:
        """Begin to start a child, without waiting. It has its mailbox at once; if it does not come up, monitors get a Down.

        Raises `AlreadyStarted` while a child of that id has not ended, `ActorDead` when this supervisor is stopping.
        """
        return Ref(self.cell.start(spec).path, self.cell.system)

    async def start(self, spec: ChildSpec) -> Ref[Any]:
        """Start a child and wait until it is confirmed. Raises `StartFailed`, or `Ignore` if the child was not needed.

        Otherwise as `start_soon`. Cancelling the caller does not take the start back.
        """
        cell = self.cell.start(spec)
        await cell.wait_past(Life.STARTING)
        if not cell.confirmed:
            if cell.ignored:
                raise Ignore(cell.path)
            ended = cell.exit or Shutdown()
            raise ended.error if isinstance(ended, Failed) else StartFailed(cell.path, ActorDead(cell.path, ended))
        return Ref(cell.path, self.cell.system)

    def dismiss(self, child: str) -> None:
        """Begin to stop a child, with its own deadline, and do not wait. It is not restarted. An unknown id is no error."""
        self.cell.dismiss(child)

    async def stop(self, child: str) -> None:
        """Stop a child and wait until it has ended."""
        cell = self.cell.dismiss(child)
        if cell is not None:
            await cell.wait_past(Life.STOPPING)

    def children(self) -> tuple[str, ...]:
        """Ids of the children that have not ended (starting, restarting and stopping ones included), in start order."""
        return tuple(self.cell.children)


_NOTHING = Dynamic()


class DynamicCell(Cell):
    """Needs no task and no queue: every event concerns one child and is dealt with where it happens."""

    kind = "dynamic"

    def __init__(self, system: System, parent: Parent, spec: ChildSpec, restarts: int, plan: Dynamic) -> None:
        super().__init__(system, parent, spec, restarts)
        plan.cell = self
        self.children: dict[str, Cell] = {}
        self.plan = plan
        self._budget = Budget(plan.intensity, plan.period)
        self._failures: dict[str, int] = {}
        self._retries: dict[str, Alarm] = {}
        self._dismissed: set[str] = set()
        self._verdict: Exit | None = None

    # On demand

    def start(self, spec: ChildSpec) -> Cell:
        if not self.open:
            raise ActorDead(self.path)
        if spec.significant:
            raise ValueError(f"child {spec.id!r}: significant children belong to a static supervisor")
        if spec.id in self.children:
            raise AlreadyStarted(self.children[spec.id].path)
        return self._launch(spec, 0)

    def dismiss(self, child: str) -> Cell | None:
        cell = self.children.get(child)
        if cell is not None and child not in self._dismissed:
            self._dismissed.add(child)
            if cell.life is Life.ENDED:  # it waited to be tried again
                self._forget(child)
            else:
                cell.terminate()
        return cell

    def _launch(self, spec: ChildSpec, restarts: int) -> Cell:
        cell = self.children[spec.id] = self.system.hatch(self, spec, restarts)
        cell.launch()
        return cell

    # What a parent asks for

    def launch(self) -> None:
        self.confirm()

    def stop(self) -> None:
        if self.life < Life.STOPPING:
            self._wind_up(Shutdown())

    def kill(self) -> None:
        if self.life < Life.ENDED:
            self._wind_up(Killed())

    def _wind_up(self, verdict: Exit) -> None:
        self.life = Life.STOPPING
        self.open = False
        self._verdict = verdict
        for child in tuple(self._retries):
            self._forget(child)
        for cell in tuple(self.children.values()):
            if isinstance(verdict, Killed) or cell.shutdown_time == "brutal_kill" or self.plan.shutdown == "brutal_kill":
                cell.kill()
            else:
                cell.stop()
        if self.children and not isinstance(verdict, Killed):
            self._arm_common_deadline()
        self._end_if_empty()

    def _arm_common_deadline(self) -> None:
        times = [cell.shutdown_time for cell in self.children.values()] if self.plan.shutdown is None else [self.plan.shutdown]
        finite = [time for time in times if not isinstance(time, str)]
        if finite and "infinity" not in times:
            self.set_deadline(max(finite), self.kill)

    # What children tell

    def child_started(self, cell: Cell) -> None:
        self._failures.pop(cell.spec.id, None)

    def child_ended(self, cell: Cell) -> None:
        child = cell.spec.id
        assert cell.exit is not None
        if self.life is Life.STOPPING:
            self._forget(child)
            self._end_if_empty()
        elif child in self._dismissed or cell.ignored:
            self._forget(child)
        elif not cell.confirmed:
            self._start_failed(cell)
        elif sentence(cell.spec.restart, cell.exit) == "restart":
            self._restart(cell)
        else:
            self._forget(child)

    def _start_failed(self, cell: Cell) -> None:
        child = cell.spec.id
        if cell.restarts == 0:
            self._forget(child)
            return
        plan = self.plan
        self._failures[child] = failures = self._failures.get(child, 0) + 1
        wait = backoff_s(failures, intensity=plan.intensity, period=plan.period, jitter=self.system.jitter())
        self.system.registry.report("retrying", cell.path, detail=f"{wait:.3f} s")
        self._retries[child] = Alarm(lambda: self._try_again(cell))
        self.system.timers.arm(wait, self._retries[child])

    def _try_again(self, cell: Cell) -> None:
        del self._retries[cell.spec.id]
        self._restart(cell)

    def _restart(self, cell: Cell) -> None:
        plan = self.plan
        if self._budget.spend(trio.current_time()):
            self.system.registry.report("restarting", cell.path, cell.exit)
            self._launch(cell.spec, cell.restarts + 1)
        else:
            self._forget(cell.spec.id)
            self.system.registry.report("escalated", self.path)
            self._wind_up(Failed(RestartIntensityExceeded(self.path, plan.intensity, plan.period)))

    def _forget(self, child: str) -> None:
        del self.children[child]
        self._failures.pop(child, None)
        self._dismissed.discard(child)
        alarm = self._retries.pop(child, None)
        if alarm is not None:
            self.system.timers.discard(alarm)

    def end(self, ended: Exit) -> None:
        super().end(ended)
        self.plan = _NOTHING  # it refers to this cell, too: see `Incarnation`

    def _end_if_empty(self) -> None:
        if not self.children:
            self.end(self._verdict or Normal())

    def living_children(self) -> Iterable[Cell]:
        return list(self.children.values())
