"""How the retry of dead letters changes the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.dead_letter.events import DeadLetterRetryRequeued
from actors.entity import Fact
from actors.run.resets import begin_again
from actors.run.state import RunState

__all__ = ["LETTER_FOLDS"]


def _requeued(state: RunState, event: DeadLetterRetryRequeued, at: int) -> None:
    begin_again(state, event.reset_nodes)
    state.letters |= dict(zip(event.node_ids, event.letter_ids, strict=True))
    state.status, state.resume_reason = "queued", event.reason
    state.detail = {"code": event.reason, "letter_ids": list(event.letter_ids)}


LETTER_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {DeadLetterRetryRequeued: _requeued}
