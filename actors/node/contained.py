"""Opening files inside a folder and nowhere else: no symbolic link on the way, no `..`, no absolute path. Paths are not compared."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from stat import S_ISLNK

__all__ = ["NotContained", "open_beneath", "open_folder", "parent_beneath"]

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_WITHOUT_OPENAT2 = (errno.ENOSYS, errno.EPERM)  # an old kernel, or a seccomp filter that knows no better


class NotContained(Exception):
    """The path leads out of the folder, or may: absolute, `..`, empty, or over a symbolic link."""


def open_folder(path: str) -> int:
    """A descriptor (O_PATH) of a folder that is no symbolic link itself. Raises OSError."""
    return os.open(path, _FOLDER)


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Open `path` below the folder with no link followed. Raises NotContained, or OSError for what is wrong with the file."""
    from actors.node.openat2 import openat2  # noqa: PLC0415  # ctypes costs 3 ms: only nodes with artifacts pay

    _refuse(path)
    try:
        return openat2(folder, path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in _WITHOUT_OPENAT2:
            raise _translated(error, path) from None
    with parent_beneath(folder, path) as (parent, name):
        return _open_at(parent, name, flags)


@contextmanager
def parent_beneath(folder: int, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """The folder that holds `path`, walked to step by step, and the last name. `make`: folders that are missing are made.

    Raises NotContained or OSError.
    """
    _refuse(path)
    *folders, name = path.split("/")
    at = os.dup(folder)
    try:
        for step in folders:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(step, 0o700, dir_fd=at)
            below = _open_at(at, step, os.O_PATH | os.O_DIRECTORY)
            os.close(at)
            at = below
        yield at, name
    finally:
        os.close(at)


def _refuse(path: str) -> None:
    steps = path.split("/")
    if "\0" in path or any(step in ("", ".", "..") for step in steps):
        raise NotContained(f"{path!r} has to be a path below the working folder, without empty steps, '.' and '..'")


def _open_at(parent: int, name: str, flags: int) -> int:
    try:
        fd = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError as error:
        if error.errno == errno.ENOTDIR and _is_link(parent, name):
            raise NotContained(f"{name!r} is a symbolic link") from None
        raise _translated(error, name) from None
    return fd


def _is_link(parent: int, name: str) -> bool:
    return S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _translated(error: OSError, path: str) -> Exception:
    if error.errno in (errno.ELOOP, errno.EXDEV):
        return NotContained(f"{path!r} leads over a symbolic link or out of the working folder")
    return error
