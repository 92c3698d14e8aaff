"""Reads the options of a gate: a list, a mapping of values to labels, or where an earlier node names them (gates spec, 4)."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.problems import Path
from actors.workflow.spec import Option, OptionsRef

__all__ = ["OPTION_FORMS", "read_options"]

OPTION_FORMS: Final = ("[value, …]", "{value: label, …}", "step.field")


def read_options(form: Form) -> tuple[Option, ...] | OptionsRef:
    """The options under `options`; none where it is not there."""
    value, path = form.take("options"), form.at("options")
    if value is ABSENT:
        return ()
    if (ref := _reference(value)) is not None:
        return ref
    if type(value) is dict and list(value) == ["values"] and type(value["values"]) is list:
        pairs = [_read_option(form, (*path, "values", i), item) for i, item in enumerate(value["values"])]
    elif type(value) is dict:
        pairs = [_pair(form, (*path, key), key, label) for key, label in value.items()]
    elif type(value) is list:
        pairs = [_pair(form, (*path, i), item, item) for i, item in enumerate(value)]
    else:
        pairs = []
    if not pairs:
        message = f'"options" takes {", ".join(OPTION_FORMS[:-1])} with at least one entry, or {OPTION_FORMS[-1]}.'
        form.report.add("invalid_gate_options", path, message, found=value, allowed=OPTION_FORMS)
    options = tuple(option for option in pairs if option)
    _check_repeated(form, path, options)
    return options


def _reference(value: Any) -> OptionsRef | None:
    """Text with a dot, plain as in a file or under `ref` as in the model, split at its first dot."""
    text = value["ref"] if type(value) is dict and list(value) == ["ref"] else value
    if type(text) is not str:
        return None
    step, dot, name = text.strip().partition(".")
    return OptionsRef(step, name) if dot and step and name else None


def _check_repeated(form: Form, path: Path, options: tuple[Option, ...]) -> None:
    counts = Counter(option.value for option in options)
    for repeated in sorted(value for value, count in counts.items() if count > 1):
        form.report.add("gate_option_duplicate", path, f'The option "{repeated[:80]}" stands twice. Keep one.', found=repeated)


def _read_option(form: Form, path: Path, item: Any) -> Option | None:
    if type(item) is not dict:
        return _pair(form, path, item, item)
    inner = Form(form.report, path, item)
    inner.require("value")
    value, label = inner.text("value"), inner.text("label")
    inner.close("an option")
    return Option(value, label or value) if value else None


def _pair(form: Form, path: Path, value: Any, label: Any) -> Option | None:
    if type(value) is str and type(label) is str and value.strip():
        return Option(value, label)
    message = f"An option is a text, and its label too; this is {kind_word(label if type(value) is str else value)}. Quote it."
    form.report.add("invalid_gate_options", path, message, found=value, allowed=OPTION_FORMS)
    return None
