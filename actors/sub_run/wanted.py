"""What a run wants of each run that it has begun: that it goes on, holds, or ends. Compared with how these stand, again and again. Pure."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from actors.run.limits import as_begun
from actors.run.state import RunState
from actors.run.stopping import halted
from actors.sub_run.present import is_present
from actors.sub_run.row import PARENT_CANCELLED, SubRun
from actors.workflow.spec import SubWorkflow

__all__ = ["Wish", "next_limit_ms", "over_time", "why_ended", "wish_for"]


@frozen
class Wish:
    """`word` says what, `reason` why it ends."""

    word: Literal["nothing", "go_on", "hold", "cancel"]
    reason: str = ""


def wish_for(state: RunState, row: SubRun, now: int, *, grace_over: bool = False) -> Wish:
    """What the run wants of that one."""
    if state.terminal or not is_present(state, row) or grace_over:
        return Wish("cancel", PARENT_CANCELLED)
    if (reason := why_ended(state)) is not None and state.section == state.plan.section[row.node_id]:
        return Wish("cancel", PARENT_CANCELLED if reason == "cancelled" else reason)
    if over_time(state, row, now):
        return Wish("cancel", "timeout")
    held = state.status in ("paused", "pausing") and state.pause_reason != "shutdown"
    goes_on = state.status in ("running", "waiting", "awaiting_approval")
    return Wish("hold" if held else "go_on" if goes_on else "nothing")


def why_ended(state: RunState) -> str | None:
    """Why the run ends what its body has under way, in the word of an interruption; None where it does not."""
    if state.section == "body" and state.cancel_reason is not None:
        return "cancelled"
    return "fail_fast" if state.plan.workflow.execution.fail_fast is True and halted(state) else None


def _due_ms(state: RunState, row: SubRun) -> int | None:
    """When its time is over if it goes on moving; the time in which it rests, and so waits for others, does not count."""
    node = as_begun(state, row.node_id)
    if row.since_ms is None or not node.absolute_timeout_ms or not isinstance(node.action, SubWorkflow):
        return None
    return row.since_ms + max(0, node.absolute_timeout_ms - row.worked_ms)


def over_time(state: RunState, row: SubRun, now: int) -> bool:
    """Whether the run has had all the time that its node gives it."""
    due = _due_ms(state, row)
    return due is not None and now >= due


def next_limit_ms(state: RunState) -> list[int]:
    """When the times of runs under way are over, epoch milliseconds."""
    return [due for row in state.children.values() if (due := _due_ms(state, row)) is not None]
