"""Whether the workflows whose runs a workflow begins are there, get what they need, and ever come to an end (flow spec 4.1, 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from actors.workflow.callees import Lookup, below, endless
from actors.workflow.model_places import model_place
from actors.workflow.problems import Path, Place, Problem, field_path
from actors.workflow.spec import Foreach, SubWorkflow, Workflow
from actors.workflow.walk import located

__all__ = ["ABSENT", "Call", "calls_in", "uncallable", "unending"]

ABSENT: Final = ("sub_workflow_load_failed", "foreach_workflow_load_failed")
UNFILLED: Final = ("sub_workflow_input_missing", "foreach_input_missing")


@frozen
class Call:
    """A node that begins runs of another workflow. `given` are the inputs that these get.

    `absent` and `unfilled` are the codes of what can be wrong: it is not there, or needs an input that is not given.
    """

    node_id: str
    workflow: str
    path: Path
    given: frozenset[str]
    absent: str
    unfilled: str
    hint: str


def calls_in(workflow: Workflow) -> Iterator[Call]:
    """All of them, in the order of the file, those of `finally` last."""
    own = frozenset(one.name for one in workflow.inputs)
    for path, node in located(workflow):
        match node.action:
            case SubWorkflow(workflow=name, inputs=inputs):
                # Without any, the run below gets those of this one.
                yield Call(node.node_id, name, path, frozenset(inputs) or own, ABSENT[0], UNFILLED[0], "Give it under inputs.")
            case Foreach(workflow=name, inputs=inputs):
                hint = 'Give it under inputs, such as NAME: "{{ item.id }}".'
                yield Call(node.node_id, name, (*path, "foreach"), frozenset(inputs), ABSENT[1], UNFILLED[1], hint)


def uncallable(
    workflow: Workflow, lookup: Lookup, places: Mapping[Path, Place] | None = None, file: str = ""
) -> Iterator[Problem]:  # fmt: skip
    """Workflows that are not there, and required inputs of others that no node gives."""
    for call in calls_in(workflow):
        if call.workflow == workflow.workflow_id:
            continue  # a circle, of which `unending` tells
        if (other := lookup(call.workflow)) is None:
            text = (
                f"The node {call.node_id} begins runs of {call.workflow}, which is not stored. Store it first: penstock workflow put FILE."
            )
            yield _problem(call.absent, text, call, places, file)
            continue
        for one in other.inputs:
            if one.required and one.name not in call.given and not one.name.startswith("item."):
                text = f"The node {call.node_id} begins runs of {call.workflow}, which needs the input {one.name!r}. {call.hint}"
                yield _problem(call.unfilled, text, call, places, file, "inputs", one.name)


def unending(workflow: Workflow, lookup: Lookup, places: Mapping[Path, Place] | None = None, file: str = "") -> Iterator[Problem]:
    """Circles, and chains that are too long, among the workflow and all below it."""
    calls = {call.workflow: call for call in calls_in(workflow)}
    for one in endless(workflow, below(workflow, lookup)) if calls else ():
        yield _problem(one.code, one.message, calls[one.path[1]], places, file, found=" → ".join(one.path))


def _problem(
    code: str, message: str, call: Call, places: Mapping[Path, Place] | None, file: str, key: str = "workflow", found: str = ""
) -> Problem:  # fmt: skip
    path = (*call.path, key)
    line, column = model_place(places, path)
    return Problem(code, message, file, line, column, field_path(path), found or f'"{call.workflow}"')
