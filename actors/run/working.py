"""Whether anything of a run proceeds by itself. Pure."""

from __future__ import annotations

from actors.run.state import RunState
from actors.sub_run.present import is_present

__all__ = ["at_work"]


def at_work(state: RunState) -> bool:
    """Its attempts, or runs that they are, unless these rest and hold nothing up."""
    ends = state.cancel_reason is not None or state.section == "finally"
    return bool(state.executing) or any(is_present(state, row) and (row.moving or ends) for row in state.children.values())
