"""One process per folder: an flock on a file that is never unlinked. The process id inside is information, the lock is the proof.

The folder itself is locked too, so that somebody who removes the file lets no second process in.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from storage.errors import FolderRefused, StoreLocked

__all__ = ["FolderLock"]


class FolderLock:
    """Held from construction to `close()` or the death of the process, whatever its cause. Raises StoreLocked."""

    def __init__(self, folder: Path) -> None:
        path = folder / "penstock.lock"
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise FolderRefused(path, f"cannot be opened: {error.strerror}") from error
        self._folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(self._folder_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            self.close()
            raise StoreLocked(folder, f"process {holder}") from error

    def sign(self) -> None:
        """Say in the file who holds it."""
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # a full disk does not keep the lock from holding

    def close(self) -> None:
        """Let the next process in."""
        if self._fd >= 0:
            os.close(self._fd)
            os.close(self._folder_fd)
            self._fd = -1
