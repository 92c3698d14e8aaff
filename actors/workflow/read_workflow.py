"""Reads the top level of a workflow: everything around the nodes, and the two lists of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal, get_args

from attrs import field, frozen

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.names import ID_FORM, is_id
from actors.workflow.output_schema import read_output_schema
from actors.workflow.problems import Path, Report
from actors.workflow.read_agent import read_personas
from actors.workflow.read_limits import read_budget, read_execution
from actors.workflow.read_lists import read_lists
from actors.workflow.read_output import check_inner_path
from actors.workflow.read_providers import read_providers
from actors.workflow.read_triggers import read_triggers
from actors.workflow.read_worktree import read_worktree
from actors.workflow.spec import Agent, Input, Python, Workflow
from actors.workflow.spec_flow import WorkflowTrigger

__all__ = ["INPUT_TYPES", "Reading", "SchemaSource", "fits", "read_workflow"]

SchemaSource = Callable[[Report, Path, str], Any]

INPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
INPUT_TYPES: Final[tuple[str, ...]] = ("string", "boolean", "integer", "number")
TRIGGERS: Final[tuple[str, ...]] = get_args(WorkflowTrigger)
NO_FOLDER: Final = "There is no folder to read it from. Write the schema into the workflow."


@frozen
class Reading:
    """A workflow as far as it could be read, with the drafts of its nodes for the checks that follow."""

    workflow: Workflow
    form: Form
    nodes: list[Draft] = field(factory=list)
    finally_: list[Draft] = field(factory=list)


def read_workflow(report: Report, tree: Any, *, folder: str | None, stored: bool, schema_source: SchemaSource | None) -> Reading | None:
    """Everything of the tree. `stored` is the form in which a workflow is kept: it carries its own folder and no paths of schemas."""
    if type(tree) is not dict:
        message = f"A workflow is a mapping with the keys workflow and nodes, and this is {kind_word(tree)}."
        report.add("value_type", (), message, found=tree, allowed=["a mapping"])
        return None
    form = Form(report, (), tree)
    _check_version(form)
    drafts, finals = read_lists(form)
    kinds = {type(draft.node.action) for top in (*drafts, *finals) for draft in top.inside()}
    stored_folder = form.text("folder") if stored else None
    triggers, workspace = read_triggers(form), form.text("workspace", "workspace_root")
    begins = triggers.unattended and (workspace is not None or Agent in kinds)  # in the file's folder, since nobody is there
    workflow_id = _read_id(form)
    workflow = Workflow(
        workflow_id=workflow_id,
        nodes=tuple(draft.node for draft in drafts),
        name=form.text("title", "name"),
        description=_text_or_empty(form, "description"),
        inputs=tuple(_read_inputs(form)),
        finally_=tuple(draft.node for draft in finals),
        execution=read_execution(form),
        budget=read_budget(form),
        workspace_root=workspace,
        worktree=read_worktree(form, workspace),
        schemas=_read_schemas(form, schema_source),
        output=form.table("output"),
        output_targets=_read_targets(form),
        folder=stored_folder if stored else folder if Python in kinds or begins else None,
        metadata=form.table("metadata"),
        providers=read_providers(form),
        triggers=triggers,
        personas=read_personas(form),
        **_read_header(form, workflow_id),
    )
    form.close("a workflow")
    return Reading(workflow, form, drafts, finals)


def _read_header(form: Form, workflow_id: str) -> dict[str, Any]:
    """What is said for those who list workflows, and how the texts are read."""
    label, trigger = form.text("label"), form.choice("trigger", choices=TRIGGERS, code="unknown_trigger")
    if trigger not in (None, "manual"):
        message = (
            f'"trigger" says what starts it, and a file alone starts nothing: it is as if {trigger} were manual. Use a schedule or watch.'
        )
        form.report.warn("trigger_not_active", form.at("trigger"), message, found=trigger, allowed=["manual"])
    templating = form.choice("templating", choices=("path", "flat"), code="templating_unknown")
    return {
        "label": None if label == workflow_id else label,
        "group": form.text("group"),
        "targets": tuple(dict.fromkeys(form.texts("targets", single=True) or ())),
        "trigger": trigger or "manual",
        "templating": templating or "path",
    }


def _read_targets(form: Form) -> tuple[str, ...]:
    targets = form.texts("output_targets", single=True) or []
    for path in targets:
        check_inner_path(form, form.at("output_targets"), path)
    return tuple(dict.fromkeys(targets))


def _check_version(form: Form) -> None:
    version = form.take("penstock")
    if version is not ABSENT and (type(version) is not int or version != 1):
        message = "This release reads workflows of penstock: 1. Write that, or use a newer release."
        form.report.add("penstock_version_unsupported", form.at("penstock"), message, found=version, allowed=["1"])


def _read_id(form: Form) -> str:
    form.require("workflow", "workflow_id")
    text = form.text("workflow", "workflow_id")
    if text is not None and not is_id(text):
        message = f"{text[:140]!r} is no id. Use lower-case letters, digits, dot, dash and underscore: {ID_FORM}."
        form.report.add("id_invalid", form.at("workflow", "workflow_id"), message, found=text, allowed=[ID_FORM])
    return text or ""


def _text_or_empty(form: Form, name: str) -> str:
    value = form.take(name)
    if value is not ABSENT and type(value) is not str:
        form.wrong((name,), value, "text; quote it")
    return value if type(value) is str else ""


def _read_inputs(form: Form) -> list[Input]:
    """A mapping of names as people write it, or the model's list, which says everything as it is."""
    if type(form.data.get("inputs")) is list:
        return [found for path, item in form.items("inputs") if (found := _read_listed(form.report, path, item))]
    inputs = []
    for name, value in form.table("inputs").items():
        path = (*form.at("inputs"), name)
        if value is not None and type(value) is not dict:
            message = f"An input is described by a mapping, and this is {kind_word(value)}. Write {{type: string, default: …}}."
            form.report.add("value_type", path, message, found=value, allowed=["{type, required, default, description}"])
            value = None  # noqa: PLW2901 - the entry is read as if it were empty
        inputs.append(_read_input(Form(form.report, path, value or {}), name))
    return inputs


