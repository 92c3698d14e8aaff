"""What a signal, a resolution or a delivery brings: how large it may be, and whether it fits the wait's schema. Pure."""

from __future__ import annotations

from typing import Any

from actors.refusals import Refusal
from actors.run.state import RunState
from actors.wait.row import WaitRow
from actors.workflow.schema import validate
from actors.workflow.spec import Condition, Wait
from storage.codec import canonical

__all__ = ["LARGEST", "kept_part", "misfit", "too_large"]

LARGEST = 16_384
"""Bytes as canonical JSON."""


def too_large(payload: Any) -> Refusal | None:
    """The refusal of a payload that is larger than a log entry should be."""
    size = len(canonical(payload))
    if size <= LARGEST:
        return None
    text = f"The payload has {size} bytes as JSON; at most {LARGEST} are taken. Send a reference to larger data."
    return Refusal("wait_payload_too_large", text, {"size": size, "limit": LARGEST})


def kept_part(payload: Any) -> Any:
    """The payload, or in place of one that is too large a mark that says so."""
    size = len(canonical(payload))
    return payload if size <= LARGEST else {"truncated": True, "size": size}


def misfit(state: RunState, row: WaitRow, payload: Any) -> Refusal | None:
    """Why the payload does not fit the schema of the node's wait; None when it does, or when there is none."""
    action = state.plan.nodes[row.node_id].action
    if not isinstance(action, Wait) or not isinstance(action.on, Condition) or action.on.schema is None:
        return None
    wrong = validate(state.plan.workflow.schemas[action.on.schema], payload)
    if not wrong:
        return None
    first = wrong[0]
    more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
    text = (
        f"The payload does not fit the schema {action.on.schema} of {row.node_id}: at {first.path}, {first.message}{more}. Send it again."
    )
    violations = [{"path": one.path, "rule": one.message} for one in wrong[:10]]
    return Refusal("wait_payload_invalid", text, {"wait_id": row.wait_id, "path": first.path, "violations": violations})
