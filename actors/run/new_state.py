"""The state of a run before its log says anything. Pure."""

from __future__ import annotations

from collections.abc import Callable

from actors.run.frontier import Frontier
from actors.run.node_state import NodeState
from actors.run.plan import Plan
from actors.run.state import RunState
from actors.settings import RunRules

__all__ = ["new_state"]


def new_state(
    run_id: str, plan: Plan, rules: RunRules | None = None, plans: Callable[[str], Plan] | None = None
) -> RunState:  # fmt: skip
    """The state before the first fact. `rules`: what the workflow's texts may name, and set; `plans`: versions by digest."""
    return RunState(
        env={} if rules is None else rules.env,
        reserved=frozenset() if rules is None else rules.reserved_variables,
        run_id=run_id,
        plan=plan,
        body=Frontier(plan.body, plan.sort_keys),
        tail=Frontier(plan.tail, plan.sort_keys),
        nodes={node_id: NodeState() for node_id in plan.nodes},
        plans=plans,
        learns=rules is not None and rules.learning,
    )
