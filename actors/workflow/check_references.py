"""Checks every path in templates and conditions that can be known to be wrong before a run: roots, inputs, nodes that come too late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import asdict, define, evolve, frozen

from actors.workflow.condition import ConditionError, check_types, compile_condition
from actors.workflow.drafts import Draft
from actors.workflow.graph import Graph
from actors.workflow.problems import Path, Report
from actors.workflow.read_workflow import Reading
from actors.workflow.spec import Gate, Node, Wait
from actors.workflow.template import MARK, TemplateError, references

__all__ = ["check_references"]

RUN_FIELDS: Final = {
    "id": "string", "status": "string", "workflow": "string", "workflow_outcome": "string", "workflow_status": "string",
    "workspace": "string",
}  # fmt: skip
BIRTH_FIELDS: Final = {"id": "string", "workflow": "string"}
TREE_FIELDS: Final = {"base": "string", "branch": "string", "repository": "string"}
ANSWER_FIELDS: Final = {"gate_feedback": "string", "gate_selections": "list"}
NODE_RUN_FIELDS: Final = {**RUN_FIELDS, **ANSWER_FIELDS, "attempt": "int", "feedback": "string"}
ERROR_FIELDS: Final = {"code": "dyn", "failure_class": "dyn", "message": "dyn", "node_id": "string"}
ARTIFACT_FIELDS: Final = {"path": "string", "sha256": "string", "size": "int"}
NODE_FIELDS: Final = {"artifact": "map", "attempt": "int", "error": "dyn", "output": "dyn", "status": "string"}
GATE_FIELDS: Final = {
    "approved": "bool", "attempt": "int", "context": "dyn", "decision": "dyn", "error": "dyn", "failed": "bool", "feedback": "dyn",
    "markers": "list", "output": "dyn", "passed": "bool", "rejected": "bool", "selection": "dyn", "selections": "list",
    "status": "string", "timed_out": "bool",
}  # fmt: skip
WAIT_FIELDS: Final = {"attempt": "int", "error": "dyn", "output": "dyn", "payload": "dyn", "status": "string"}
INPUT_KINDS: Final = {"string": "string", "boolean": "bool", "integer": "int", "number": "number"}
ROOTS: Final = ("env", "inputs", "nodes", "run")


@frozen
class _View:
    """What one place of the file may refer to: `reach` tells whether a node's result can be there."""

    inputs: Mapping[str, str]
    nodes: Mapping[str, Node]
    roots: tuple[str, ...]
    run_fields: Mapping[str, str]
    reach: Any


@define
class _Wrong(Exception):
    """`word` is what may have been mistyped for one of `allowed`."""

    message: str
    word: str = ""
    allowed: tuple[str, ...] = ()


def check_references(report: Report, reading: Reading, graph: Graph, finals: Graph) -> None:
    """Add every wrong reference, placeholder and condition to the report."""
    inputs = {given.name: INPUT_KINDS[given.type] for given in reading.workflow.inputs}
    main = {draft.node.node_id: draft.node for draft in reading.nodes}
    every = main | {draft.node.node_id: draft.node for draft in reading.finally_}
    place = _View(inputs, {}, ("env", "inputs", "run"), RUN_FIELDS, bool)
    own = {} if reading.workflow.worktree is None else TREE_FIELDS
    bits, final_bits = graph.all_ancestors(), finals.all_ancestors()
    for draft in reading.nodes:
        mine = bits.get(draft.node.node_id, 0)
        view = _View(inputs, main, ROOTS, NODE_RUN_FIELDS | own, lambda n, mine=mine: mine >> graph.index[n] & 1)
        _check_draft(report, draft, view)
    for draft in reading.finally_:
        mine = final_bits.get(draft.node.node_id, 0)
        view = _View(inputs, every, ROOTS, NODE_RUN_FIELDS | own, lambda n, mine=mine: n in main or mine >> finals.index[n] & 1)
        _check_draft(report, draft, view)
    form = reading.form
    _check_value(report, form.at("workspace", "workspace_root"), reading.workflow.workspace_root, place)
    if reading.workflow.worktree is not None:
        asked = asdict(reading.workflow.worktree)
        _check_value(report, form.at("worktree"), asked, evolve(place, roots=("inputs", "run"), run_fields=BIRTH_FIELDS))
    _check_value(
        report,
        form.at("output"),
        reading.workflow.output,
        evolve(place, nodes=every, roots=ROOTS, run_fields={**RUN_FIELDS, **ANSWER_FIELDS, **own}),
    )


def _check_draft(report: Report, draft: Draft, view: _View) -> None:
    for path, value in draft.templates:
        _check_value(report, path, value, view)
    for path, value in draft.item_templates:
        _check_value(report, path, value, evolve(view, roots=(*ROOTS, "item")))
    if draft.error_templates:
        own = draft.node.node_id
        handler = evolve(view, roots=(*ROOTS, "error"), reach=lambda n: n == own or view.reach(n))
        for path, value in draft.error_templates:
            _check_value(report, path, value, handler)
    if draft.node.when is not None:
        _check_condition(report, draft.form.at("when"), draft.node.when, view)
    if isinstance(draft.node.action, Gate) and draft.node.action.check is not None:
        _check_condition(report, draft.form.at("check", "gate"), draft.node.action.check, evolve(view, roots=(*ROOTS, "output")))


