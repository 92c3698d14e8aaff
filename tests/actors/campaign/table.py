"""The standard configuration and workflow of the optimization scenarios."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from attrs import evolve

from actors.campaign.config import Budget, Eval, MutationPolicy, Phase1, Scope
from actors.campaign.records import KNOBS, TEXTS, Metrics, Replay

EVAL = Eval("pack.yaml", "artifact_validator_pass_rate", "unmet_requirement_count", 2, 5, 30, ("blocked_node_rate", "budget_ceilings"))
POLICY = MutationPolicy(1, 1, 300, 0.25, 0.15, 30_000, 30_000, 600_000, 1, 0, 3, TEXTS, KNOBS)
SCOPE = Scope(True, False, False, True)
BUDGET = Budget(20, 120, 3, 25.0, 500_000)
OBJECTIVE = "# Objective\n\nRaise the validated share of outputs while the live workflow stays untouched.\n"
C0 = Phase1(OBJECTIVE.strip(), EVAL, POLICY, SCOPE, BUDGET)


def node(node_id: str = "node-1", **more: Any) -> dict[str, Any]:
    return {
        "node_id": node_id, "kind": "agent", "persona_id": "writer", "objective": "Draft a clear notice for the crew",
        "output_contract": {"kind": "report", "validator": "research_brief", "summary_guidance": "List the main points briefly."},
        "retry_policy": {"max_attempts": 1}, "timeout_ms": 60_000, **more,
    }  # fmt: skip


def workflow(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"workflow_id": "w0", "name": "W0", "metadata": {"a": 1}, "flow": {"nodes": list(nodes) or [node()]}}


W0 = workflow()


def changed(position: int = 0, definition: dict[str, Any] = W0, **fields: Any) -> dict[str, Any]:
    """The workflow with these keys of a node replaced; None takes one away."""
    copy = deepcopy(definition)
    for key, value in fields.items():
        if value is None:
            copy["flow"]["nodes"][position].pop(key, None)
        else:
            copy["flow"]["nodes"][position][key] = value
    return copy


def policy(**more: Any) -> MutationPolicy:
    return evolve(POLICY, **more)


def metrics(rate: float, unmet: float = 0, blocked: float = 0, within: bool = True) -> Metrics:
    return Metrics(rate, float(unmet), blocked, within)


def replay(rate: float, unmet: float = 0, blocked: float = 0, at: int = 0, cases: dict[str, str] | None = None, **more: Any) -> Replay:
    return Replay(f"baseline-replay-{at}", metrics(rate, unmet, blocked, **more), at, validator_case_outcomes=cases or {})
