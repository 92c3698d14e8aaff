"""How long an attempt may be silent, and how long it may last (runs spec 7.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from actors.settings import RunRules
from actors.workflow.spec import Http, Node, Python

__all__ = ["idle_ms", "is_watched", "limits_of", "total_ms"]

IDLE_OF_VALIDATOR = {"standup_update": 120_000, "structured_json": 180_000}
"""How long attempts may be silent whose output is of that kind, where the node says nothing itself."""
LONG = ("execute_goal", "external_data_inspection")
"""Classes of tasks (`metadata.builder.task_class`) that may be silent for as long as the setting says."""
MINUTE_MS = 60_000


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


def limits_of(node: Node, rules: RunRules) -> dict[str, int]:
    """The time limits of one attempt, milliseconds; without an idle limit where silence cannot be heard."""
    return ({"idle_ms": idle_ms(node, rules)} if is_watched(node) else {}) | {"total_ms": total_ms(node, rules)}