def _check_value(report: Report, path: Path, value: Any, view: _View) -> None:
    for at, text in _texts(path, value):
        try:
            found = references(text)
        except TemplateError as error:
            report.add("template_syntax", at, error.message, found=error.path)
            continue
        for lookup in found:
            _try(report, at, f"{{{{ {lookup.text} }}}}", lookup.path, view)


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """All texts with a placeholder inside a value, with their paths."""
    stack = [(path, value)]
    while stack:
        at, here = stack.pop()
        if isinstance(here, str) and MARK in here:
            yield at, here
        elif isinstance(here, Mapping):
            stack += [((*at, key), item) for key, item in here.items()]
        elif isinstance(here, list | tuple):
            stack += [((*at, i), item) for i, item in enumerate(here)]


def _check_condition(report: Report, path: Path, text: str, view: _View) -> None:
    try:
        condition = compile_condition(text)
    except ConditionError as error:
        report.add(error.code, path, error.message, found=error.path)
        return
    before = len(report.problems)
    hint = ' A "-" subtracts here: write nodes["some-id"] for an id that holds one.' if "-" in text else ""
    for reference in condition.references:
        if reference.marker:
            _check_marker(report, path, str(reference.path[1]), view)
        else:
            _try(report, path, text[reference.at : reference.at + 60], reference.path, view, hint)
    for flag in condition.flags:
        _check_flag(report, path, str(flag.path[1]), view)
    if len(report.problems) > before:
        return
    for fault in check_types(condition.ast, lambda steps: _resolve(steps, view)):
        misfit = condition.error("condition_type", fault)
        report.add(misfit.code, path, misfit.message, found=misfit.path)


def _check_flag(report: Report, path: Path, name: str, view: _View) -> None:
    if view.inputs.get(name) != "bool":
        allowed = tuple(word for word, kind in view.inputs.items() if kind == "bool")
        message = (
            f'flag("{name[:80]}") asks for a boolean input, and none of that name is declared.{report.similar(name, allowed)} Declare it.'
        )
        report.add("condition_input_not_boolean", path, message, found=name, allowed=allowed)


def _check_marker(report: Report, path: Path, name: str, view: _View) -> None:
    if name not in view.nodes or not view.reach(name):
        message = (
            f'marker("{name[:80]}", …) asks for a node whose result cannot be there yet.{report.similar(name, view.nodes)} Add it to needs.'
        )
        report.add("condition_node_not_produced", path, message, found=name)


def _try(report: Report, path: Path, shown: str, steps: Path, view: _View, hint: str = "") -> None:
    try:
        _resolve(steps, view)
    except _Wrong as wrong:
        message = f"{shown}: {wrong.message}{report.similar(wrong.word, wrong.allowed)}{hint}"
        report.add("reference_unknown", path, message, found=".".join(map(str, steps)), allowed=wrong.allowed[:50])


def _resolve(steps: Path, view: _View) -> str:
    """The kind of what the path names. Raises _Wrong."""
    root, rest = steps[0], steps[1:]
    if root not in view.roots:
        if root == "secrets":
            raise _Wrong("a secret reaches a step by a variable alone, as its whole value: env: {TOKEN: secrets.name}.", "secrets")
        message = f'there is no "{root}" at this place. A path begins with {", ".join(view.roots)}.'
        raise _Wrong(message, str(root), view.roots)
    if root == "output":
        return "dyn"
    if not rest:
        return "map"
    match root:
        case "inputs":
            return _field(view.inputs, rest, "input", "Declare it under inputs.")
        case "run":
            return _field(view.run_fields, rest, "field of the run", "")
        case "nodes":
            return _node(rest, view)
        case "error":
            return _field(ERROR_FIELDS, rest, "field of the error", "")
    return _leaf("string", rest)


def _field(fields: Mapping[str, str], rest: Path, what: str, advice: str) -> str:
    name = rest[0]
    if name not in fields:
        there = f"There is: {', '.join(fields)}." if fields else "There is none."
        raise _Wrong(f'there is no {what} "{name}". {there} {advice}'.rstrip(), str(name), tuple(fields))
    return _leaf(fields[str(name)], rest)


def _leaf(kind: str, rest: Path) -> str:
    if len(rest) > 1 and kind not in {"dyn", "map", "list"}:
        raise _Wrong(f'"{rest[0]}" is {kind} and has no "{rest[1]}" inside.')
    return kind if len(rest) == 1 else "dyn"


def _node(rest: Path, view: _View) -> str:
    node_id = rest[0]
    if not isinstance(node_id, str) or node_id not in view.nodes:
        raise _Wrong(f'there is no node "{node_id}".', str(node_id), tuple(view.nodes))
    if not view.reach(node_id):
        raise _Wrong(f'"{node_id}" need not have ended when this node starts. Add it to needs, directly or through another node.')
    if len(rest) == 1:
        return "map"
    node = view.nodes[node_id]
    fields = GATE_FIELDS if isinstance(node.action, Gate) else WAIT_FIELDS if isinstance(node.action, Wait) else NODE_FIELDS
    kind = _field(fields, rest[1:], f"field of {node_id}", "")
    if rest[1] == "artifact":
        if node.artifact is None:
            raise _Wrong(f'"{node_id}" declares no artifact. Add one to it, or use its output.')
        return "map" if len(rest) == 2 else _field(ARTIFACT_FIELDS, rest[2:], "field of an artifact", "")
    return kind
