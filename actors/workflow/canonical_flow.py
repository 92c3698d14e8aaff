"""Groups and fan-outs in canonical JSON, without the nodes inside; defaults are left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.workflow.canonical_gate import slim
from actors.workflow.spec_flow import Foreach, Group, Parallel, Repeat

__all__ = ["foreach_json", "group_json"]


def group_json(group: Group) -> dict[str, Any]:
    """What a group says of itself: its form, and what the agents inside inherit."""
    return slim({"output_schema": group.output_schema, "snippets": list(group.snippets)}) | _form(group.form)


def _form(form: Parallel | Repeat | None) -> dict[str, Any]:
    """The form is always named, since an empty one is one, too."""
    match form:
        case Parallel():
            return {"parallel": slim({"fail_fast": form.fail_fast, "min_success": form.min_success}, fail_fast=True)}
        case Repeat():
            entries = {
                form.form: form.condition, "max_iterations": form.max_iterations, "stuck_after": form.stuck_after,
                "on_max_iter": form.on_max_iter,
            }  # fmt: skip
            return {"repeat": slim(entries, on_max_iter="fail")}
    return {}


def foreach_json(foreach: Foreach) -> dict[str, Any]:
    """What stands under `foreach`. A scope or filter that is empty is not one that is left out."""
    asked: Mapping[str, Mapping[str, str] | None] = {"scope": foreach.scope, "filter": foreach.filter}
    entries = {
        "over": foreach.over, "workflow": foreach.workflow, "max_parallel": foreach.max_parallel, "inputs": dict(foreach.inputs),
        "ordered": foreach.ordered, "on_cycle": foreach.on_cycle, "on_child_fail": foreach.on_child_fail,
    }  # fmt: skip
    given = {word: dict(value) for word, value in asked.items() if value is not None}
    return slim(entries, ordered=False, on_cycle="fail", on_child_fail="continue") | given
