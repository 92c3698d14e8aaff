"""The status file `<workspace>/.penstock/runs/<run>/status.json`: written beside the runs' own work, best effort, never through a link."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
import trio
from attrs import Factory, define, frozen

from actors.node.contained import NotContained, open_beneath, open_folder
from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FOLDER", "Status", "StatusWriter", "Statuses", "Update", "said", "write_status"]

FOLDER = ".penstock"
IGNORE = b"# Penstock's own: the status of runs that work here.\n*\n"
LARGEST = 4 << 20
_BELOW = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@frozen
class Status:
    """A file ready to be written: the workspace (absolute), the run, the whole content."""

    workspace: str
    run_id: str
    data: bytes


@frozen
class Update:
    """There are status files to write."""


@define(eq=False)
class Statuses:
    """Files that wait to be written: of each run the newest."""

    _waiting: dict[str, Status] = Factory(dict)

    def add(self, status: Status) -> None:
        """Have it written soon."""
        self._waiting[status.run_id] = status

    def drop(self, run_id: str) -> None:
        """The run is being removed."""
        self._waiting.pop(run_id, None)

    def take(self) -> list[Status]:
        """All that wait; they are the caller's now."""
        found = list(self._waiting.values())
        self._waiting.clear()
        return found

    def __len__(self) -> int:
        return len(self._waiting)


class StatusWriter(Actor[Update]):
    """What it cannot write stays as it is: the run's own record is its log."""

    mailbox = Mailbox(capacity=1, overflow="drop_new")

    def __init__(self, statuses: Statuses, *, inline: bool) -> None:
        self._statuses = statuses
        self._inline = inline
        self._written = self._failed = 0

    async def receive(self, message: Update) -> None:
        """Write all that wait."""
        while statuses := self._statuses.take():
            failed = _write_all(statuses) if self._inline else await trio.to_thread.run_sync(_write_all, statuses)
            self._written += len(statuses) - failed
            self._failed += failed

    async def stopped(self) -> None:
        """What is still here is written before the end."""
        _write_all(self._statuses.take())

    def status(self) -> str:
        """Counts, for the tree."""
        return f"{self._written} status files written, {self._failed} failed, {len(self._statuses)} waiting"


def _write_all(statuses: list[Status]) -> int:
    failed = 0
    for status in statuses:
        try:
            write_status(status)
        except (OSError, NotContained):
            failed += 1
    return failed


def write_status(status: Status) -> None:
    """Replace the file as a whole. Raises OSError, also where a link stands in the way."""
    root = open_folder(status.workspace)
    try:
        at = root
        for name, made in _folders(status.run_id):
            below = _enter(at, name)
            if at != root:
                os.close(at)
            at = below
            if made is not None:
                _found(at, ".gitignore", made)
        try:
            _replace(at, status.data)
        finally:
            os.close(at)
    finally:
        os.close(root)


def _folders(run_id: str) -> Iterator[tuple[str, bytes | None]]:
    """The folders from the workspace down, the first with what keeps all of it out of git."""
    yield FOLDER, IGNORE
    yield "runs", None
    yield run_id, None


def _enter(at: int, name: str) -> int:
    with suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=at)
    return os.open(name, _BELOW, dir_fd=at)


def _found(folder: int, name: str, data: bytes) -> None:
    """Make the file where there is none."""
    with suppress(FileExistsError):
        fd = os.open(name, _NEW, 0o644, dir_fd=folder)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)


def _replace(folder: int, data: bytes) -> None:
    with suppress(FileNotFoundError):
        os.unlink("status.json.part", dir_fd=folder)
    fd = os.open("status.json.part", _NEW, 0o644, dir_fd=folder)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
    finally:
        os.close(fd)
    os.rename("status.json.part", "status.json", src_dir_fd=folder, dst_dir_fd=folder)


def said(workspace: str, run_id: str) -> int | None:
    """The time (`updated_at_ms`) that the file of a run names; None where there is no such file, or none of ours."""
    try:
        root = open_folder(workspace)
        try:
            fd = open_beneath(root, f"{FOLDER}/runs/{run_id}/status.json", os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(fd, "rb") as file:
                found = orjson.loads(file.read(LARGEST))
        finally:
            os.close(root)
        return int(found["updated_at_ms"])
    except (OSError, NotContained, ValueError, KeyError, TypeError):
        return None
