"""What `penstock run FILE|ID` and `workflow put FILE` are given: a file to send along, or the id of a stored workflow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from actors.cli.exits import NOT_FOUND, PERMISSION, USAGE, Told

__all__ = ["definition", "inputs_of", "roles_of", "start_params"]

_NOTATIONS = {".wf": "wf", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
_LARGEST = 256 << 10


def start_params(target: str) -> dict[str, Any]:
    """The part of run.start that says what to run. A target with a known suffix, a slash or a file of that name is a file.

    Another one is the name of a file of the project, or else the id of a workflow that is stored.
    """
    path = Path(target)
    if path.is_dir():
        raise Told("file_not_readable", f"{path}: this is a folder; name a workflow file in it", USAGE)
    if path.suffix.lower() in _NOTATIONS or os.sep in target or path.is_file():
        return definition(path)
    found = _of_project(target)
    return {"workflow_id": target} if found is None else definition(found)


def _of_project(name: str) -> Path | None:
    """The file of that name among those of the project in which one is; None where there is no such project, or no such file."""
    from actors.workflow.projects import folders_of

    if not (folders := [folder for folder in folders_of(str(Path.cwd())) if folder.is_dir()]):
        return None
    from actors.workflow.discovery import NotDiscovered, file_of

    try:
        return file_of(name, folders)
    except NotDiscovered:
        return None


def definition(path: Path) -> dict[str, Any]:
    """A file as parameters: text, notation, source, folder."""
    notation = _NOTATIONS.get(path.suffix.lower())
    if notation is None:
        raise Told("notation_unknown", f"{path}: the suffix must be one of {', '.join(_NOTATIONS)}", USAGE)
    return {"text": _read(path), "notation": notation, "source": str(path), "folder": str(path.absolute().parent)}


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise Told("file_too_large", f"{path}: more than {_LARGEST >> 10} KiB, the most that a workflow file may have", USAGE)
        return path.read_bytes().decode()  # line ends stay what they are: they may be part of a text
    except FileNotFoundError:
        raise Told("file_not_found", f"{path}: no such file", NOT_FOUND) from None
    except PermissionError:
        raise Told("file_not_readable", f"{path}: permission denied", PERMISSION) from None
    except IsADirectoryError:
        raise Told("file_not_readable", f"{path}: this is a folder; name a file in it", USAGE) from None
    except UnicodeDecodeError as error:
        raise Told("file_not_readable", f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8", USAGE) from None
    except OSError as error:
        raise Told("file_not_readable", f"{path}: {error.strerror or error}", USAGE) from None


def inputs_of(given: tuple[str, ...]) -> dict[str, str]:
    """`-i key=value` words as a mapping. The runtime turns texts into what the input's type wants."""
    return _pairs(given, "-i", "input", "key=value")


def roles_of(given: tuple[str, ...]) -> dict[str, str]:
    """`--persona role=name` words as a mapping."""
    return _pairs(given, "--persona", "persona", "role=name")


def _pairs(given: tuple[str, ...], option: str, word: str, form: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise Told(f"{word}_malformed", f"{option} {text}: written as {form}", USAGE)
        if key in pairs:
            raise Told(f"{word}_repeated", f"{option} {key}: given twice", USAGE)
        pairs[key] = value
    return pairs
