"""From a file or text to a workflow: reads, checks, and reports everything that is wrong at once. Its only I/O is reading files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from errno import EINVAL
from pathlib import Path as FilePath
from typing import Any, Final, Literal

from attrs import field, frozen

from actors.workflow.check import check_workflow
from actors.workflow.form import ABSENT
from actors.workflow.json_text import read_json
from actors.workflow.problems import Path, Place, Problem, Report, WorkflowInvalid
from actors.workflow.reach import ChildKeys, anything
from actors.workflow.read_workflow import read_workflow
from actors.workflow.spec import Workflow
from actors.workflow.tree import MAX_BYTES, UNREADABLE
from actors.workflow.yaml_text import read_yaml

__all__ = ["READERS", "Loaded", "Notation", "load_file", "load_text", "load_tree"]

Notation = Literal["wf", "yaml", "json"]
NOTATIONS: Final[dict[str, Notation]] = {".wf": "wf", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}


def _read_wf(text: str, report: Report) -> Any:
    from actors.workflow.wf.read import read_wf  # noqa: PLC0415 - only texts in that notation need it

    return read_wf(text, report)


READERS: Final[dict[Notation, Callable[[str, Report], Any]]] = {"wf": _read_wf, "yaml": read_yaml, "json": read_json}


@frozen
class Loaded:
    """A sound workflow, remarks about it, and where each of its fields stands in the file."""

    workflow: Workflow
    warnings: tuple[Problem, ...] = ()
    places: Mapping[Path, Place] = field(factory=dict, eq=False, repr=False)


def load_file(path: str | os.PathLike[str], child_keys: ChildKeys = anything) -> Loaded:
    """The workflow in a `.wf`, `.yaml`, `.yml` or `.json` file; schemas named by path are read beside it. Raises WorkflowInvalid."""
    file = FilePath(path)
    notation = NOTATIONS.get(file.suffix.lower())
    if notation is None:
        message = f"{file.name!r} has no ending that says what it holds. Name it {', '.join(NOTATIONS)}."
        raise WorkflowInvalid([Problem("notation_unknown", message, str(path), found=file.suffix, allowed=tuple(NOTATIONS))])
    report = Report(str(path))
    text = _read(report, (), file)
    report.raise_if_any()
    return load_text(text or "", notation=notation, source=str(path), folder=str(file.resolve().parent), child_keys=child_keys)


def load_text(
    text: str, *, notation: Notation, source: str, folder: str | None, child_keys: ChildKeys = anything
) -> Loaded:  # fmt: skip
    """The workflow in a text. `source` names it in messages; `folder` is where its schemas and modules lie. Raises WorkflowInvalid."""
    report = Report(source)
    return load_tree(report, READERS[notation](text, report), folder=folder, child_keys=child_keys)


def load_tree(
    report: Report, tree: Any, *, folder: str | None, stored: bool = False, child_keys: ChildKeys = anything
) -> Loaded:  # fmt: skip
    """The workflow in a JSON tree whose reading was reported so far. Raises WorkflowInvalid."""
    source = _SchemaFiles(FilePath(folder)).read if folder and not stored else None
    reading = None
    if tree is not UNREADABLE:
        reading = read_workflow(report, tree, folder=folder, stored=stored, schema_source=source)
    if reading:
        check_workflow(report, reading, child_keys)
    report.raise_if_any()
    assert reading  # without one there was a problem
    return Loaded(reading.workflow, tuple(report.warnings), report.places)


def _read(report: Report, path: Path, file: FilePath) -> str | None:
    """The text of a file; else a problem at `path`."""
    try:
        data = _bytes(file)
        if len(data) > MAX_BYTES:
            message = f"{file} has more than {MAX_BYTES} bytes. Move long texts and data to files of their own."
            report.add("file_too_large", path, message, allowed=[f"≤ {MAX_BYTES}"])
            return None
        return data.decode()
    except UnicodeDecodeError as error:
        report.add("text_invalid", path, f"{file} is not UTF-8 at byte {error.start}. Save it as UTF-8.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        report.add("file_unreadable", path, f"{file} cannot be read: {reason}.", found=str(file))
    return None


def _bytes(file: FilePath) -> bytes:
    # A pipe or device of that name would block, or never end.
    if file.exists() and not file.is_file():
        raise OSError(EINVAL, "it is no regular file")
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


class _SchemaFiles:
    """Schemas that a workflow names by path, all of them together no larger than one file may be."""

    def __init__(self, folder: FilePath) -> None:
        self._folder = folder
        self._size = 0

    def read(self, report: Report, path: Path, name: str) -> Any:
        """The schema in a file below the workflow's folder, or ABSENT when it has been reported."""
        file = self._folder / name
        if "\0" in name or not file.resolve().is_relative_to(self._folder.resolve()):
            message = f"{name[:80]!r} leads out of the workflow's folder. Put the schema beside the workflow."
            report.add("schema_path_escapes", path, message, found=name)
            return ABSENT
        inner = Report(str(file))
        text = _read(report, path, file)
        self._size += len(text or "")
        if self._size > MAX_BYTES:
            message = f"The schemas read from files have more than {MAX_BYTES} characters together. Make them smaller."
            report.add("schema_invalid", path, message, found=self._size, allowed=[f"≤ {MAX_BYTES}"])
        elif text is not None:
            tree = READERS["json" if file.suffix == ".json" else "yaml"](text, inner)
            report.problems += inner.problems
            return ABSENT if inner.problems else tree
        return ABSENT
