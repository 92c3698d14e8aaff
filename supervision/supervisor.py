"""The static supervisor: a state machine without a task. Children's starts and ends come in as calls; it steps until it must wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from supervision.cell import Cell, Life, Parent
from supervision.errors import RestartIntensityExceeded
from supervision.exits import Exit, Failed, Killed, Shutdown
from supervision.intensity import Budget, backoff_s
from supervision.strategy import ends_supervisor, fallen, sentence
from supervision.timers import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervision.childspec import ChildSpec, Supervisor
    from supervision.system import System

__all__ = ["SupervisorCell"]


class SupervisorCell(Cell):
    """Work is two lists: `_to_stop` (taken from the end), then `_to_start` (taken from the front); one child at a time is waited for.

    An end that nobody waits for lies in `_news` until both lists are empty, so children that fail during a restart are judged after it,
    and not at all when the restart took them along: OTP's order, where exits wait in the supervisor's mailbox.
    """

    kind = "supervisor"

    def __init__(self, system: System, parent: Parent, spec: ChildSpec, restarts: int, plan: Supervisor) -> None:
        super().__init__(system, parent, spec, restarts)
        self._plan = plan
        self._budget = Budget(plan.intensity, plan.period)
        self._specs = {child.id: child for child in plan.children}
        self._cells: dict[str, Cell] = {}
        self._to_stop: list[str] = []
        self._to_start: list[str] = list(self._specs)
        self._starting: Cell | None = None
        self._ending: Cell | None = None
        self._news: dict[str, Cell | None] = {}  # None: it is time to try a failed restart again
        self._failures: dict[str, int] = {}
        self._retries: dict[str, Alarm] = {}
        self._verdict: Exit | None = None
        self._stepping = False

    # What a parent asks for

    def launch(self) -> None:
        self._advance()

    def stop(self) -> None:
        if self.life < Life.STOPPING:
            self._wind_up(Shutdown())
            self._advance()

    def end(self, ended: Exit) -> None:
        super().end(ended)
        self._cells.clear()  # they refer to this one, too: see `Incarnation`

    def kill(self) -> None:
        if self.life < Life.ENDED:
            self._wind_up(Killed())
            for cell in self._living():
                cell.kill()
            self._advance()

    # What children tell

    def child_started(self, cell: Cell) -> None:
        assert cell is self._starting
        self._starting = None
        self._failures.pop(cell.spec.id, None)
        self._advance()

    def child_ended(self, cell: Cell) -> None:
        if cell is self._ending:
            self._ending = None
        elif cell is self._starting:
            self._starting = None
            self._start_failed(cell)
        elif self._verdict is None:
            self._news[cell.spec.id] = cell
        self._advance()

    # The machine

    def _advance(self) -> None:
        if self._stepping:
            return  # a child answered from within a step; the loop below goes on with it
        self._stepping = True
        while self._starting is None and self._ending is None and self.life < Life.ENDED and self._step():
            pass
        self._stepping = False

    def _step(self) -> bool:
        if self._to_stop:
            self._stop_one(self._to_stop.pop())
        elif self._verdict is not None:
            self.end(self._verdict)
        elif self._to_start:
            self._start_one(self._to_start.pop(0))
        elif self.life is Life.STARTING:
            self.confirm()
        elif self._news:
            child = next(iter(self._news))
            self._judge(child, self._news.pop(child))
        else:
            return False
        return True

    def _stop_one(self, child: str) -> None:
        self._news.pop(child, None)
        self._forget_retry(child)
        cell = self._cells.get(child)
        if cell is not None and cell.life < Life.ENDED:
            self._ending = cell
            self._let_end(cell)

    def _let_end(self, cell: Cell) -> None:
        if isinstance(self._verdict, Killed):
            cell.kill()
        else:
            cell.terminate()

    def _start_one(self, child: str) -> None:
        before = self._cells.get(child)
        cell = self.system.hatch(self, self._specs[child], 0 if before is None else before.restarts + 1)
        self._cells[child] = self._starting = cell
        cell.launch()

    def _start_failed(self, cell: Cell) -> None:
        child = cell.spec.id
        if cell.ignored:
            return
        if self.life is Life.STARTING:
            self._wind_up(cell.exit or Killed())
        else:
            self._to_start.clear()  # those behind it stay down until it is up: its next try starts them too, if the strategy says so
            self._failures[child] = self._failures.get(child, 0) + 1
            self._try_later(child)

    def _try_later(self, child: str) -> None:
        plan = self._plan
        wait = backoff_s(self._failures[child], intensity=plan.intensity, period=plan.period, jitter=self.system.jitter())
        self.system.registry.report("retrying", self._cells[child].path, detail=f"{wait:.3f} s")
        self._retries[child] = Alarm(lambda: self._try_again(child))
        self.system.timers.arm(wait, self._retries[child])

    def _try_again(self, child: str) -> None:
        del self._retries[child]
        self._news[child] = None
        self._advance()

    def _judge(self, child: str, cell: Cell | None) -> None:
        if cell is None:
            self._restart(child)
            return
        assert cell.exit is not None
        spec = self._specs[child]
        if sentence(spec.restart, cell.exit) == "restart":
            self._restart(child)
            return
        if ends_supervisor(self._plan.auto_shutdown, significant=spec.significant, others_left=self._significant_left()):
            self._wind_up(Shutdown())

    def _restart(self, child: str) -> None:
        plan, cell = self._plan, self._cells[child]
        if not self._budget.spend(trio.current_time()):
            self.system.registry.report("escalated", self.path)
            self._wind_up(Failed(RestartIntensityExceeded(self.path, plan.intensity, plan.period)))
            return
        self.system.registry.report("restarting", cell.path, cell.exit)
        group = fallen(plan.strategy, list(self._specs), child)
        self._to_stop = group
        self._to_start = [each for each in group if self._specs[each].restart != "temporary"]  # those never come back, even as bystanders

    def _wind_up(self, verdict: Exit) -> None:
        """From here on there is only stopping; after that only a kill may come."""
        self.life = Life.STOPPING
        self.open = False
        self._verdict = verdict
        self._to_start.clear()
        self._news.clear()
        self._to_stop = list(self._specs)
        for child in tuple(self._retries):
            self._forget_retry(child)
        if self._starting is not None:
            self._ending, self._starting = self._starting, None
            self._let_end(self._ending)

    def _forget_retry(self, child: str) -> None:
        alarm = self._retries.pop(child, None)
        if alarm is not None:
            self.system.timers.discard(alarm)

    def _significant_left(self) -> bool:
        alive = {cell.spec.id for cell in self._living()} | self._news.keys() | self._retries.keys()
        return any(spec.significant and spec.id in alive for spec in self._specs.values())

    def _living(self) -> list[Cell]:
        return [cell for cell in self._cells.values() if cell.life < Life.ENDED]

    def living_children(self) -> Iterable[Cell]:
        """In start order; those that wait to be tried again are among them."""
        known = (self._cells.get(child) for child in self._specs)
        return [cell for cell in known if cell is not None and (cell.life < Life.ENDED or cell.spec.id in self._retries)]
