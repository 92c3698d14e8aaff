"""Watching another actor's end from outside its supervisor. A watch sees one incarnation, once; it restarts nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from supervision.errors import ActorDead
from supervision.exits import Exit, Failed
from supervision.mailbox import SKIP, Notice

if TYPE_CHECKING:
    from supervision.cell import Cell
    from supervision.incarnation import Incarnation

__all__ = ["Down", "Monitor"]


@frozen
class Down:
    """The incarnation at `path` ended so. When nobody was there to begin with, `exit` is `Failed(ActorDead)`."""

    path: str
    exit: Exit


class Monitor(Notice):
    """One watch, made by `Actor.monitor`. It ends by delivering its Down, by `cancel()`, or with the watcher."""

    __slots__ = ("_down", "_make", "_off", "_target", "_watcher")

    def __init__(self, watcher: Incarnation, make: Callable[[Down], Any]) -> None:
        self._watcher = watcher
        self._make = make
        self._target: Cell | None = None
        self._down: Down | None = None
        self._off = False

    def watch(self, path: str, target: Cell | None) -> None:
        if target is None:
            self.down(path, Failed(ActorDead(path)))
            return
        self._target = target
        target.add_monitor(self)
        self._watcher.belongings.add(self)

    def down(self, path: str, ended: Exit) -> None:
        self._target = None
        self._watcher.belongings.remove(self)
        self._down = Down(path, ended)
        self._watcher.notify(self)

    def cancel(self) -> None:
        """Watch no longer; a Down that is already in the mailbox is skipped."""
        self._off = True
        self._watcher.belongings.remove(self)
        if self._target is not None:
            self._target.remove_monitor(self)
            self._target = None

    def take(self) -> Any:
        assert self._down is not None
        return SKIP if self._off else self._make(self._down)
