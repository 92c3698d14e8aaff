"""What a gate names of the nodes before it: targets of rework, the sources of options and of quality; and its resolver."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from actors.workflow.drafts import Draft
from actors.workflow.model_places import model_place
from actors.workflow.problems import Path, Place, Problem, Report, field_path
from actors.workflow.reach import Reach
from actors.workflow.spec import Gate, OptionsRef, Workflow
from actors.workflow.walk import located

__all__ = ["check_gate", "unresolved"]


def check_gate(report: Report, draft: Draft, reach: Reach) -> None:
    """Add every name of a node that does not lie before the gate."""
    gate = draft.node.action
    if not isinstance(gate, Gate):
        return
    earlier = reach.earlier(draft.node.node_id)
    for code, keys, name, why in _named(gate):
        # What is looked at is a result, which is known by its key; work is asked for again of a node.
        if not (name in earlier if code == "rework_target_unknown" else earlier.leaves(name)):
            near = report.similar(name, earlier.named())
            message = f'"{name[:80]}" does not lie before this gate, so {why}.{near} Name a node that it waits for.'
            report.add(code, draft.form.at(*keys, "gate"), message, found=name, allowed=earlier.named()[:50])


def _named(gate: Gate) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    for target in gate.rework_targets:
        yield "rework_target_unknown", ("rework", "rework_targets"), target, "its work cannot be asked for again"
    if isinstance(gate.options, OptionsRef):
        yield "reference_unknown", ("options",), gate.options.step, "it cannot have named the options"
    if gate.source is not None:
        yield "quality_source_not_produced", ("source",), gate.source, "its result cannot be there"


def unresolved(
    workflow: Workflow, resolver_types: Collection[str], places: Mapping[Path, Place] | None = None, file: str = ""
) -> tuple[Problem, ...]:
    """The gates that nobody would ever answer: each whose type asks a resolver and has none among `resolver_types`.

    `places` maps the paths of the file to line and column, where the workflow was read from one.
    """
    found = []
    for at, node in located(workflow):
        if isinstance(node.action, Gate) and node.action.resolved and node.action.type not in resolver_types:
            path, kind = (*at, "gate"), node.action.type
            line, column = model_place(places, path)
            allowed = tuple(sorted({"human_approval", "human_review", "quality_gate", *resolver_types}))
            message = f"The gate {node.node_id} asks a resolver of type {kind}, and none is registered. Set gates.resolvers.{kind}."
            found.append(Problem("gate_resolver_missing", message, file, line, column, field_path(path), f'"{kind}"', allowed))
    return tuple(found)
