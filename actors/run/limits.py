"""How long an attempt may be silent, and how long it may last (runs spec 7.5, flow spec 2.7). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from actors.run.state import RunState
from actors.run.texts import texts_before
from actors.settings import RunRules
from actors.workflow.partly import Partly
from actors.workflow.spec import Http, Node, Python

__all__ = ["as_begun", "filled_in", "idle_ms", "is_watched", "limits_foreseen", "total_ms"]

IDLE_OF_VALIDATOR = {"standup_update": 120_000, "structured_json": 180_000}
"""How long attempts may be silent whose output is of that kind, where the node says nothing itself."""
LONG = ("execute_goal", "external_data_inspection")
"""Classes of tasks (`metadata.builder.task_class`) that may be silent for as long as the setting says."""
MINUTE_MS = 60_000


def filled_in(state: RunState, node_id: str) -> dict[str, int]:
    """What the texts of the node's limits come to now, as its `node_started` holds them. Raises TemplateError.

    An attempt that goes on with the work of one that was put down, whose time counts, has that one's limits.
    """
    node, item = state.plan.nodes[node_id], state.nodes[node_id]
    if node.timeout_text is None and node.idle_timeout_text is None:
        return {}
    if item.worked_ms:
        return {name: value for name, value in (("total_ms", item.total_ms), ("idle_ms", item.idle_ms)) if value is not None}
    texts, found = texts_before(state, node_id), {}
    if node.timeout_text is not None:
        found["total_ms"] = texts.duration("timeout", node.timeout_text)
    if node.idle_timeout_text is not None:
        found["idle_ms"] = texts.duration("idle_timeout", node.idle_timeout_text)
    return found


def as_begun(state: RunState, node_id: str) -> Node:
    """The node with the limits with which its newest attempt began: they stay, whatever becomes of what their texts name."""
    node, item = state.plan.nodes[node_id], state.nodes[node_id]
    if item.idle_ms is None and item.total_ms is None:
        return node
    return evolve(node, timeout_ms=item.idle_ms or node.timeout_ms, absolute_timeout_ms=item.total_ms or node.absolute_timeout_ms)


def is_watched(node: Node) -> bool:
    """Whether silence can be heard: of processes alone."""
    return not isinstance(node.action, Http) and (not isinstance(node.action, Python) or node.action.isolate)


def idle_ms(node: Node, rules: RunRules) -> int:
    """Never longer than the total limit."""
    return min(_idle(node, rules), total_ms(node, rules))


def total_ms(node: Node, rules: RunRules) -> int:
    """From the attempt's start, milliseconds."""
    if node.absolute_timeout_ms:
        return node.absolute_timeout_ms
    idle = _idle(node, rules)
    return min(max(3 * idle, idle + MINUTE_MS), rules.node_time_limit_ms)


def _idle(node: Node, rules: RunRules) -> int:
    if node.timeout_ms:
        return node.timeout_ms
    builder = node.metadata.get("builder")
    if builder and isinstance(builder, Mapping) and builder.get("task_class") in LONG:
        return rules.execute_timeout_ms
    validator = node.contract.effective_validator if node.contract is not None else ""
    return IDLE_OF_VALIDATOR.get(validator, rules.idle_timeout_ms)


def limits_foreseen(node: Node, partly: Partly, rules: RunRules) -> dict[str, int]:
    """The time limits of one attempt, milliseconds, as far as they are known before a run; no idle one where silence cannot be heard."""
    total = node.absolute_timeout_ms if node.timeout_text is None else partly.duration("timeout", node.timeout_text)
    idle = node.timeout_ms if node.idle_timeout_text is None else partly.duration("idle_timeout", node.idle_timeout_text)
    found, sure = evolve(node, absolute_timeout_ms=total, timeout_ms=idle), idle is not None or node.idle_timeout_text is None
    limits = {"idle_ms": idle_ms(found, rules)} if is_watched(node) and sure else {}
    if total is None and (node.timeout_text is not None or not sure):
        return limits
    return limits | {"total_ms": total_ms(found, rules)}
