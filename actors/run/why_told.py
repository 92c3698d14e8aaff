"""What the agents of a run were told of earlier runs, in words. Pure."""

from __future__ import annotations

from typing import Any

from actors.run.state import RunState
from actors.run.wording import count, reason

__all__ = ["why_told"]


def why_told(state: RunState) -> list[dict[str, Any]]:
    """One reason where they were told anything: what they do may come of it."""
    told = state.learning.injected_learning_ids if state.learning is not None else ()
    if not told:
        return []
    text = f"Its agents are told of {count(len(told), 'learning')} from earlier runs: {', '.join(told)}."
    return [reason("learnings_told", text, *(f"penstock learning show {one}" for one in told), learning_ids=list(told))]
