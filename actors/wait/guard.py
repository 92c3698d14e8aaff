"""Whether time may still do something to the waits of a run: the phase guard of projection spec 10.3, asked of the folded state. Pure.

From every phase that does not end a run the table of phases has a way to where a wait leads (tests hold it to that), so all that is left to
ask is whether the run has ended.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["Denial", "denial", "denial_key"]

Denial = Literal["phase_terminal", "run_terminal"]
ENDED = ("completed", "failed", "cancelled")


def denial(status: str) -> Denial | None:
    """Why nothing ends a wait of a run of that status. A blocked run's phase has ways on, but only an operator goes them."""
    return "run_terminal" if status == "blocked" else "phase_terminal" if status in ENDED else None


def denial_key(wait_id: str) -> str:
    """What stands in place of a completion key where nothing is to end the wait any more."""
    return f"phase-guard-denied:{wait_id}"
