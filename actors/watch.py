"""Who wants to hear that a run grew. Hints only, coalesced by the hearer: what happened is read from the log."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice

from attrs import define, frozen

__all__ = ["Change", "Watchers"]

KEPT = 4096


@frozen
class Change:
    """A run's status changed: running number, run, status, sequence number and name of the event that did it."""

    number: int
    run_id: str
    status: str
    seq: int
    event: str


@define(eq=False)
class Watchers:
    """Wakes those who follow one run, or all; keeps the newest status changes for the latter."""

    _by_run: dict[str | None, dict[int, Callable[[], None]]]
    _changes: deque[Change]
    _made: int = 0
    _numbered: int = 0

    @classmethod
    def new(cls) -> Watchers:
        """Nobody watches yet."""
        return cls({}, deque(maxlen=KEPT))

    def watch(self, run_id: str | None, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after each change of the run (None: of any). Returns how to stop that."""
        self._made += 1
        key = self._made
        self._by_run.setdefault(run_id, {})[key] = wake

        def stop() -> None:
            found = self._by_run.get(run_id, {})
            found.pop(key, None)
            if not found:
                self._by_run.pop(run_id, None)

        return stop

    def grew(self, run_id: str, status: str, seq: int, event: str, *, moved: bool) -> None:
        """The run's log has a new event; `moved`: its status is another one now."""
        if moved:
            self._numbered += 1
            self._changes.append(Change(self._numbered, run_id, status, seq, event))
        if self._by_run:
            for wake in [*self._by_run.get(run_id, {}).values(), *self._by_run.get(None, {}).values()]:
                wake()

    def told(self, run_id: str) -> None:
        """The run's public history has new events: wakes those who watch `history_of` the run."""
        for wake in list(self._by_run.get(self.history_of(run_id), {}).values()):
            wake()

    @staticmethod
    def history_of(run_id: str) -> str:
        """The name under which a run's history is watched instead of its log."""
        return f"history:{run_id}"

    @property
    def newest(self) -> int:
        """The number of the last status change."""
        return self._numbered

    def changes(self, after: int, limit: int) -> list[Change]:
        """Status changes behind `after`, oldest first."""
        behind = min(len(self._changes), self._numbered - after)
        return list(islice(reversed(self._changes), behind))[::-1][:limit] if behind > 0 else []
