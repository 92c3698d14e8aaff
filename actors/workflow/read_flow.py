"""Reads control flow: groups in their forms, fan-outs, and nodes that are runs of other workflows (flow spec 3.1, 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.names import ID_FORM, is_id
from actors.workflow.problems import Path, Report
from actors.workflow.spec_flow import Foreach, Group, GroupForm, Parallel, Repeat, SubWorkflow

__all__ = ["FORMS", "ReadNode", "read_group", "read_list", "read_sub_workflow"]

ReadNode = Callable[[Report, Form], Draft]
FORMS: Final = ("group", "parallel", "repeat", "foreach")
"""The kind keys of a group in a file."""
MOST: Final = 2**32 - 1
UNTIL: Final = ("while", "do_while", "until")
ENDS: Final[tuple[Literal["fail", "continue"], ...]] = ("fail", "continue")


def read_group(form: Form, draft: Draft, read_node: ReadNode) -> Group | Foreach:
    """The group of a node. Its nodes stand under its word in a file, and under `nodes` in the model; they become the draft's children."""
    word = next((one for one in ("parallel", "repeat", "foreach") if form.has(one)), "group")
    if word == "foreach":
        return _read_foreach(form, draft)
    schema, snippets = form.text("output_schema"), tuple(form.texts("snippets", single=True) or ())
    inner = form if word == "group" or type(form.data[word]) is list else form.sub(word)
    shape: GroupForm = None
    if inner is not None:
        _read_children(form, inner, draft, word, read_node)
        shape = _read_parallel(form, inner, draft) if word == "parallel" else _read_repeat(inner, draft) if word == "repeat" else None
        if inner is not form:
            inner.close(word)
    return Group((), shape, schema, snippets)


def _read_children(form: Form, inner: Form, draft: Draft, word: str, read_node: ReadNode) -> None:
    """The nodes, under one of the places where they may stand, and whether they are a sequence."""
    home, names = (inner, ("nodes",)) if inner is not form else (form, (word, "nodes"))
    if inner is not form and "nodes" not in inner.data:
        home = form  # the model keeps them beside the form
    if home.require(*names) is not ABSENT:
        draft.children = read_list(home, names, read_node)
    if word != "parallel":  # whose nodes begin together
        draft.chained = form.flag("sequence") or (inner is not form and inner.flag("sequence"))


def read_list(form: Form, names: tuple[str, ...], read_node: ReadNode) -> list[Draft]:
    """The nodes of one list; what is none is reported."""
    found = []
    for path, item in form.items(*names):
        if type(item) is dict:
            found.append(read_node(form.report, Form(form.report, path, item)))
        else:
            message = f"A node is a mapping, and this is {kind_word(item)}."
            form.report.add("value_type", path, message, found=item, allowed=["a mapping"])
    return found


def _read_parallel(form: Form, inner: Form, draft: Draft) -> Parallel:
    if inner is form:  # the list of branches alone
        return Parallel()
    least = _whole(inner, "min_success", code="invalid_min_success")
    if least is not None and least > len(draft.children):
        count = len(draft.children)
        message = f'"min_success" is {least}, and there are {count} branches. Ask for at most {count}.'
        inner.report.add("min_success_out_of_range", inner.at("min_success"), message, found=least, allowed=[f"0 … {count}"])
    if not draft.children:
        inner.report.add("parallel_requires_call", inner.path, "A parallel block needs at least one node in it. Add one.")
    return Parallel(inner.flag("fail_fast", default=True), least)


def _read_repeat(form: Form, draft: Draft) -> Repeat:
    if not form.has("max_iterations"):
        message = 'A loop has to end some time. Give "max_iterations", the number of turns after which it does.'
        form.report.add("loop_requires_max_iterations", form.path, message, allowed=["max_iterations"])
    most = _whole(form, "max_iterations", code="invalid_max_iterations")
    stuck = _whole(form, "stuck_after", low=2, code="invalid_stuck_after")
    end = form.choice("on_max_iter", "on_max", choices=ENDS, code="invalid_on_max_iter")
    word, text = _read_condition(form)
    draft.repeat_at = form.at(word)
    return Repeat(text, most or 0, "while" if word == "while" else "do_while", stuck, "continue" if end == "continue" else "fail")


