"""The part of a work order that is an agent's: who does it, what is to be repaired, and what may still be used. Pure."""

from __future__ import annotations

from typing import Any

from actors.flow.texts import Texts
from actors.node.messages import Budget, SharedBudget, Usage
from actors.node.orders import AgentOrder, AnswerOrder, RepairOrder
from actors.run.budgets import limit_of, shared_limits
from actors.run.state import RunState
from actors.workflow.spec import Agent, Foreach, Node, SubWorkflow
from actors.workflow.template import TemplateError

__all__ = ["agent_order", "thread_of"]


def thread_of(run_id: str, node_id: str) -> str:
    """The name of the node's conversation: of its log, and of its calls in the ledger."""
    return f"run:{run_id}:node:{node_id}"


def agent_order(state: RunState, node: Node, action: Agent, texts: Texts, now: int, lessons: str = "") -> AgentOrder:
    """What the agent is to do. Raises TemplateError, also where nobody has the role."""
    item = state.nodes[node.node_id]
    bound = next((one for one in state.binding if one.role == action.reference), None)
    if bound is None:
        text = f"The role {action.reference!r} is bound to nobody in this run. Start a fresh run."
        raise TemplateError("run_metadata_missing", action.reference, text)
    outfit = state.plan.outfits[node.node_id]
    repair = None
    if item.flaw is not None:
        repair = RepairOrder(item.flaw.attempt, item.flaw.errors)
    return AgentOrder(
        bound=bound, instructions=texts.text(action.instructions), thread_id=thread_of(state.run_id, node.node_id),
        tools=action.tools, policy=action.policy, asks=state.plan.section[node.node_id] == "body", decided=item.tool_decision,
        worked_ms=item.worked_ms, data=texts.value(dict(node.with_)), feedback=tuple(item.feedback), repair=repair, spent=item.used,
        budget=_budget(state, now), shared=_shared(state), max_steps=action.max_steps, anew=state.anew, steering=tuple(item.unheard),
        seq=state.seq, answer=_answer(state, node), family=bool(state.plan.calls), below=state.parent_run_id is not None,
        lessons=lessons,
        form=_form(state, outfit.schema), flat=state.plan.workflow.templating == "flat", variables=texts.variables,
        snippets=tuple(_pinned(state, "snippet", name) for name in outfit.snippets), max_turns=action.max_turns,
        plugin_dirs=state.defaults.folders_of(action.plugin_dirs), identity=state.defaults.identity_of(node.as_identity),
    )  # fmt: skip


def _form(state: RunState, name: str | None) -> AnswerOrder | None:
    """The schema of what it says last: the workflow's own of that name, else the file's."""
    if name is None or name in state.plan.workflow.schemas:
        return None if name is None else AnswerOrder(name, state.plan.workflow.schemas[name])
    return AnswerOrder(name, sha256=_pinned(state, "schema", name))


def _pinned(state: RunState, kind: str, name: str) -> str:
    found = next((text.sha256 for text in state.texts if (text.kind, text.name) == (kind, name)), None)
    if found is None:
        raise TemplateError("run_metadata_missing", name, f"The {kind} {name!r} was not there when this run was made. Start a fresh run.")
    return found


def _answer(state: RunState, node: Node) -> Any:
    """The schema of the node's output, where that is what the agent says last: services that can hold their models to it."""
    name = node.contract.schema if node.contract is not None and node.artifact is None and node.output == "json" else None
    return state.plan.workflow.schemas.get(name) if name is not None else None


def _budget(state: RunState, now: int) -> Budget:
    limits = state.plan.workflow.execution
    tokens = limit_of(state, "tokens", limits.max_total_tokens)
    calls = limit_of(state, "tool_calls", limits.max_total_tool_calls)
    cost = limit_of(state, "cost_usd", limits.max_total_cost_usd)
    callers = (Agent, SubWorkflow, Foreach)
    agents = [state.nodes[node_id].used for node_id, node in state.plan.nodes.items() if isinstance(node.action, callers)]
    return Budget(
        tokens=_whole(tokens), cost_usd=cost, tool_calls=_whole(calls),
        runtime_ms=_whole(limit_of(state, "runtime_ms", limits.max_total_runtime_ms)), used=state.usage,
        by_agents=sum(agents, start=Usage()), active_ms=state.active_time_ms(now),
        priced=cost is not None and "cost_usd" not in state.limits,
    )  # fmt: skip


def _shared(state: RunState) -> SharedBudget | None:
    written = state.plan.workflow.budget
    if written is None:
        return None
    limits = shared_limits(state)
    cost = limits["cost_usd"]
    priced = cost is not None and "workflow_cost_usd" not in state.limits  # who raised it knows that some of it has no price
    shared = Budget(tokens=_whole(limits["tokens"]), cost_usd=cost, tool_calls=_whole(limits["tool_calls"]), priced=priced)
    return SharedBudget(state.workflow_id, written.per, shared)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
