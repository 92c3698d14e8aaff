"""The gate that asks whether an agent may use a tool: this once, with exactly these arguments. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from actors.gate.events import ApprovalGateOpened
from actors.gate.record import tool_gate
from actors.gate.shown import digest_of_shown
from actors.node.messages import ToolQuestion
from actors.run.turn import Turn
from actors.workflow.spec import Agent

__all__ = ["DECISIONS", "ask_tool", "shown_of"]

DECISIONS: Final = ("approve", "reject", "cancel")


def shown_of(question: ToolQuestion, run_id: str, node_id: str, instance: int) -> dict[str, Any]:
    """What the decider is shown, and an approval is bound to: the call, who wants it made, and where. `instance`: of the node."""
    call: Mapping[str, Any] = {
        "name": question.tool, "arguments": dict(question.arguments), "call_id": question.call_id, "turn": question.turn,
        "persona": question.persona, "persona_sha256": question.persona_sha256, "run_id": run_id, "node_id": node_id, "instance": instance,
    }  # fmt: skip
    text = f"The agent {node_id} ({question.persona}) wants to use {question.tool}. An approval holds for this one call as it is shown."
    return {"artifacts": [], "commands": [], "inputs": {}, "options": [], "prompt": text, "tool": call}


def ask_tool(turn: Turn, node_id: str, question: ToolQuestion) -> None:
    """Open the gate; the attempt that asks has been put down. Each question is an instance of its own, with a nonce of its own."""
    state, node = turn.state, turn.state.nodes[node_id]
    spec = state.plan.nodes[node_id].action
    assert isinstance(spec, Agent), "only agents use tools"
    shown = shown_of(question, state.run_id, node_id, node.instance)
    turn.emit(
        ApprovalGateOpened(
            node_id=node_id, gate_name=tool_gate(node_id), gate_type="human_approval", instance=node.questions + 1, nonce=turn.nonce(),
            decisions=DECISIONS, shown_digest=digest_of_shown(shown), shown=shown,
            expires_at_ms=turn.now + (spec.approval.expires_after_ms or turn.rules.gate_expires_after_ms),
            on_expiry=spec.approval.on_expiry,
            stale_at_ms=turn.now + turn.rules.gate_stale_after_ms,
            approvers=spec.approval.approvers, tool=question.tool,
        )
    )  # fmt: skip
