"""From a file or text to a workflow: reads, checks, and reports everything that is wrong at once. Its only I/O is reading files."""

from __future__ import annotations

import os
from pathlib import Path as FilePath
from typing import Any, Final, Literal

from attrs import frozen

from actors.workflow.check import check_workflow
from actors.workflow.form import ABSENT
from actors.workflow.json_text import read_json
from actors.workflow.problems import Path, Problem, Report, WorkflowInvalid
from actors.workflow.read_workflow import read_workflow
from actors.workflow.spec import Workflow
from actors.workflow.tree import MAX_BYTES, Stop
from actors.workflow.yaml_text import read_yaml

__all__ = ["Loaded", "Notation", "load_file", "load_text", "load_tree"]

Notation = Literal["yaml", "json"]
NOTATIONS: Final[dict[str, Notation]] = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}


@frozen
class Loaded:
    """A sound workflow, and remarks about it."""

    workflow: Workflow
    warnings: tuple[Problem, ...] = ()


def load_file(path: str | os.PathLike[str]) -> Loaded:
    """The workflow in a `.yaml`, `.yml` or `.json` file; schemas named by path are read beside it. Raises WorkflowInvalid."""
    file = FilePath(path)
    notation = NOTATIONS.get(file.suffix.lower())
    if notation is None:
        message = f"{file.name!r} has no ending that says what it holds. Name it {', '.join(NOTATIONS)}."
        raise WorkflowInvalid([Problem("notation_unknown", message, str(path), found=file.suffix, allowed=tuple(NOTATIONS))])
    report = Report(str(path))
    text = _read(report, (), file)
    report.raise_if_any()
    return load_text(text, notation=notation, source=str(path), folder=str(file.resolve().parent))


def load_text(text: str, *, notation: Notation, source: str, folder: str | None) -> Loaded:
    """The workflow in a text. `source` names it in messages; `folder` is where its schemas and modules lie. Raises WorkflowInvalid."""
    report = Report(source)
    try:
        tree = read_yaml(text, report) if notation == "yaml" else read_json(text, report)
    except Stop:
        report.raise_if_any()
        raise
    return load_tree(report, tree, folder=folder)


def load_tree(report: Report, tree: Any, *, folder: str | None, stored: bool = False) -> Loaded:
    """The workflow in a JSON tree whose reading was reported so far. Raises WorkflowInvalid."""

    def schema_at(report: Report, path: Path, name: str) -> Any:
        return _read_schema(report, path, name, FilePath(str(folder)))

    reading = read_workflow(report, tree, folder=folder, stored=stored, schema_source=schema_at if folder and not stored else None)
    if reading:
        check_workflow(report, reading)
    report.raise_if_any()
    assert reading  # without one there was a problem
    return Loaded(reading.workflow, tuple(report.warnings))


def _read(report: Report, path: Path, file: FilePath) -> str:
    """The text of a file, or a problem at `path`."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        return data.decode()
    except UnicodeDecodeError as error:
        report.add("text_invalid", path, f"{file} is not UTF-8 at byte {error.start}. Save it as UTF-8.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        report.add("file_unreadable", path, f"{file} cannot be read: {reason}.", found=str(file))
    return ""


def _read_schema(report: Report, path: Path, name: str, folder: FilePath) -> Any:
    """The schema in a file below the workflow's folder, or ABSENT when it has been reported."""
    file = folder / name
    before = len(report.problems)
    if "\0" in name or not file.resolve().is_relative_to(folder.resolve()):
        message = f"{name[:80]!r} leads out of the workflow's folder. Put the schema beside the workflow."
        report.add("schema_path_escapes", path, message, found=name)
        return ABSENT
    text = _read(report, path, file)
    if len(report.problems) > before:
        return ABSENT
    inner = Report(str(file))
    try:
        tree = read_json(text, inner) if file.suffix == ".json" else read_yaml(text, inner)
    except Stop:
        tree = ABSENT
    report.problems += inner.problems
    return ABSENT if inner.problems else tree
