"""Checks every path in templates and conditions that can be known to be wrong before a run: roots, inputs, nodes that come too late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import asdict, define, evolve, frozen

from actors.workflow.condition import ConditionError, check_types, compile_condition
from actors.workflow.drafts import Draft
from actors.workflow.problems import Path, Report
from actors.workflow.reach import Earlier, Reach
from actors.workflow.read_workflow import Reading
from actors.workflow.spec import Gate, Group, Repeat, Wait
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
TEXT_ROOTS: Final = (*ROOTS, "vars")


@frozen
class _View:
    """What one place of the file may refer to: `earlier` are the nodes whose results can be there."""

    inputs: Mapping[str, str]
    earlier: Earlier
    roots: tuple[str, ...]
    run_fields: Mapping[str, str]


@define
class _Wrong(Exception):
    """`word` is what may have been mistyped for one of `allowed`."""

    message: str
    word: str = ""
    allowed: tuple[str, ...] = ()


def check_references(report: Report, reading: Reading, body: Reach, tail: Reach) -> None:
    """Add every wrong reference, placeholder and condition to the report."""
    inputs = {given.name: INPUT_KINDS[given.type] for given in reading.workflow.inputs}
    own = {} if reading.workflow.worktree is None else TREE_FIELDS
    for reach, drafts in ((body, reading.nodes), (tail, reading.finally_)):
        for draft in (one for top in drafts for one in top.inside()):
            view = _View(inputs, reach.earlier(draft.node.node_id), ROOTS, NODE_RUN_FIELDS | own)
            _check_draft(report, draft, view, flat=reading.workflow.templating == "flat")
    _check_own(report, reading, _View(inputs, tail.anywhere(), ("env", "inputs", "run"), RUN_FIELDS), own)


def _check_own(report: Report, reading: Reading, place: _View, own: Mapping[str, str]) -> None:
    """The texts of the workflow itself, which are paths in every case."""
    form, workflow = reading.form, reading.workflow
    _check_value(report, form.at("workspace", "workspace_root"), workflow.workspace_root, place)
    if workflow.worktree is not None:
        birth = evolve(place, roots=("inputs", "run"), run_fields=BIRTH_FIELDS)
        _check_value(report, form.at("worktree"), asdict(workflow.worktree), birth)
    ended = evolve(place, roots=TEXT_ROOTS, run_fields={**RUN_FIELDS, **ANSWER_FIELDS, **own})
    _check_value(report, form.at("output"), workflow.output, ended)


def _check_draft(report: Report, draft: Draft, view: _View, *, flat: bool) -> None:
    if not flat:  # where any name may be a variable
        _check_texts(report, draft, view)
    node = draft.node
    if node.when is not None:
        _check_condition(report, draft.form.at("when"), node.when, view)
    if isinstance(node.action, Gate) and node.action.check is not None:
        _check_condition(report, draft.form.at("check", "gate"), node.action.check, evolve(view, roots=(*ROOTS, "output")))
    if isinstance(node.action, Group) and isinstance(node.action.form, Repeat):
        _check_loop(report, draft, node.action.form, view)


def _check_texts(report: Report, draft: Draft, view: _View) -> None:
    for path, value in draft.templates:
        _check_value(report, path, value, evolve(view, roots=TEXT_ROOTS))
    for path, value in draft.item_templates:
        _check_value(report, path, value, evolve(view, roots=(*TEXT_ROOTS, "item")))
    if draft.error_templates:
        handler = evolve(view, roots=(*TEXT_ROOTS, "error"), earlier=view.earlier.and_also(draft.node.node_id))
        for path, value in draft.error_templates:
            _check_value(report, path, value, handler)


def _check_loop(report: Report, draft: Draft, loop: Repeat, view: _View) -> None:
    """A condition that is asked after each turn also knows what the turn has left."""
    if not loop.condition:
        return
    around = draft.node.node_id
    if loop.form == "do_while":
        view = evolve(view, earlier=view.earlier.reach.earlier(around, inside=True))
    before = len(report.problems)
    _check_condition(report, draft.repeat_at, loop.condition, view)
    if len(report.problems) == before and loop.stuck_after is not None and not _asks_marker(loop.condition):
        message = (
            '"stuck_after" compares the markers of the node that the condition asks for, and it asks for none. Use marker("node", "name").'
        )
        report.add("invalid_stuck_after", draft.repeat_at, message, found=loop.condition)


def _asks_marker(text: str) -> bool:
    return any(reference.marker for reference in compile_condition(text).references)


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
    if not view.earlier.leaves(name):
        near = report.similar(name, view.earlier.reach.every)
        message = f'marker("{name[:80]}", …) asks for a node whose result cannot be there yet.{near} Add it to needs.'
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
    if root in {"output", "item"}:
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
    nodes = view.earlier.reach.every
    if not isinstance(node_id, str) or node_id not in nodes:
        raise _Wrong(f'there is no node "{node_id}".', str(node_id), tuple(nodes))
    if node_id not in view.earlier:
        raise _Wrong(f'"{node_id}" need not have ended when this node starts. Add it to needs, directly or through another node.')
    if len(rest) == 1:
        return "map"
    node = nodes[node_id]
    fields = GATE_FIELDS if isinstance(node.action, Gate) else WAIT_FIELDS if isinstance(node.action, Wait) else NODE_FIELDS
    kind = _field(fields, rest[1:], f"field of {node_id}", "")
    if rest[1] == "artifact":
        if node.artifact is None:
            raise _Wrong(f'"{node_id}" declares no artifact. Add one to it, or use its output.')
        return "map" if len(rest) == 2 else _field(ARTIFACT_FIELDS, rest[2:], "field of an artifact", "")
    return kind
