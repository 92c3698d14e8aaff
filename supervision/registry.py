"""Who lives at which path, and what could not be delivered. It starts and stops nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from supervision.incarnation import Incarnation
from supervision.reports import Happening, KernelEvent

if TYPE_CHECKING:
    from supervision.cell import Cell
    from supervision.exits import Exit

__all__ = ["Registry"]


class Registry:
    """Paths to living cells. `dead_letters` were told to nobody, `dropped` were refused by a full mailbox that drops.

    `unobserved` counts reports on which the observer raised.
    """

    __slots__ = ("cells", "dead_letters", "dropped", "observe", "unobserved")

    def __init__(self, observe: Callable[[KernelEvent], None] | None) -> None:
        self.cells: dict[str, Cell] = {}
        self.observe = observe
        self.dead_letters = 0
        self.dropped = 0
        self.unobserved = 0

    def receiver(self, path: str) -> Incarnation | None:
        """The actor that takes messages at `path` now; None when there is none, or it is stopping, or it is a supervisor."""
        cell = self.cells.get(path)
        return cell if cell is not None and cell.open and isinstance(cell, Incarnation) else None

    def remove(self, cell: Cell) -> None:
        del self.cells[cell.path]  # it is still this one: a successor is made only after the end

    def dead_letter(self, path: str, message: object) -> None:
        self.dead_letters += 1
        self.report("dead_letter", path, detail=type(message).__name__)

    def drop(self, path: str, message: object) -> None:
        self.dropped += 1
        self.report("dropped", path, detail=type(message).__name__)

    def report(self, happening: Happening, path: str, ended: Exit | None = None, detail: str = "") -> None:
        if self.observe is None:
            return
        try:
            self.observe(KernelEvent(happening, path, ended, detail))
        except Exception:  # noqa: BLE001 - a log that cannot be written must not take the tree down
            self.unobserved += 1
