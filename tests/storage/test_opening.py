"""A start is all or nothing: it works, or it is refused with its exit code and no byte was changed."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

import pytest

from storage.errors import FolderRefused, SchemaTooNew, StorageFull, StoreFailed, StoreLocked, UnsafeSettings
from tests.storage.support import fill, fork, hashes, open_store, sql, three


def test_the_folder_and_its_files_belong_to_their_owner_alone(folder: Path) -> None:
    with open_store(folder):
        modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
    assert modes.pop("memory") == 0o700
    assert set(modes.values()) == {0o600}
    assert {"penstock.db", "penstock.db-wal", "penstock.db-shm", "penstock.anchor", "penstock.lock"} == set(modes)


def test_a_store_is_opened_again_with_all_it_held(folder: Path) -> None:
    fill(folder, three)
    with open_store(folder) as store:
        assert store.journal.head("run-1") == 3
        assert store.info()["position"] == 3
        assert store.damage == ()


def test_durable_settings_are_in_force(folder: Path) -> None:
    with open_store(folder) as store:
        database = store._opened.database
        assert [database.writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "auto_vacuum")] == [
            "wal",
            2,
            2,
        ]
        assert database.reader().execute("PRAGMA query_only").fetchone()[0] == 1
        with pytest.raises(sqlite3.OperationalError):
            database.reader().execute("DELETE FROM journal")


def test_a_setting_that_sqlite_does_not_take_is_refused(folder: Path) -> None:
    with open_store(folder) as store:
        database = store._opened.database
        database.writer.execute("PRAGMA synchronous = NORMAL")
        with pytest.raises(UnsafeSettings) as refused:
            database.assert_safe()
    assert refused.value.exit_code == 78


def test_a_second_process_is_refused_and_the_first_is_named(folder: Path) -> None:
    def second(pipe: int) -> None:
        try:
            open_store(folder)
        except StoreLocked as locked:
            os.write(pipe, f"{locked.exit_code} {locked}".encode())

    with open_store(folder):
        status, said = fork(second)
    assert status == 0
    assert said.startswith(b"75 ")
    assert str(os.getpid()).encode() in said


def test_the_lock_dies_with_its_process_and_its_file_stays(folder: Path) -> None:
    def die(pipe: int) -> None:
        open_store(folder)
        os.write(pipe, str((folder / "penstock.lock").stat().st_ino).encode())
        os.kill(os.getpid(), 9)

    _, inode = fork(die)
    with open_store(folder):
        assert (folder / "penstock.lock").stat().st_ino == int(inode)


def test_the_lock_is_one_that_any_program_can_ask_for(folder: Path) -> None:
    with open_store(folder), (folder / "penstock.lock").open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_removing_the_lock_file_lets_nobody_in(folder: Path) -> None:
    with open_store(folder):
        (folder / "penstock.lock").unlink()
        with pytest.raises(StoreLocked, match="unknown"):
            open_store(folder)


def test_a_stale_process_id_in_the_lock_file_means_nothing(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "penstock.lock").touch(0o600)
    (folder / "penstock.lock").write_text("1\n")
    with open_store(folder):
        assert (folder / "penstock.lock").read_text() == f"{os.getpid()}\n"


def test_a_newer_schema_is_refused_and_not_a_byte_is_written(folder: Path) -> None:
    fill(folder, three)
    sql(folder, "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('storage', 'm9999_later', 'now')")
    before = hashes(folder)
    with pytest.raises(SchemaTooNew, match="m9999_later") as refused:
        open_store(folder)
    assert refused.value.exit_code == 78
    after = hashes(folder)
    assert {name: after[name] for name in before} == before


def test_a_newer_schema_that_only_the_wal_knows_is_refused_unchanged(folder: Path) -> None:
    fill(folder, three)

    def later(_: int) -> None:
        connection = sqlite3.connect(folder / "penstock.db", isolation_level=None)
        connection.execute("INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('storage', 'm9999_later', 'now')")
        os.kill(os.getpid(), 9)

    fork(later)
    before = {name: hash_ for name, hash_ in hashes(folder).items() if not name.endswith("-shm")}
    assert "penstock.db-wal" in before
    with pytest.raises(SchemaTooNew):
        open_store(folder)
    assert {name: hash_ for name, hash_ in hashes(folder).items() if not name.endswith("-shm")} == before


def test_a_closed_store_says_so(folder: Path) -> None:
    store = open_store(folder)
    store.close()
    store.close()
    assert store.writable is False
    with pytest.raises(StoreFailed, match="closed"):
        store.journal.head("run-1")
    with pytest.raises(StoreFailed, match="closed"):
        _ = store._opened.database.writer


def test_a_lock_file_that_cannot_be_opened_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(folder).close()
    (folder / "penstock.lock").unlink()
    monkeypatch.setattr(os, "open", _denied)
    with pytest.raises(FolderRefused, match="cannot be opened"):
        open_store(folder)


def _denied(*_: object) -> int:
    raise PermissionError(13, "Permission denied")


def test_a_full_disk_does_not_keep_the_lock_from_holding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "ftruncate", _denied)
    with open_store(folder), pytest.raises(StoreLocked):
        open_store(folder)


def test_a_disk_that_takes_no_anchor_refuses_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.anchor.sync_folder", full)
    with pytest.raises(StorageFull):
        open_store(folder)
    monkeypatch.undo()
    open_store(folder).close()


def test_a_database_without_write_permission_is_refused(folder: Path) -> None:
    """Root may write anything, so it is the header that forbids it here: its write version is one that nobody knows."""
    fill(folder, three)
    with (folder / "penstock.db").open("r+b") as file:
        file.seek(18)
        file.write(b"\x03")
    with pytest.raises(FolderRefused, match="header"):
        open_store(folder)
