"""Workflow definitions: the model, its notations, and the languages inside it. Pure; the heavy parts are imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actors.workflow.canonical import decode, digest, encode
    from actors.workflow.condition import Condition, ConditionError, compile_condition
    from actors.workflow.durations import parse_duration
    from actors.workflow.graph import Graph
    from actors.workflow.inputs import AppliedInputs, apply_inputs
    from actors.workflow.parse import Loaded, load_file, load_text
    from actors.workflow.problems import Problem, WorkflowInvalid
    from actors.workflow.schema import SchemaError, check_schema, validate
    from actors.workflow.spec import Node, Workflow
    from actors.workflow.template import TemplateError, references, render, render_text

__all__ = [
    "AppliedInputs", "Condition", "ConditionError", "Graph", "Loaded", "Node", "Problem", "SchemaError", "TemplateError", "Workflow",
    "WorkflowInvalid", "apply_inputs", "check_schema", "compile_condition", "decode", "digest", "encode", "load_file", "load_text",
    "parse_duration", "references", "render", "render_text", "validate",
]  # fmt: skip

_HOMES = {
    "canonical": ("decode", "digest", "encode"),
    "condition": ("Condition", "ConditionError", "compile_condition"),
    "durations": ("parse_duration",),
    "graph": ("Graph",),
    "inputs": ("AppliedInputs", "apply_inputs"),
    "parse": ("Loaded", "load_file", "load_text"),
    "problems": ("Problem", "WorkflowInvalid"),
    "schema": ("SchemaError", "check_schema", "validate"),
    "spec": ("Node", "Workflow"),
    "template": ("TemplateError", "references", "render", "render_text"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import the module of a public name when it is first asked for: the model alone costs a client almost nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - lazy, like all it imports

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
