"""Errors say what happened in words and by a stable code, and what SQLite and the kernel report is translated once."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from pathlib import Path

import pytest

from storage import errors
from storage.errors import OpenRefused, StorageBusy, StorageError, StorageFull, StorageReadOnly, StoreFailed, Unavailable
from storage.faults import is_data_fault, leaves_doubt, of_os_error, translate, write_trial

CASES: list[tuple[type[StorageError], tuple[object, ...], str]] = [
    (errors.StoreLocked, ("/data", "process 7"), "process 7"),
    (errors.StoreDamaged, ("/data", "rotten"), "rotten"),
    (errors.LogTruncated, (3, 9, "cut"), "3 to 9"),
    (errors.FolderRefused, ("/data", "is open to others"), "/data is open to others"),
    (errors.NetworkFilesystem, ("/data", "nfs4"), "nfs4"),
    (errors.SchemaTooNew, ("/data", ("m9",)), "m9"),
    (errors.UnsafeSettings, ("synchronous", 2, 1), "synchronous = 1"),
    (errors.VersionConflict, ("run", 1, 2), "ends at seq 2"),
    (errors.ClaimLost, ("run", 1, 2), "has epoch 2"),
    (errors.ReceiptExists, ("r1", b"reply"), "r1"),
    (errors.RequestConflict, ("r1",), "another body"),
    (errors.BadTransaction, ("two appends",), "two appends"),
    (errors.StorageFull, ("no room",), "no room"),
    (errors.StorageReadOnly, ("cannot be written",), "cannot be written"),
    (errors.StorageBusy, (5_000,), "5000 ms"),
    (errors.StorageFaltered, ("disk I/O error",), "works again"),
    (errors.StoreFailed, ("gone", None), "gone"),
    (errors.StreamDamaged, ("run", 3, "rotten"), "seq 3"),
    (errors.BlobMissing, ("abc",), "abc"),
    (errors.BlobDamaged, ("abc", "def"), "def"),
]


@pytest.mark.parametrize(("kind", "arguments", "text"), CASES)
def test_each_error_tells_its_values_and_can_be_raised_again_by_another_waiter(
    kind: type[StorageError], arguments: tuple[object, ...], text: str
) -> None:
    error = kind(*arguments)
    again = error.again()
    assert text in str(error)
    assert (type(again), again.args, again is error) == (kind, arguments, False)
    assert re.fullmatch("[a-z]+(_[a-z]+)*", kind.code)


def test_every_error_is_listed_and_every_code_is_its_own() -> None:
    listed = {getattr(errors, name) for name in errors.__all__}
    leaves = {kind for kind, _, _ in CASES}
    assert leaves == {kind for kind in listed if not kind.__subclasses__()}
    assert len({kind.code for kind in leaves}) == len(leaves)


def test_exit_codes_are_those_of_sysexits() -> None:
    codes = {kind.__name__: kind.exit_code for kind, _, _ in CASES if issubclass(kind, OpenRefused)}
    assert codes == {
        "StoreLocked": 75, "StoreDamaged": 65, "LogTruncated": 65, "FolderRefused": 77, "NetworkFilesystem": 77, "SchemaTooNew": 78,
        "UnsafeSettings": 78,
    }  # fmt: skip


def _sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_READONLY, StorageReadOnly),
        (sqlite3.SQLITE_READONLY_DBMOVED, StoreFailed),
        (sqlite3.SQLITE_BUSY, StorageBusy),
        (sqlite3.SQLITE_LOCKED, StorageBusy),
        (sqlite3.SQLITE_IOERR_WRITE, StoreFailed),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreFailed),
        (sqlite3.SQLITE_CORRUPT, StoreFailed),
        (sqlite3.SQLITE_NOTADB, StoreFailed),
        (sqlite3.SQLITE_CANTOPEN, StoreFailed),
    ],
)
def test_what_sqlite_reports_is_translated(tmp_path: Path, code: int, kind: type[StorageError]) -> None:
    translated = translate(_sqlite(code), tmp_path, 5)
    assert type(translated) is kind
    if isinstance(translated, StoreFailed):
        assert translated.applied is False


def test_what_is_translated_already_stays_and_what_is_foreign_stops_the_store(tmp_path: Path) -> None:
    mine = StorageFull("no room")
    assert translate(mine, tmp_path, 5) is mine
    assert isinstance(translate(MemoryError("none left"), tmp_path, 5), StoreFailed)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EFBIG, StorageFull), (errno.EROFS, StorageReadOnly),
        (errno.EACCES, StorageReadOnly), (errno.EIO, StoreFailed),
    ],
)  # fmt: skip
def test_what_the_kernel_reports_is_translated(tmp_path: Path, code: int, kind: type[StorageError]) -> None:
    assert type(of_os_error(OSError(code, os.strerror(code)), tmp_path)) is kind


def test_only_an_io_error_leaves_doubt_about_a_commit() -> None:
    assert leaves_doubt(_sqlite(sqlite3.SQLITE_IOERR_SHMMAP))
    assert not leaves_doubt(_sqlite(sqlite3.SQLITE_FULL))
    assert not leaves_doubt(ValueError())


def test_values_are_told_apart_from_the_disk() -> None:
    assert is_data_fault(sqlite3.IntegrityError())
    assert is_data_fault(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"))
    assert not is_data_fault(_sqlite(sqlite3.SQLITE_FULL))


def test_a_trial_on_a_sound_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    assert write_trial(tmp_path, 100_000) is None
    assert list(tmp_path.iterdir()) == []


def test_a_short_write_counts_as_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda *_: 5)
    assert isinstance(write_trial(tmp_path, 0), StorageFull)


def test_a_read_only_mount_is_seen_without_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mounted:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: Mounted())
    assert isinstance(write_trial(tmp_path, 0), StorageReadOnly)
    assert issubclass(StorageReadOnly, Unavailable)
