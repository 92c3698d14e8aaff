"""Looking for a text in the files of the working folder: a plain text, or a regular expression in linear time. No link is followed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from stat import S_ISDIR, S_ISREG
from typing import Any, Final

import trio
from attrs import define, field

from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.tools.source import Said, not_done
from actors.agent.tools.words import flag, shape, shown_name, text
from actors.node.contained import NotContained, open_beneath
from actors.workflow.schema import matcher

__all__ = ["SPECS", "Search"]

MOST_FOUND: Final = 200
LONGEST_LINE: Final = 300
LARGEST_FILE: Final = 4 << 20
MOST_BYTES: Final = 64 << 20
MOST_FILES: Final = 20_000
LEFT_OUT: Final = (".git",)
_LINES_A_TURN: Final = 5_000
_LOOKED_AT: Final = 8_192
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

SPECS: Final = {
    "search": ToolSpec(
        "search", f"Find lines in the text files of the working folder; at most {MOST_FOUND} are shown, as path:number: line.",
        shape(
            ("pattern",), pattern=text("The text to look for.", least=1, most=1_000),
            path=text("A file or a folder to look in, relative to the working folder, which is ."),
            glob=text("Only files whose name is like *.py; with a / in it, whose path is.", least=1, most=200),
            regex=flag("Whether the pattern is a regular expression, without look-around and back-references."),
            ignore_case=flag("Whether capitals do not matter."),
        ), "none",
    ),
}  # fmt: skip
"""The tool by its name, as models are told of it."""


class Search:
    """The tool over the folder of descriptor `folder`, where `names` has it."""

    def __init__(self, folder: int, names: Collection[str]) -> None:
        self._folder = folder
        self._specs = {name: spec for name, spec in SPECS.items() if name in names}

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return self._specs

    async def use(self, call: ToolCall) -> Said:
        given = call.arguments
        try:
            found = _Found(_test(given))
            await _look(self._folder, given.get("path", "."), given.get("glob"), found)
        except ValueError as error:
            return Said(f"{given['pattern']!r} cannot be looked for: {str(error).splitlines()[0]}.", is_error=True)
        except (NotContained, OSError) as error:
            return not_done(error)
        return Said(found.told())


def _test(given: Mapping[str, Any]) -> Callable[[str], bool]:
    """Whether a line is one of those that are looked for."""
    pattern, folded = given["pattern"], given.get("ignore_case", False)
    if given.get("regex", False):
        return matcher(f"(?i){pattern}" if folded else pattern)
    if folded:
        return lambda line: pattern.casefold() in line.casefold()
    return lambda line: pattern in line


@define
class _Found:
    """What was found, and what was left out. `full`: no more is looked for."""

    fits: Callable[[str], bool]
    lines: list[str] = field(factory=list)
    files: int = 0
    size: int = 0
    skipped: int = 0

    @property
    def full(self) -> str:
        """Why it ends here; empty where it does not."""
        if len(self.lines) >= MOST_FOUND:
            return f"{MOST_FOUND} lines are shown; there may be more"
        if self.files >= MOST_FILES or self.size >= MOST_BYTES:
            return f"stopped after {self.files} files of {self.size} bytes; name a path or a glob"
        return ""

    def told(self) -> str:
        """For the model."""
        notes = [f"[{self.skipped} files were left out: no text, or more than {LARGEST_FILE} bytes]"] if self.skipped else []
        notes += [f"[{self.full}]"] if self.full else []
        return "\n".join([*(self.lines or ["(nothing was found)"]), *notes])


async def _look(folder: int, path: str, glob: str | None, found: _Found) -> None:
    for file in _files(folder, path):
        if glob is None or fnmatchcase(file if "/" in glob else file.rpartition("/")[2], glob):
            await _look_in(folder, file, found)
        await trio.lowlevel.checkpoint()
        if found.full:
            return


def _files(folder: int, path: str) -> Iterator[str]:
    """The plain files at and below the path, relative to the folder, in the order of their names. What cannot be listed is passed over."""
    todo = [path]
    while todo:
        here = todo.pop()
        try:
            entries = _entries(folder, here)
        except (OSError, NotContained):
            if here == path:
                raise
            continue
        if entries is None:
            yield here
            continue
        below = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries if _wanted(entry)]
        todo += [name if here == "." else f"{here}/{name}" for name, _ in sorted(below, reverse=True)]


def _wanted(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) or (entry.is_dir(follow_symlinks=False) and entry.name not in LEFT_OUT)


def _entries(folder: int, path: str) -> list[os.DirEntry[str]] | None:
    """What is in a folder; None for a plain file. Raises OSError and NotContained."""
    fd = os.open(".", _FOLDER, dir_fd=folder) if path == "." else open_beneath(folder, path, _FILE)
    try:
        kind = os.fstat(fd).st_mode
        if S_ISDIR(kind):
            with os.scandir(fd) as entries:
                return list(entries)
        if S_ISREG(kind):
            return None
        raise OSError(errno.EINVAL, f"{path} is neither a folder nor a plain file")
    finally:
        os.close(fd)


async def _look_in(folder: int, path: str, found: _Found) -> None:
    found.files += 1
    data = _content(folder, path)
    if data is None:
        found.skipped += 1
        return
    found.size += len(data)
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if found.fits(line):
            found.lines.append(f"{shown_name(path)}:{number}: {line[:LONGEST_LINE].rstrip()}{'…' * (len(line) > LONGEST_LINE)}")
            if found.full:
                return
        if number % _LINES_A_TURN == 0:
            await trio.lowlevel.checkpoint()


def _content(folder: int, path: str) -> bytes | None:
    """What stands in the file; None where it is too large, no text, or not to be opened."""
    try:
        fd = open_beneath(folder, path, _FILE)
    except (OSError, NotContained):
        return None
    try:
        if not S_ISREG(os.fstat(fd).st_mode):
            return None
        with open(fd, "rb", closefd=False) as file:
            data = file.read(LARGEST_FILE + 1)
    finally:
        os.close(fd)
    return None if len(data) > LARGEST_FILE or b"\0" in data[:_LOOKED_AT] else data
