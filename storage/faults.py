"""What an error of SQLite means for those who wait. Foreign errors are translated here, once."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from storage.database import code_of
from storage.errors import StorageBusy, StorageError, StorageFull, StorageReadOnly, StoreFailed
from storage.patience import is_busy

__all__ = ["Spoiled", "is_data_fault", "leaves_doubt", "of_os_error", "translate", "write_trial"]

_FULL = {sqlite3.SQLITE_FULL}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_DATA = (
    sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError, ValueError, TypeError, OverflowError,
    AttributeError,
)  # fmt: skip
_TRIAL_SIZE = 65_536


class Spoiled(Exception):
    """Values of one transaction cannot be written; which one shows when each is tried alone."""


def is_data_fault(error: BaseException) -> bool:
    """Whether the values of one transaction are to blame, not the disk."""
    return isinstance(error, _DATA)


def leaves_doubt(error: BaseException) -> bool:
    """Whether a COMMIT that failed so may be found as done after the next start."""
    return code_of(error) & 0xFF == sqlite3.SQLITE_IOERR


def translate(error: BaseException, folder: Path, waited_ms: int) -> StorageError:
    """The error for the waiters of a transaction that was rolled back for certain."""
    if isinstance(error, StorageError):
        return error
    if is_busy(error):
        return StorageBusy(waited_ms)
    if isinstance(error, sqlite3.Error):
        code = code_of(error)
        if code & 0xFF in _FULL:
            return StorageFull(f"no room left in {folder}")
        if code & 0xFF in _READ_ONLY and code != sqlite3.SQLITE_READONLY_DBMOVED:
            return StorageReadOnly(f"{folder} cannot be written")
        if code & 0xFF == sqlite3.SQLITE_IOERR and code != sqlite3.SQLITE_IOERR_FSYNC:
            return write_trial(folder, 0) or StoreFailed(f"writing failed ({error})", False)
        return StoreFailed(f"SQLite failed with code {code}: {error}", False)
    return StoreFailed(f"{type(error).__name__}: {error}", False)


def write_trial(folder: Path, offset: int) -> StorageError | None:
    """Why nothing can be written at `offset` of a file in the folder right now, or None.

    Tells apart what SQLite calls by one name.
    """
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return StorageReadOnly(f"{folder} lies on a file system that is mounted read-only")
    path = folder / "penstock.trial"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.pwrite(fd, bytes(_TRIAL_SIZE), offset) < _TRIAL_SIZE:
                return StorageFull(f"no room left in {folder}")
            os.fsync(fd)
        finally:
            os.close(fd)
            path.unlink(missing_ok=True)
    except OSError as error:
        return of_os_error(error, folder)
    return None


def of_os_error(error: OSError, folder: Path) -> StorageError:
    """What a failed write of our own means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageFull(f"no room left in {folder}: {error.strerror}")
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return StorageReadOnly(f"{folder} cannot be written: {error.strerror}")
    return StoreFailed(f"{folder} cannot be written: {error.strerror}", False)
