"""How the endings of nodes change what a run keeps under result keys (flow spec 1.5, 6.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve

from actors.fan_out.aggregate import sentence
from actors.flow.results import Result, context_entry, result_of
from actors.node.events import NodeCompleted
from actors.run.fanning import items_of
from actors.run.state import RunState
from actors.workflow.spec import Foreach, Gate, Node, SubWorkflow
from actors.workflow.spec_gate import answer_of, gate_markers

__all__ = ["keep_result", "lose_result"]

SELECTED: Final = "Selected by the reviewer:"


def keep_result(state: RunState, event: NodeCompleted) -> None:
    """The node is done: what it gave stands under its key, over what stood there, and is the newest context."""
    node = state.plan.nodes[event.node_id]
    if isinstance(node.action, SubWorkflow):
        return  # what its run left came with the fact of that run's ending
    result = _result(state, node, event)
    state.results[node.key] = result
    if isinstance(node.action, Gate):
        selected = _selected(node.action, event.output)
        if not selected:
            return  # a gate at which nothing was selected says nothing to those after it (gates spec 6)
        result = evolve(result, context="\n".join((SELECTED, *selected)))
    state.contexts.append(context_entry(result, path[-1] if (path := state.nodes[event.node_id].path) else 0))


def _selected(gate: Gate, output: object) -> list[str]:
    """A line for each selected value, by its label where the gate itself has one."""
    found = answer_of(output).get("selections", []) if isinstance(output, Mapping) else []
    labels = {one.value: one.label for one in gate.options} if isinstance(gate.options, tuple) else {}
    return [f"- {labels.get(value, value)}" for value in found]


def lose_result(state: RunState, node_id: str, status: str) -> None:
    """The node failed for good (`failed`), or its failure was passed over (`skipped`): nothing of it counts, nor of an earlier one."""
    node, error = state.plan.nodes[node_id], state.nodes[node_id].error
    state.results[node.key] = Result(node_id, node.name, status, error=None if error is None else error.message)


def _result(state: RunState, node: Node, event: NodeCompleted) -> Result:
    path = None if event.artifact is None else event.artifact.path
    if isinstance(node.action, Gate):
        answer = answer_of(event.output) if isinstance(event.output, Mapping) else {}
        markers = gate_markers(answer.get("decision"), answer.get("selections", []))
        said = str(answer.get("feedback") or "")
        return Result(node.node_id, node.name, "timed_out" if event.timed_out else "completed", tuple(markers), said)
    if isinstance(node.action, Foreach):
        said = sentence(items_of(state, node.node_id), node.name, node.action.over)
        return Result(node.node_id, node.name, context=said, structured_output=event.output)
    result = result_of(node.node_id, node.name, event.output, output_file=path)
    return result if event.said is None else evolve(result, markers=event.said.markers, context=event.said.context)
