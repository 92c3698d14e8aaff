"""A start is all or nothing: it works, or it is refused with its exit code and no byte was changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from storage import folder as folder_module
from storage.errors import (
    FolderRefused,
    LogTruncated,
    NetworkFilesystem,
    OpenRefused,
    SchemaTooNew,
    StoreDamaged,
    StoreLocked,
    UnsafeSettings,
)
from storage.folder import filesystem_of
from storage.store import Store
from tests.storage.support import append, audit, fill, fork, open_store, receipt, serving, tx


async def _three(store: Store) -> None:
    for n in range(3):
        await store.commit(tx(append("run-1", n, "x"), receipt=receipt(f"r{n}"), audit=(audit(),)))


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.suffix != ".lock"}


def _sql(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "penstock.db", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_folder_and_its_files_belong_to_their_owner_alone(folder: Path) -> None:
    with open_store(folder):
        modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
    assert modes.pop("memory") == 0o700
    assert set(modes.values()) == {0o600}
    assert {"penstock.db", "penstock.db-wal", "penstock.db-shm", "penstock.anchor", "penstock.lock"} == set(modes)


def test_a_store_is_opened_again_with_all_it_held(folder: Path) -> None:
    fill(folder, _three)
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
    fill(folder, _three)
    _sql(folder, "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('storage', 'm9999_later', 'now')")
    before = _hashes(folder)
    with pytest.raises(SchemaTooNew, match="m9999_later") as refused:
        open_store(folder)
    assert refused.value.exit_code == 78
    after = _hashes(folder)
    assert {name: after[name] for name in before} == before


def test_a_newer_schema_that_only_the_wal_knows_is_refused_unchanged(folder: Path) -> None:
    fill(folder, _three)

    def later(_: int) -> None:
        connection = sqlite3.connect(folder / "penstock.db", isolation_level=None)
        connection.execute("INSERT INTO _sqlite_migrations(migration_set, name, applied_at) VALUES ('storage', 'm9999_later', 'now')")
        os.kill(os.getpid(), 9)

    fork(later)
    before = {name: hash_ for name, hash_ in _hashes(folder).items() if not name.endswith("-shm")}
    assert "penstock.db-wal" in before
    with pytest.raises(SchemaTooNew):
        open_store(folder)
    assert {name: hash_ for name, hash_ in _hashes(folder).items() if not name.endswith("-shm")} == before


def _group_readable(folder: Path) -> None:
    folder.chmod(0o750)


def _open_database(folder: Path) -> None:
    (folder / "penstock.db").chmod(0o644)


def _open_anchor(folder: Path) -> None:
    (folder / "penstock.anchor").chmod(0o604)


def _linked_folder(folder: Path) -> None:
    folder.rename(folder.with_name("real"))
    folder.symlink_to(folder.with_name("real"))


def _linked_database(folder: Path) -> None:
    (folder / "penstock.db").rename(folder / "real.db")
    (folder / "penstock.db").symlink_to(folder / "real.db")


def _second_name(folder: Path) -> None:
    os.link(folder / "penstock.db", folder / "copy.db")


def _folder_is_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.touch()


def _pipe_for_a_lock(folder: Path) -> None:
    (folder / "penstock.lock").unlink()
    os.mkfifo(folder / "penstock.lock", 0o600)


@pytest.mark.parametrize(
    "spoil",
    [
        _group_readable, _open_database, _open_anchor, _linked_folder, _linked_database, _second_name, _folder_is_a_file, _pipe_for_a_lock,
    ],
)  # fmt: skip
def test_what_others_could_read_or_swap_is_refused(folder: Path, spoil: Callable[[Path], None]) -> None:
    fill(folder, _three)
    spoil(folder)
    with pytest.raises(FolderRefused) as refused:
        open_store(folder)
    assert refused.value.exit_code == 77


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(folder: Path) -> None:
    fill(folder, _three)
    os.chown(folder, 12345, 12345)
    with pytest.raises(FolderRefused, match="uid 12345"):
        open_store(folder)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderRefused):
        open_store(tmp_path / "file" / "memory")


MOUNTS = """\
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
35 21 0:31 / /home/me rw - nfs4 server:/export rw
36 35 0:32 / /home/me/with\\040blank rw - btrfs /dev/vdb rw
40 21 0:40 / /run rw master:2 - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "device", "kind"),
    [
        ("/var/lib", os.makedev(254, 0), "ext4"),
        ("/home/me/data", os.makedev(0, 31), "nfs4"),
        ("/home/me/data", os.makedev(0, 99), "nfs4"),
        ("/home/me/with blank/data", os.makedev(0, 99), "btrfs"),
        ("/home/mercy", os.makedev(0, 99), "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_found(path: str, device: int, kind: str) -> None:
    assert filesystem_of(path, device, MOUNTS) == kind


def test_a_network_file_system_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"21 1 {os.major(device)}:{os.minor(device)} / / rw - nfs4 server:/x rw\n")
    monkeypatch.setattr(folder_module, "_MOUNTS", mounts)
    with pytest.raises(NetworkFilesystem) as refused:
        open_store(folder)
    assert refused.value.exit_code == 77
    assert list(folder.iterdir()) == []


def test_where_the_kernel_tells_no_mounts_the_folder_is_taken_as_local(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "_MOUNTS", tmp_path / "absent")
    open_store(folder).close()


def _foreign(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    _sql(folder, "CREATE TABLE mine(x)")
    (folder / "penstock.db").chmod(0o600)


def _garbage(folder: Path) -> None:
    (folder / "penstock.db").write_bytes(b"no database at all" * 500)


def _both_slots(folder: Path) -> None:
    (folder / "penstock.anchor").write_bytes(b"\xff" * 1024)


def _other_store(folder: Path) -> None:
    other = folder.with_name("other")
    fill(other, _three)
    shutil.copyfile(other / "penstock.db", folder / "penstock.db")


def _rewritten_head(folder: Path) -> None:
    _sql(folder, "UPDATE journal SET sum = zeroblob(8) WHERE position = 3")


def _lost_record_of_migrations(folder: Path) -> None:
    _sql(folder, "UPDATE _sqlite_migrations SET migration_set = 'storagf'")


def _zeroed_schema(folder: Path) -> None:
    with (folder / "penstock.db").open("r+b") as file:
        file.seek(100)
        file.write(bytes(3_000))


@pytest.mark.parametrize(
    "spoil", [_foreign, _garbage, _both_slots, _other_store, _rewritten_head, _lost_record_of_migrations, _zeroed_schema]
)
def test_a_database_that_is_not_ours_or_not_as_we_left_it_is_refused_unchanged(folder: Path, spoil: Callable[[Path], None]) -> None:
    fill(folder, _three)
    spoil(folder)
    before = _hashes(folder)
    with pytest.raises(StoreDamaged) as refused:
        open_store(folder)
    assert refused.value.exit_code == 65
    assert _hashes(folder).items() >= before.items()


def _no_database(folder: Path) -> None:
    (folder / "penstock.db").unlink()


def _empty_database(folder: Path) -> None:
    (folder / "penstock.db").write_bytes(b"")


def _cut_events(folder: Path) -> None:
    _sql(folder, "DELETE FROM journal WHERE position > 1")


def _cut_receipts(folder: Path) -> None:
    _sql(folder, "DELETE FROM receipts WHERE id > 1")


@pytest.mark.parametrize(
    ("spoil", "first", "last"), [(_no_database, 1, 3), (_empty_database, 1, 3), (_cut_events, 2, 3), (_cut_receipts, 3, 3)]
)
def test_a_log_that_ends_before_its_anchor_is_refused_with_what_is_lost(
    folder: Path, spoil: Callable[[Path], None], first: int, last: int
) -> None:
    fill(folder, _three)
    spoil(folder)
    with pytest.raises(LogTruncated) as refused:
        open_store(folder)
    assert refused.value.args[:2] == (first, last)
    assert refused.value.exit_code == 65


@pytest.mark.parametrize("spoil", [_no_database, _cut_events, _both_slots])
def test_a_person_may_accept_the_loss_and_it_is_recorded(folder: Path, spoil: Callable[[Path], None]) -> None:
    fill(folder, _three)
    spoil(folder)
    with open_store(folder, accept_rollback=True) as store:
        assert [one.kind for one in store.journal.read("system")] == ["log_rolled_back"]
        assert store.audit.list()[-1].entry.action == "store.accept_rollback"
        assert store.info()["generation"] == 2
        assert store.journal.position() == 4
        serving(store, _one_more)
    open_store(folder).close()


async def _one_more(store: Store) -> None:
    await store.commit(tx(append("run-2", 0, "created")))
    assert (await store.verify()).ok


def test_an_older_backup_under_a_newer_anchor_is_refused_until_accepted(folder: Path, tmp_path: Path) -> None:
    async def claimed(store: Store) -> None:
        from tests.storage.support import acquire

        await store.commit(tx(append("run-1", 3, "claimed", claim=acquire(1))))
        await store.backup(tmp_path / "old.db")
        await store.commit(tx(append("run-1", 4, "taken_over", claim=acquire(2))))

    fill(folder, _three)
    fill(folder, claimed)
    shutil.copyfile(tmp_path / "old.db", folder / "penstock.db")
    with pytest.raises(LogTruncated) as refused:
        open_store(folder)
    assert refused.value.args[:2] == (5, 5)
    with open_store(folder, accept_rollback=True) as store:
        # What had the epochs 1 and 2 before must never be valid again.
        claim = store.claims.get("run-1")
        assert claim is not None
        assert claim.claimant is None
        assert claim.epoch > 1_000_000
        assert store.journal.position() == 6


def test_a_missing_anchor_is_written_anew(folder: Path) -> None:
    fill(folder, _three)
    (folder / "penstock.anchor").unlink()
    open_store(folder).close()
    assert (folder / "penstock.anchor").stat().st_size > 0


def test_a_refusal_lets_go_of_the_lock(folder: Path) -> None:
    fill(folder, _three)
    _cut_events(folder)
    for _ in range(2):
        with pytest.raises(OpenRefused, match="position"):
            open_store(folder)


def test_closing_twice_is_harmless(folder: Path) -> None:
    store = open_store(folder)
    store.close()
    store.close()
    assert store.writable is False
