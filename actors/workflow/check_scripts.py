"""Whether the scripts that a workflow names are there and can be run (flow spec 2.9 and 4.2). It looks at the disk.

A script that is named by its whole path is there, or the workflow is wrong. Any other name depends on where a run works and on what its
steps have made there, so that not finding it is a remark.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Final

from attrs import Factory, frozen

from actors.workflow.model_places import model_place
from actors.workflow.problems import Path, Place, Problem, field_path
from actors.workflow.script_words import program_of
from actors.workflow.spec import Node, Shell, Workflow
from actors.workflow.template import MARK
from actors.workflow.walk import located

__all__ = ["Searched", "programs_in", "unfit_scripts"]

_OWN: Final = ".penstock"
_SCRIPTS: Final = f"{_OWN}/scripts"
_ANYBODY: Final = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


@frozen
class Searched:
    """Where scripts are looked for: `folders` that may be the working folder of a run, `skills_dir`, and those of `path`.

    `paths`: what an identity has before `path`, by its name; that of scripts without one is `default`.
    """

    folders: tuple[str, ...] = ()
    skills_dir: str | None = None
    path: str = ""
    paths: Mapping[str, tuple[str, ...]] = Factory(dict)


def programs_in(workflow: Workflow) -> tuple[str, ...]:
    """The first words of its scripts; those with a slash may lie on any disk."""
    return tuple(word for _, _, word in _scripts(workflow))


def unfit_scripts(
    workflow: Workflow, searched: Searched, places: Mapping[Path, Place] | None = None, file: str = ""
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What is wrong with scripts, and remarks: one for each at most. `places` maps the paths of the file to line and column, if any."""
    scripts = list(_scripts(workflow))
    roots = tuple(dict.fromkeys(_roots(workflow, searched))) if scripts else ()
    wrong: list[Problem] = []
    remarks: list[Problem] = []
    for path, node, word in scripts:
        found = _judge(word, roots, _search_path(node, searched))
        if found is None:
            continue
        code, message = found
        at, place = _place(path, places)
        text = f"The script {node.name!r} begins with {word!r}: {message}"
        problem = Problem(code, text, file, *place, field_path(at), f'"{word}"')
        (wrong if word.startswith("/") else remarks).append(problem)
    return tuple(wrong), tuple(remarks)


def _scripts(workflow: Workflow) -> Iterator[tuple[Path, Node, str]]:
    for path, node in located(workflow):
        if isinstance(node.action, Shell) and (word := program_of(node.action.run)) is not None:
            yield path, node, word


def _place(path: Path, places: Mapping[Path, Place] | None) -> tuple[Path, Place]:
    """The path of its text in the file, and its place: of the two words for it, the one that stands there has a place of its own."""
    named = {key: model_place(places, (*path, key)) for key in ("shell", "run")}
    key = max(named, key=lambda one: named[one])
    return (*path, key), named[key]


def _roots(workflow: Workflow, searched: Searched) -> Iterator[FilePath]:
    """The working folder, and the repository in which it lies, each with its folder of scripts; then the folder of skills."""
    for name in searched.folders:
        folder = FilePath(name)
        given = workflow.workspace_root
        working = folder / given if given is not None and MARK not in given else folder
        for root in (working, folder, *_repository(folder)):
            yield root
            yield root / _SCRIPTS
    if searched.skills_dir is not None:
        yield FilePath(searched.skills_dir)


def _repository(folder: FilePath) -> Iterator[FilePath]:
    for one in (folder, *folder.parents):
        if os.path.lexists(one / ".git") or (one.name != _OWN and os.path.lexists(one / _OWN / "workflows")):
            yield one
            return


def _search_path(node: Node, searched: Searched) -> str:
    own = searched.paths.get(node.as_identity or "default", ())
    return os.pathsep.join([*own, *filter(None, [searched.path])])


def _judge(word: str, roots: tuple[FilePath, ...], path: str) -> tuple[str, str] | None:
    """Code and message; None for a script that can be run, or of which nothing can be said."""
    try:
        if word.startswith("/"):
            return _fit(FilePath(word))
        return _named(word, roots, path)
    except OSError as error:
        message = f"it cannot be looked at: {error.strerror}. Look at the permissions of the folders in which it lies."
        return "script_unreadable", message


def _named(word: str, roots: tuple[FilePath, ...], path: str) -> tuple[str, str] | None:
    if "/" not in word and (not path or shutil.which(word, path=path) is not None):
        return None  # without a PATH the shell has one of its own
    if "/" in word and not roots:
        return None  # a text from nowhere: where its runs work, nobody has said
    places = (*map(str, roots), *(() if "/" in word else filter(None, path.split(os.pathsep))))
    found = next((root / word for root in roots if _lies_in(root, word)), None)
    if found is None:
        return "script_not_found", f"nothing of that name was found. Searched: {', '.join(places)}. If a step before makes it, all is well."
    return _fit(found)


def _lies_in(root: FilePath, word: str) -> bool:
    """Whether a file of that name lies in the folder, and not outside by a link; what lies below `.penstock` may."""
    try:
        there = ".." not in FilePath(word).parts and stat.S_ISREG((root / word).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        there = False
    if not there:
        return False
    return _OWN in root.parts or (root / word).resolve().is_relative_to(root.resolve())


def _fit(file: FilePath) -> tuple[str, str] | None:
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "script_not_found", "there is no such file. Searched: that path alone."
    if not stat.S_ISREG(mode):
        return "script_not_found", f"{file} is no file, but something else. Name a file that can be run."
    if not mode & _ANYBODY:
        message = f"{file} is not executable; its mode is {stat.S_IMODE(mode):04o}. Make it so: chmod +x {file}"
        return "script_not_executable", message
    return None
