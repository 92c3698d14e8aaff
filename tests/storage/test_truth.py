"""What is found at the start must be what was acknowledged: anything else is refused, and only a person may accept a loss."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.errors import (
    LogTruncated,
    OpenRefused,
    StoreDamaged,
)
from storage.store import Store
from tests.storage.support import acquire, append, fill, hashes, open_store, serving, sql, three, tx


def _foreign(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    sql(folder, "CREATE TABLE mine(x)")
    (folder / "penstock.db").chmod(0o600)


def _garbage(folder: Path) -> None:
    (folder / "penstock.db").write_bytes(b"no database at all" * 500)


def _both_slots(folder: Path) -> None:
    (folder / "penstock.anchor").write_bytes(b"\xff" * 1024)


def _other_store(folder: Path) -> None:
    other = folder.with_name("other")
    fill(other, three)
    shutil.copyfile(other / "penstock.db", folder / "penstock.db")


def _rewritten_head(folder: Path) -> None:
    sql(folder, "UPDATE journal SET sum = zeroblob(8) WHERE position = 3")


def _lost_record_of_migrations(folder: Path) -> None:
    sql(folder, "UPDATE _sqlite_migrations SET migration_set = 'storagf'")


def _zeroed_schema(folder: Path) -> None:
    with (folder / "penstock.db").open("r+b") as file:
        file.seek(100)
        file.write(bytes(3_000))


@pytest.mark.parametrize(
    "spoil", [_foreign, _garbage, _both_slots, _other_store, _rewritten_head, _lost_record_of_migrations, _zeroed_schema]
)
def test_a_database_that_is_not_ours_or_not_as_we_left_it_is_refused_unchanged(folder: Path, spoil: Callable[[Path], None]) -> None:
    fill(folder, three)
    spoil(folder)
    before = hashes(folder)
    with pytest.raises(StoreDamaged) as refused:
        open_store(folder)
    assert refused.value.exit_code == 65
    assert hashes(folder).items() >= before.items()


def _no_database(folder: Path) -> None:
    (folder / "penstock.db").unlink()


def _empty_database(folder: Path) -> None:
    (folder / "penstock.db").write_bytes(b"")


def _cut_events(folder: Path) -> None:
    sql(folder, "DELETE FROM journal WHERE position > 1")


def _cut_receipts(folder: Path) -> None:
    sql(folder, "DELETE FROM receipts WHERE id > 1")


@pytest.mark.parametrize(
    ("spoil", "first", "last"), [(_no_database, 1, 3), (_empty_database, 1, 3), (_cut_events, 2, 3), (_cut_receipts, 3, 3)]
)
def test_a_log_that_ends_before_its_anchor_is_refused_with_what_is_lost(
    folder: Path, spoil: Callable[[Path], None], first: int, last: int
) -> None:
    fill(folder, three)
    spoil(folder)
    with pytest.raises(LogTruncated) as refused:
        open_store(folder)
    assert refused.value.args[:2] == (first, last)
    assert refused.value.exit_code == 65


@pytest.mark.parametrize("spoil", [_no_database, _cut_events, _both_slots])
def test_a_person_may_accept_the_loss_and_it_is_recorded(folder: Path, spoil: Callable[[Path], None]) -> None:
    fill(folder, three)
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
        await store.commit(tx(append("run-1", 3, "claimed", claim=acquire(1))))
        await store.backup(tmp_path / "old.db")
        await store.commit(tx(append("run-1", 4, "taken_over", claim=acquire(2))))

    fill(folder, three)
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
    fill(folder, three)
    (folder / "penstock.anchor").unlink()
    open_store(folder).close()
    assert (folder / "penstock.anchor").stat().st_size > 0


def test_a_refusal_lets_go_of_the_lock(folder: Path) -> None:
    fill(folder, three)
    _cut_events(folder)
    for _ in range(2):
        with pytest.raises(OpenRefused, match="position"):
            open_store(folder)
