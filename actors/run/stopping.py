"""Whether failures keep what is left of a run from beginning (flow spec 6.2). Pure."""

from __future__ import annotations

from actors.run.state import RunState

__all__ = ["halted"]


def halted(state: RunState) -> bool:
    """Whether a failure keeps anything new of the body from starting. Failures from before an operator's retry do not."""
    if state.section != "body" or state.plan.workflow.execution.fail_fast is False:
        return False
    return any(node_id not in state.tolerated for node_id in state.failures)