def _read_listed(report: Report, path: Path, item: Any) -> Input | None:
    if type(item) is not dict:
        report.add("value_type", path, f"An input is a mapping with a name, and this is {kind_word(item)}.", found=item)
        return None
    form = Form(report, path, item)
    form.require("name")
    name = form.text("name")
    return _read_input(form, name, listed=True) if name else None


def _read_input(form: Form, name: str, *, listed: bool = False) -> Input:
    if not INPUT_NAME.fullmatch(name):
        message = f"{name[:140]!r} is no name of an input. Use letters, digits, dash and underscore."
        form.report.add("input_name_invalid", form.path, message, found=name, allowed=[INPUT_NAME.pattern])
    kind = _input_type(form.choice("type", choices=INPUT_TYPES, code="input_type_unknown"))
    default = form.take("default")
    if default is not ABSENT and not fits(kind, default):
        message = f"The default of {name[:80]} is {kind_word(default)}, and its type is {kind}. Change one of them."
        form.report.add("value_type", form.at("default"), message, found=default, allowed=[kind])
    # In a file, text without a default is wanted from the caller; a boolean never is, since absent means false.
    required = form.flag("required", default=not listed and default is ABSENT and kind != "boolean")
    if required and kind == "boolean":
        form.report.warn("input_required_ignored", form.at("required"), f"{name[:80]} is a boolean: left out, it is false.")
    description = _text_or_empty(form, "description")
    form.close("an input")
    return Input(name, kind, required and kind != "boolean", None if default is ABSENT else default, description)


def _input_type(word: str | None) -> Literal["string", "boolean", "integer", "number"]:
    match word:
        case "boolean" | "integer" | "number":
            return word
    return "string"


def fits(kind: str, value: Any) -> bool:
    """Whether a JSON value has the type of an input."""
    match kind:
        case "string":
            return type(value) is str
        case "boolean":
            return type(value) is bool
        case "integer":
            return type(value) is int
    return type(value) in {int, float}


def _read_schemas(form: Form, source: SchemaSource | None) -> dict[str, Any]:
    from actors.workflow.schema import check_schema  # noqa: PLC0415 - keeps the facade's import small

    schemas: dict[str, Any] = {}
    for name, value in form.table("schemas").items():
        path = (*form.at("schemas"), name)
        schema = value
        if type(value) is str:
            if source is None:
                form.report.add("schema_invalid", path, NO_FOLDER, found=value)
                continue
            schema = source(form.report, path, value)
        if not is_id(name):
            form.report.add("id_invalid", path, f"{name[:140]!r} is no name of a schema: {ID_FORM}.", found=name, allowed=[ID_FORM])
        # One that could not be read has been reported; its name is known all the same.
        schemas[name] = schema = True if schema is ABSENT else read_output_schema(form.report, path, schema)
        for error in check_schema(schema):
            form.report.add("schema_invalid", path, f"The schema {name[:80]} cannot be used: at {error.path}, {error.message}.")
    return schemas
