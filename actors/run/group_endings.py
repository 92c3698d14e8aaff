"""What all kinds of groups have in common when they end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.node.messages import Failure
from actors.run.failing import record_failure
from actors.run.flow_events import GROUP_NODES_FAILED
from actors.run.retry import Retry
from actors.run.state import RunState
from actors.run.turn import Turn

__all__ = ["fail_group", "fail_with_its_nodes", "failed_in", "failures_end", "stuck"]


def failed_in(state: RunState, group: str) -> list[str]:
    """What stands directly in the group and has failed for good."""
    return [node_id for node_id in state.plan.children[group] if state.nodes[node_id].status == "failed"]


def failures_end(state: RunState) -> bool:
    """Whether blocks and loops are left after a failure in them. In clean-up they never are."""
    return state.section == "body" and state.plan.workflow.execution.fail_fast is not False


def stuck(state: RunState, group: str) -> bool:
    """Whether something in the group has not been done and cannot begin: it is blocked, or what it needs is."""
    return any(state.nodes[node_id].status in ("pending", "blocked") for node_id in state.plan.children[group])


def fail_with_its_nodes(turn: Turn, group: str) -> None:
    """The group fails because of what stands in it, which is recorded already."""
    inside = turn.state.plan.inside[group]
    failed = [node_id for node_id in inside if turn.state.nodes[node_id].status == "failed" or node_id in turn.state.failures]
    text = f"It failed with what stands in it: {', '.join(failed)}."
    fail_group(turn, group, GROUP_NODES_FAILED, text, {"node_ids": failed})


def fail_group(turn: Turn, group: str, code: str, text: str, detail: Mapping[str, Any]) -> None:
    """The group has failed, and is not tried again by itself."""
    record_failure(turn, group, Failure(code, text, detail=detail), Retry("not_retryable"))
