"""Runs that have ended a moment ago, as they bring themselves: what is at hand need not be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define

if TYPE_CHECKING:
    from actors.run.state import RunState

__all__ = ["Endings"]

KEPT = 1024


@define(eq=False)
class Endings:
    """At most 1,024 states are kept, the others are folded from their logs; of no ending it is forgotten that it is to be looked at."""

    _states: dict[str, RunState] = Factory(dict)
    _due: dict[str, None] = Factory(dict)

    def add(self, state: RunState) -> None:
        """The run has ended. Its state is nobody else's any more once its actor rests."""
        if len(self._states) < KEPT:
            self._states[state.run_id] = state
        self.due(state.workflow_id)

    def due(self, workflow_id: str) -> None:
        """There are endings of that workflow to look at."""
        self._due[workflow_id] = None

    def take_due(self) -> list[str]:
        """The workflows that are due; they are the caller's now."""
        found = list(self._due)
        self._due.clear()
        return found

    def take(self, run_id: str, seq: int) -> RunState | None:
        """The state, which is the caller's now; None where there is none of that length of the log."""
        state = self._states.pop(run_id, None)
        return state if state is not None and state.seq == seq else None
