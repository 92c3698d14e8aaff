"""Applies what a caller gives to what a workflow declares: defaults, types, and what is missing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from actors.workflow.form import kind_word
from actors.workflow.problems import Problem, shown, similar
from actors.workflow.read_workflow import fits
from actors.workflow.spec import Input, Workflow

__all__ = ["AppliedInputs", "apply_inputs"]

WHOLE = re.compile(r"[-+]?[0-9]{1,19}")
WHOLE_END: Final = 2**63


@frozen
class AppliedInputs:
    """`values` are the run's inputs, to be used only when there are no `problems`. `path` of a problem is `inputs.<name>`."""

    values: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def apply_inputs(workflow: Workflow, given: Mapping[str, Any]) -> AppliedInputs:
    """Values of the caller are kept; an absent one gets its default, an absent boolean is false, a required one is a problem.

    Text is taken for numbers and booleans where it says one, since command lines know text only. What is not declared is passed on.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for declared in workflow.inputs:
        value = given.get(declared.name)
        if value is not None:
            values[declared.name] = _converted(declared, value, problems)
        elif declared.required:
            what = f": {declared.description}" if declared.description else ""
            message = f'The input "{declared.name}" is missing. Give it a value{what}.'
            problems.append(Problem("missing_required_input", message, path=f"inputs.{declared.name}", allowed=(declared.type,)))
        elif declared.default is not None:
            values[declared.name] = declared.default
        elif declared.type == "boolean":
            values[declared.name] = False
    names = {declared.name for declared in workflow.inputs}
    extra = [name for name in given if name not in names]
    values.update((name, given[name]) for name in extra)
    return AppliedInputs(values, tuple(problems), tuple(_undeclared(name, names) for name in extra))


def _undeclared(name: str, names: set[str]) -> Problem:
    message = f'The workflow declares no input "{name[:80]}"; it is passed on.{similar(name, names)}'
    return Problem("undeclared_input", message, path=f"inputs.{name}", allowed=tuple(sorted(names)))


def _converted(declared: Input, value: Any, problems: list[Problem]) -> Any:
    found = _from_text(declared.type, value) if type(value) is str else value
    if type(found) is int and not -WHOLE_END <= found < WHOLE_END:
        found = None
    if fits(declared.type, found):
        return found
    message = f'The input "{declared.name}" is {declared.type}, and {shown(value)} is {kind_word(value)}. Give a {declared.type}.'
    problems.append(Problem("input_type_wrong", message, path=f"inputs.{declared.name}", found=shown(value), allowed=(declared.type,)))
    return value


def _from_text(kind: str, text: str) -> Any:
    """What a text says as this kind; the text itself when it says nothing of it."""
    bare = text.strip()
    match kind:
        case "boolean":
            return {"true": True, "false": False}.get(bare.lower(), text)
        case "integer":
            return int(bare) if WHOLE.fullmatch(bare) else text
        case "number":
            return int(bare) if WHOLE.fullmatch(bare) else _fraction(text)
    return text


def _fraction(text: str) -> Any:
    try:
        number = float(text[:400])
    except ValueError:
        return text
    return number if math.isfinite(number) else text
