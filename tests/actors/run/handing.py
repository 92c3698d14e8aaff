"""What the scheduler of waits hands to a run, for runs on paper."""

from __future__ import annotations

from actors.run.state import RunState
from actors.wait.messages import DueWait

__all__ = ["handed"]


def handed(state: RunState, now: int) -> tuple[DueWait, ...]:
    """What the scheduler of waits would hand over at that moment."""
    rows = [(row.due_key, row.due_ms) for row in state.waits.values()]
    keys = sorted(key for key, due in rows if key is not None and due is not None and due <= now)
    return tuple(DueWait(state.run_id, key, now) for key in keys)
