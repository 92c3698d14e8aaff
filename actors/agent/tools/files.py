"""Files inside the working folder, and nowhere else. What is refused is told to the model, and harms nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from stat import S_ISDIR, S_ISREG
from typing import Any, Final

from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.tools.source import Said, not_done
from actors.agent.tools.words import shown_name, texts
from actors.node.contained import NotContained, open_beneath, parent_beneath

__all__ = ["SPECS", "FileTools"]

LARGEST_READ: Final = 64 << 10
LARGEST_WRITE: Final = 8 << 20
MOST_ENTRIES: Final = 500
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


SPECS: Final = {
    "write_file": ToolSpec(
        "write_file", "Write a text file in the working folder, in place of one that is there. Folders are made.",
        texts(path="Relative to the working folder.", content="The whole text of the file."), "repeatable",
    ),
    "read_file": ToolSpec(
        "read_file", f"Read a text file in the working folder, at most its first {LARGEST_READ} bytes.",
        texts(path="Relative to the working folder."), "none",
    ),
    "list_dir": ToolSpec(
        "list_dir", "List a folder in the working folder.", texts(path="Relative to the working folder; . is the folder itself."), "none",
    ),
}  # fmt: skip
"""All of them by name, as models are told of them."""


class _Refused(Exception):
    """The tool does not do that; the text is for the model."""


class FileTools:
    """Tools over the folder of descriptor `folder`, those that `names` has."""

    def __init__(self, folder: int, names: Collection[str]) -> None:
        self._folder = folder
        self._specs = {name: spec for name, spec in SPECS.items() if name in names}

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return self._specs

    async def use(self, call: ToolCall) -> Said:
        known: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "write_file": self._write, "read_file": self._read, "list_dir": self._list,
        }  # fmt: skip
        try:
            return Said(known[call.name](call.arguments))
        except _Refused as refused:
            return Said(str(refused), is_error=True)
        except (NotContained, OSError) as error:
            return not_done(error)

    def _write(self, given: Mapping[str, Any]) -> str:
        path, content = given["path"], given["content"]
        data = content.encode()
        if len(data) > LARGEST_WRITE:
            raise _Refused(f"The file would have {len(data)} bytes; at most {LARGEST_WRITE} are written.")
        with parent_beneath(self._folder, path, make=True) as (parent, name):
            _replace(parent, name, data)
        return f"Wrote {len(data)} bytes to {path}."

    def _read(self, given: Mapping[str, Any]) -> str:
        path = given["path"]
        fd = open_beneath(self._folder, path, _READ)
        try:
            found = os.fstat(fd)
            if not S_ISREG(found.st_mode):
                raise _Refused(f"{path} is no plain file.")
            with open(fd, "rb", closefd=False) as file:
                text = file.read(LARGEST_READ).decode("utf-8", "replace").replace("\0", "\ufffd")
        finally:
            os.close(fd)
        return text if found.st_size <= LARGEST_READ else f"{text}\n[... {found.st_size} bytes in all]"

    def _list(self, given: Mapping[str, Any]) -> str:
        path = given["path"]
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._folder) if path == "." else (
            open_beneath(self._folder, path, os.O_RDONLY | os.O_DIRECTORY)
        )  # fmt: skip
        try:
            names = sorted(os.listdir(fd))  # noqa: PTH208  # of a descriptor
            lines = [_entry(fd, name) for name in names[:MOST_ENTRIES]]
        finally:
            os.close(fd)
        more = [f"[... {len(names)} entries in all]"] if len(names) > MOST_ENTRIES else []
        return "\n".join(lines + more) or "(empty)"


def _entry(folder: int, name: str) -> str:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    kind = "/" if S_ISDIR(found.st_mode) else "" if S_ISREG(found.st_mode) else " (no plain file)"
    return f"{shown_name(name)}{kind}" + (f" ({found.st_size} bytes)" if kind == "" else "")


def _replace(parent: int, name: str, data: bytes) -> None:
    """The file as a whole or not at all; a link of that name is replaced, never followed."""
    part = f".{name}.{os.getpid()}.part"
    with suppress(FileNotFoundError):
        os.unlink(part, dir_fd=parent)
    fd = os.open(part, _NEW, 0o600, dir_fd=parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        os.replace(part, name, src_dir_fd=parent, dst_dir_fd=parent)
    except BaseException:
        os.unlink(part, dir_fd=parent)
        raise
