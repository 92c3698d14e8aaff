"""The workflow files of a project: all that lie in `.penstock/workflows`, or the one of a name (flow spec 2.9).

Two folders are looked at: the worktree in which somebody works, and the repository from which it comes. The worktree's wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from actors.workflow.names import slug
from actors.workflow.parse import NOTATIONS, Loaded, load_file
from actors.workflow.problems import WorkflowInvalid

__all__ = ["Discovered", "Discovery", "NotDiscovered", "Remark", "discover", "file_of"]

NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
FORM: Final = "letters, digits, dash, underscore and dot, no dot first"


class NotDiscovered(Exception):
    """There is no such file: args (code, message, data)."""

    @property
    def code(self) -> str:
        """`workflow_name_required`, `workflow_name_invalid` or `workflow_not_found`."""
        return str(self.args[0])

    def __str__(self) -> str:
        return str(self.args[1])


@frozen
class Discovered:
    """A sound file: the name of its workflow as it is written there, and what it holds."""

    name: str
    file: Path
    loaded: Loaded


@frozen
class Remark:
    """Why a file was left out."""

    file: str
    code: str
    message: str


@frozen
class Discovery:
    """`found` by name, `remarks` by file."""

    found: tuple[Discovered, ...]
    remarks: tuple[Remark, ...]


def discover(folders: Iterable[Path]) -> Discovery:
    """All workflows of these folders, the first of which counts most. A broken file stops nothing; it is remarked on."""
    found: dict[str, Discovered] = {}
    remarks: dict[str, Remark] = {}
    for folder in reversed(list(folders)):
        here: dict[str, list[Discovered]] = {}
        for file in _files(folder):
            try:
                loaded = load_file(file)
            except WorkflowInvalid as wrong:
                remarks[file.stem] = Remark(str(file), wrong.problems[0].code, wrong.problems[0].message)
            else:
                name = loaded.workflow.label or loaded.workflow.workflow_id
                here.setdefault(name, []).append(Discovered(name, file, loaded))
        for name, same in here.items():
            if len(same) == 1:
                found[name] = same[0]
                continue
            both = " and ".join(str(one.file) for one in same)
            for one in same:
                message = f"{both} hold a workflow of the same name, {name}: all of them are left out. Rename one, or remove it."
                remarks[one.file.stem] = Remark(str(one.file), "workflow_name_duplicate", message)
    return Discovery(tuple(found[name] for name in sorted(found)), tuple(sorted(remarks.values(), key=lambda one: one.file)))


def file_of(name: str, folders: Iterable[Path]) -> Path:
    """The file whose stem is the name, or becomes it as an id. Raises NotDiscovered."""
    if not name:
        raise NotDiscovered("workflow_name_required", "A workflow is looked for by its name, and none is given.", {})
    if not NAME.fullmatch(name):
        data: dict[str, Any] = {"name": name, "allowed": FORM}
        raise NotDiscovered("workflow_name_invalid", f"{name[:80]!r} is no name of a workflow file. Use {FORM}.", data)
    searched = list(folders)
    for folder in searched:
        files = list(_files(folder))
        for fits in (lambda file: file.stem == name, lambda file: slug(file.stem) == name):
            if (file := next(filter(fits, files), None)) is not None:
                return file
    places = ", ".join(map(str, searched)) or "no folder"
    raise NotDiscovered(
        "workflow_not_found", f"There is no workflow file {name!r}: looked in {places}.", {"name": name, "searched": places}
    )


def _files(folder: Path) -> Iterator[Path]:
    """Those with an ending of ours, by name; where one name has several endings, in the order of these."""
    endings = list(NOTATIONS)
    try:
        entries = [entry for entry in folder.iterdir() if entry.suffix in endings and not entry.name.startswith(".") and entry.is_file()]
    except OSError:
        return iter(())
    return iter(sorted(entries, key=lambda entry: (entry.stem, endings.index(entry.suffix))))
