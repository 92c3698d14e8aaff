"""The states of runs for those who only look: a log is folded once, and then as far as it has grown since the last look."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from actors.run.logbook import fold_log, fold_on

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.services import Services

__all__ = ["KEPT", "Folded"]

KEPT = 64
"""So many runs are looked at again and again at one time: those that are followed, or wait for a person."""


class Folded:
    """At most 64 states, the latest that were asked for. They are nobody's to change, and each moves on when it is asked for again."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._states: OrderedDict[str, RunState] = OrderedDict()

    def state(self, run_id: str, upto: int | None = None) -> RunState:
        """The state as a whole, or as far as that fact. Raises what `fold_log` raises."""
        known = self._states.pop(run_id, None)
        if known is not None and known.seq > self._services.store.journal.head(run_id):
            known = None  # it was removed, and another history of it brought in
        if upto is not None and known is not None and known.seq > upto:
            self._keep(run_id, known)
            return fold_log(self._services, run_id, upto)
        state = fold_log(self._services, run_id, upto) if known is None else fold_on(self._services, run_id, known, upto)
        self._keep(run_id, state)
        return state

    def forget(self, run_id: str) -> None:
        """The run was removed: nothing of it is to stay."""
        self._states.pop(run_id, None)

    def _keep(self, run_id: str, state: RunState) -> None:
        self._states[run_id] = state
        if len(self._states) > KEPT:
            self._states.popitem(last=False)
