"""How the facts of the queue change the run record. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.run.state import RunState
from actors.scheduler.events import RunQueueReasonChanged

__all__ = ["QUEUE_FOLDS"]


def _reason_changed(state: RunState, event: RunQueueReasonChanged, at: int) -> None:
    """Since when it is queued, and what is known of its back-off, stays."""
    kept = {name: value for name, value in (state.queue or {}).items() if name == "queued_at_ms" or name.startswith("retry_")}
    found = {"resource_key": event.resource_key, "rate_limited_provider": event.rate_limited_provider}
    state.queue = {"queue_reason": event.queue_reason, **kept, **{name: value for name, value in found.items() if value is not None}}


QUEUE_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {RunQueueReasonChanged: _reason_changed}
