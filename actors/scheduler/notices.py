"""Which queued runs have waited for a reason long enough that their logs should say so. Pure.

A reason counts when two looks in a row find it, and they are a tick apart: what lasts less leaves no trace. A flood of queued runs costs
no flood of events: at most 20 are told at a look, and at most 500 are looked at, the oldest first; the others come at the next ones.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from attrs import Factory, define

from actors.scheduler.lanes import Hold

__all__ = ["Notices"]

MOST_TOLD = 20
MOST_LOOKED_AT = 500
UNTOLD = ("retry_backoff",)
"""What other events of the log say already."""


@define(eq=False)
class Notices:
    """For each queued run, in the order in which they are looked at: what its log says, and what the last look found."""

    _runs: dict[str, tuple[str | None, str | None]] = Factory(dict)

    def begin(self, run_id: str, recorded: str | None) -> None:
        """The run is queued; `recorded` is the reason that stands in its log."""
        self._runs.pop(run_id, None)
        self._runs[run_id] = (recorded, None)

    def forget(self, run_id: str) -> None:
        """The run is not queued any more."""
        self._runs.pop(run_id, None)

    def look(self, hold_of: Callable[[str], Hold | None]) -> list[tuple[str, Hold]]:
        """The runs that are to be told now, each with what holds it."""
        told: list[tuple[str, Hold]] = []
        for run_id in list(islice(self._runs, MOST_LOOKED_AT)):
            if len(told) == MOST_TOLD:
                break
            recorded, seen = self._runs.pop(run_id)
            hold = hold_of(run_id)
            word = _word(hold)
            if hold is None or word in {recorded, *UNTOLD}:
                word, seen = recorded, None
            elif word == seen:
                told.append((run_id, hold))
                seen = None
            else:
                word, seen = recorded, word
            self._runs[run_id] = (word, seen)
        return told


def _word(hold: Hold | None) -> str | None:
    """The reason, and the provider where it is about one: what tells one reason for waiting from another."""
    if hold is None:
        return None
    return hold[0] if hold[0] != "rate_limit" else f"{hold[0]} {hold[1]}"
