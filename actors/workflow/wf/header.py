"""The sections `meta` and `inputs` of a `.wf` text, in the model's words (flow spec 2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from actors.workflow.problems import Report
from actors.workflow.wf.ast import Declared, Entry, Scalar, Statement
from actors.workflow.wf.options import Options

__all__ = ["META_WORDS", "input_list", "meta_fields"]

META_WORDS: Final = {"title": "name", "description": "description", "trigger": "trigger", "targets": "targets", "group": "group"}


def meta_fields(report: Report, sections: Sequence[Statement]) -> dict[str, Any]:
    """The fields of the workflow; what a later section says again holds."""
    if not sections:
        return {}
    entries = [entry for section in sections for entry in section.entries]
    options = Options(report, (), "meta", sections[0].place, entries)
    found: dict[str, Any] = {}
    for key, model in META_WORDS.items():
        value = options.texts(key) if key == "targets" else options.text(key)
        if value is not None:
            found[model] = value
            report.places[(model,)] = options.entries[key].place
    options.close(META_WORDS)
    return {key: value for key, value in found.items() if value}


def input_list(report: Report, sections: Sequence[Statement]) -> list[dict[str, Any]]:
    """The inputs in order; one that is declared again is the later one, in its place."""
    found: dict[str, dict[str, Any]] = {}
    for declared in (one for section in sections for one in section.declared):
        if declared.name in found:
            message = f'The input "{declared.name}" is declared twice; this one holds. Remove the other.'
            report.warn("duplicate_key", ("inputs",), message, found=declared.name, place=declared.place, stage="parser")
            del found[declared.name]
        found[declared.name] = _input(report, declared)
        report.places[("inputs", len(found) - 1)] = declared.place
    return list(found.values())


def _input(report: Report, declared: Declared) -> dict[str, Any]:
    """One input, after the rules: text without a default is required, a boolean never is."""
    words = {one.word for one in declared.attributes}
    valued = [Entry(one.word, one.value, place=one.place) for one in declared.attributes if one.value is not None]
    options = Options(report, ("inputs",), f"input {declared.name}", declared.place, valued)
    entry: dict[str, Any] = {"name": declared.name}
    default, description = options.scalar("default"), options.text("description")
    if "boolean" in words:
        entry["type"] = "boolean"
    elif "required" in words or not options.has("default"):
        entry["required"] = True
    if default is not None:
        entry["default"] = _default(default, boolean="boolean" in words)
    if description:
        entry["description"] = description
    return entry


def _default(value: Scalar, *, boolean: bool) -> Any:
    """A boolean's default is one where it says so; any other text is told by who reads the model."""
    word = value.text.lower()
    return word == "true" if boolean and word in {"true", "false"} else value.text