def _read_condition(form: Form) -> tuple[str, str]:
    """Under which word it stands, and the condition. `until: C` is a loop that goes on while C does not hold."""
    given = [(word, text) for word in UNTIL if (text := form.text(word)) is not None]
    if not given and not form.has(*UNTIL):
        message = 'A loop says how long it goes on. Give it one of "while", "do_while" and "until", with a condition.'
        form.report.add("loop_condition_missing", form.path, message, allowed=UNTIL)
    if len(given) > 1:
        message = f"{given[0][0]} and {given[1][0]} both say how long the loop goes on. Keep one of them."
        form.report.add("loop_condition_conflict", form.at(given[1][0]), message, found=given[1][0], allowed=UNTIL)
    word, text = given[0] if given else ("while", "")
    return word, f"!({text})" if word == "until" else text


def _read_foreach(form: Form, draft: Draft) -> Foreach:
    """A fan-out has no nodes: its body is the workflow that it names."""
    inner = form.sub("foreach")
    if inner is None:
        return Foreach("", "", 0)
    for key in ("over", "max_parallel", "workflow"):
        if not inner.has(key):
            message = (
                f'"{key}" is missing. Add it: over names the provider of the items, workflow what is run for each, max_parallel how many '
                "of them at once."
            )
            inner.report.add("foreach_missing_key", inner.path, message, found=key, allowed=["over", "max_parallel", "workflow"])
    asked = {key: _texts(inner, key, "foreach_not_a_map") for key in ("scope", "filter", "inputs")}
    draft.templates += [(inner.at(key), asked[key] or {}) for key in ("scope", "filter")]
    draft.item_templates.append((inner.at("inputs"), asked["inputs"] or {}))
    cycle = inner.choice("on_cycle", choices=("fail", "warn"), code="invalid_on_cycle")
    after = inner.choice("on_child_fail", choices=("continue", "halt", "skip_dependents"), code="invalid_on_child_fail")
    foreach = Foreach(
        over=inner.text("over") or "", workflow=_workflow_id(inner),
        max_parallel=_whole(inner, "max_parallel", code="invalid_max_parallel") or 0,
        scope=asked["scope"], filter=asked["filter"], inputs=asked["inputs"] or {}, ordered=_ordered(inner),
        on_cycle="warn" if cycle == "warn" else "fail",
        on_child_fail="halt" if after == "halt" else "skip_dependents" if after == "skip_dependents" else "continue",
    )  # fmt: skip
    inner.close("foreach")
    return foreach


def _ordered(form: Form) -> bool:
    value = form.take("ordered")
    if value is not ABSENT and type(value) is not bool:
        form.wrong(("ordered",), value, "true or false", "invalid_ordered")
    return value is True


def read_sub_workflow(form: Form, draft: Draft) -> SubWorkflow:
    """The workflow by its id, and the inputs of its run."""
    form.require("workflow")
    inputs = _texts(form, "inputs", "value_type") or {}
    draft.templates.append((form.at("inputs"), inputs))
    return SubWorkflow(_workflow_id(form), inputs)


def _workflow_id(form: Form) -> str:
    text = form.text("workflow") or ""
    if text and not is_id(text):
        message = f"{text[:140]!r} is no id of a workflow. Use lower-case letters, digits, dot, dash and underscore: {ID_FORM}."
        form.report.add("id_invalid", form.at("workflow"), message, found=text, allowed=[ID_FORM])
    return text


def _texts(form: Form, name: str, code: str) -> Mapping[str, str] | None:
    """A mapping of texts, or None where it is left out. One that is empty is not one that is left out."""
    value: Any = form.take(name)
    if value is ABSENT:
        return None
    if type(value) is not dict:
        form.wrong((name,), value, "a mapping of texts", code)
        return None
    for key, text in value.items():
        if type(text) is not str:
            path: Path = (*form.at(name), key)
            message = f"The value of {key[:80]} must be text, and this is {kind_word(text)}. Quote it."
            form.report.add("value_type", path, message, found=text, allowed=["text"])
    return {key: text for key, text in value.items() if type(text) is str}


def _whole(form: Form, name: str, *, low: int = 0, code: str) -> int | None:
    if form.take(name) is ABSENT:
        return None
    return form.whole(name, low=low, high=MOST, default=low, code=code)
