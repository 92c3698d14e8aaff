"""A backup taken while work goes on is one moment of the log, complete and checked, and opens as a memory."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
import trio

from storage import backup as backup_module
from storage.errors import StoreDamaged
from storage.store import Store
from storage.verify import Damage
from tests.storage.support import append, audit, headline, open_store, receipt, tx


def _restore(backup: Path, folder: Path) -> Store:
    folder.mkdir(mode=0o700)
    shutil.copyfile(backup, folder / "penstock.db")
    (folder / "penstock.db").chmod(0o600)
    if (blobs := backup.with_name(f"{backup.name}.blobs")).exists():
        shutil.copytree(blobs, folder / "blobs")
    return open_store(folder)


async def test_a_backup_restores_to_the_same_content(store: Store, tmp_path: Path) -> None:
    digest = await store.put_blob(b"content")
    await store.commit(tx(append("run-1", 0, "a", "b", headline=headline("run-1")), receipt=receipt(), audit=(audit(),)))
    made = await store.backup(tmp_path / "backup.db")
    assert (made.position, made.blobs) == (2, 1)
    assert made.size == made.path.stat().st_size
    assert made.path.stat().st_mode & 0o777 == 0o600
    with _restore(made.path, tmp_path / "restored") as restored:
        assert restored.journal.read("run-1") == store.journal.read("run-1")
        assert restored.catalog.list() == store.catalog.list()
        assert restored.receipts.get("request-1") == store.receipts.get("request-1")
        assert restored.audit.list() == store.audit.list()
        assert restored.blobs.get(digest) == b"content"
        assert (await restored.verify()).ok


async def test_backups_during_load_are_each_a_moment_of_the_log(store: Store, tmp_path: Path) -> None:
    """Every commit appends to two streams at once: a backup that saw half of one would hold unequal heads."""
    done = False

    async def load() -> None:
        n = 0
        while not done:
            await store.commit(tx(append("a", n, "x"), append("b", n, "y"), receipt=receipt(f"r{n}")))
            n += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(load)
        for n in range(12):
            await store.backup(tmp_path / f"backup-{n}.db")
            await trio.lowlevel.checkpoint()
        done = True
    heads = []
    for n in range(12):
        with _restore(tmp_path / f"backup-{n}.db", tmp_path / f"restored-{n}") as restored:
            assert restored.journal.head("a") == restored.journal.head("b")
            assert (await restored.verify()).ok
            heads.append(restored.journal.head("a"))
    assert heads == sorted(heads)
    assert heads[-1] > 0


async def test_an_existing_file_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(FileExistsError):
        await store.backup(tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "precious"


async def test_a_copy_that_does_not_pass_its_check_is_not_kept(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.commit(tx(append("run-1", 0, "a")))
    monkeypatch.setattr(backup_module, "verify_tail", lambda *_: [Damage("run-1", 1, "rotten")])
    with pytest.raises(StoreDamaged, match="rotten"):
        await store.backup(tmp_path / "backup.db")
    assert not [name for name in os.listdir(tmp_path) if name.startswith("backup")]  # noqa: PTH208  no I/O worth a thread


async def test_a_copy_that_sqlite_cannot_read_is_not_kept(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> list[Damage]:
        raise sqlite3.DatabaseError("malformed")

    monkeypatch.setattr(backup_module, "verify_tail", unreadable)
    with pytest.raises(StoreDamaged, match="malformed"):
        await store.backup(tmp_path / "backup.db")


async def test_a_backup_into_nowhere_fails_and_the_store_goes_on(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await store.backup(tmp_path / "absent" / "backup.db")
    await store.commit(tx(append("run-1", 0, "a")))
