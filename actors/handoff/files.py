"""The folders of handoffs: looked through, files let in and put away. Everything stays inside the workspace; no link is followed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import PurePosixPath
from stat import S_ISREG

from attrs import frozen

from actors.handoff.rules import LARGEST, Found, read_handoff
from actors.node.contained import open_beneath, open_folder
from actors.workflow.triggers import Handoffs

__all__ = ["MOST", "Look", "archive", "let_in", "look", "read_one"]

MOST = 256
"""Entries of a folder that are looked at in one go."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC


@frozen
class Look:
    """What lies in a folder, as far as it was looked at; `behind`: where the next look goes on, 0 for the beginning."""

    found: tuple[Found, ...] = ()
    behind: int = 0


def look(workspace: str, folder: str, known: Mapping[str, Found], behind: int = 0) -> Look:
    """The handoffs in a folder. What is `known` and has not changed is not read again. Raises OSError, NotContained.

    A folder that is not there is empty. Nothing that is wrong with one file keeps the others from being found.
    """
    try:
        with _opened(workspace, folder) as at:
            names = _names(at, behind)
            found = tuple(_read(at, name, known.get(name)) for name in names)
    except FileNotFoundError:
        return Look()
    return Look(found, behind + MOST if len(names) == MOST else 0)


def _names(at: int, behind: int) -> list[str]:
    with os.scandir(at) as entries:
        return sorted(entry.name for entry in islice(entries, behind, behind + MOST))


def _read(at: int, name: str, known: Found | None) -> Found:
    if not name.endswith(".json"):
        return Found(name, ())
    if not name.isprintable():  # bytes that are no text among them
        return Found(ascii(name)[1:-1], (), problem="its name is no plain text")
    try:
        about = os.stat(name, dir_fd=at, follow_symlinks=False)
        stamp = (about.st_ino, about.st_mtime_ns, about.st_size)
        if known is not None and known.stamp == stamp:
            return known
        if not S_ISREG(about.st_mode):
            return Found(name, stamp, problem="it is no regular file")
        if about.st_size > LARGEST:
            return Found(name, stamp, problem=f"it has {about.st_size} bytes; at most {LARGEST} are read")
        read = read_handoff(_content(at, name))
    except OSError as error:
        return Found(name, (), problem=f"it cannot be read: {error.strerror}")
    return Found(name, stamp, problem=read) if isinstance(read, str) else Found(name, stamp, read)


def _content(at: int, name: str) -> bytes:
    fd = os.open(name, _FILE, dir_fd=at)
    try:
        if not S_ISREG(os.fstat(fd).st_mode):
            raise OSError(0, "it is no regular file")
        with os.fdopen(os.dup(fd), "rb") as file:
            return file.read(LARGEST + 1)
    finally:
        os.close(fd)


def read_one(workspace: str, folder: str, file: str) -> Found | None:
    """One file of a folder; None when it is not there. Raises OSError, NotContained."""
    try:
        with _opened(workspace, folder) as at:
            os.stat(file, dir_fd=at, follow_symlinks=False)
            return _read(at, file, None)
    except FileNotFoundError:
        return None


def let_in(workspace: str, handoffs: Handoffs, files: tuple[str, ...] | None = None) -> list[str]:
    """Move files, or the first 256, from the inbox to those that are approved; their names there. Raises OSError, NotContained."""
    try:
        with _opened(workspace, handoffs.inbox) as inbox:
            names = [name for name in _names(inbox, 0) if name.endswith(".json")] if files is None else files
            if not names:
                return []
            with _opened(workspace, handoffs.approved, make=True) as approved:
                return [moved for name in names if (moved := _move(inbox, name, approved)) is not None]
    except FileNotFoundError:
        return []


def archive(workspace: str, approved: str, archived: str, file: str, handoff_id: str) -> str | None:
    """Put the handoff's file away; its name there, or None when it is not there (any more). Raises OSError, NotContained."""
    found = read_one(workspace, approved, file)
    if found is None or found.handoff is None or found.handoff.handoff_id != handoff_id:
        return None  # somebody was faster, or has put another one in its place
    with _opened(workspace, approved) as source, _opened(workspace, archived, make=True) as target:
        return _move(source, file, target)


def _move(source: int, name: str, target: int) -> str | None:
    """Rename into another folder, under a name that is free there; None for what is no regular file, or has vanished."""
    try:
        if "/" in name or not S_ISREG(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode):
            return None
        path = PurePosixPath(name)
        names = (name if n == 1 else f"{path.stem}.{n}{path.suffix}" for n in count(1))
        free = next(one for one in names if not _there(target, one))
        os.rename(name, free, src_dir_fd=source, dst_dir_fd=target)
    except FileNotFoundError:
        return None
    return free


def _there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _opened(workspace: str, folder: str, *, make: bool = False) -> Iterator[int]:
    """A descriptor of the folder in the workspace."""
    with ExitStack() as stack:
        root = open_folder(workspace)
        stack.callback(os.close, root)
        if make:
            _make(root, folder)
        at = open_beneath(root, folder, _FOLDER)
        stack.callback(os.close, at)
        yield at


def _make(root: int, folder: str) -> None:
    steps = folder.split("/")
    for end in range(1, len(steps) + 1):
        *above, name = steps[:end]
        at = open_beneath(root, "/".join(above), _FOLDER) if above else os.dup(root)
        try:
            os.mkdir(name, dir_fd=at)
        except FileExistsError:
            continue
        finally:
            os.close(at)
