"""Bits rot and files are cut: found at the start or by `verify`, or harmless to what is read back. Never handed out as truth."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest
import trio

from storage.errors import LogTruncated, OpenRefused, StorageError, StreamDamaged
from storage.store import Store
from tests.storage.support import acquire, append, audit, dump, fill, fork, headline, open_store, receipt, serving, sql, tx

FRAME = 4_096 + 24
COMMITS = 9


async def _rich(store: Store) -> None:
    for n in range(COMMITS):
        name = f"run-{n % 3}"
        line = headline(name, f"status-{n}", group="wf", due_ms=n, title=f"title {n}", facts={"n": n}, keys=(f"key-{n}",))
        head = store.journal.head(name)
        claim = acquire(1) if head == 0 else None
        one = append(name, head, f"kind-{n}", f"more-{n}", headline=line, claim=claim, epoch=1)
        await store.commit(tx(one, receipt=receipt(f"r{n}", reply=b"reply %d" % n), audit=(audit(f"act-{n}"),)))


def _killed(folder: Path) -> None:
    """A memory whose newest commits are in the WAL alone, as after a crash."""

    def work(_: int) -> None:
        serving(open_store(folder), _rich)
        os.kill(os.getpid(), 9)

    fork(work)


def _commit_frames(wal: bytes) -> list[int]:
    """The offsets behind each commit frame of the newest generation of the WAL."""
    salt, found = wal[16:24], []
    for at in range(32, len(wal) - FRAME + 1, FRAME):
        if wal[at + 8 : at + 16] != salt:
            break
        if struct.unpack_from(">I", wal, at + 4)[0]:
            found.append(at + FRAME)
    return found


def test_a_wal_cut_at_any_frame_is_noticed_and_the_lost_range_is_named(folder: Path) -> None:
    _killed(folder)
    wal = (folder / "penstock.db-wal").read_bytes()
    ends = _commit_frames(wal)
    assert len(ends) >= COMMITS
    newest = 2 * COMMITS
    refused = 0
    for cut in range(32, ends[-1] + 1, FRAME):
        copy = folder.with_name("cut")
        shutil.copytree(folder, copy)
        (copy / "penstock.db-shm").unlink()
        os.truncate(copy / "penstock.db-wal", cut)
        whole = sum(end <= cut for end in ends)
        left = newest - 2 * (len(ends) - whole) if len(ends) - whole <= COMMITS else 0
        if cut == ends[-1]:
            open_store(copy).close()
        else:
            with pytest.raises(LogTruncated) as lost:
                open_store(copy)
            assert lost.value.args[:2] == (left + 1, newest)
            refused += 1
        shutil.rmtree(copy)
    assert refused > COMMITS


def test_a_flipped_bit_in_the_wal_is_noticed(fast_folder: Path) -> None:
    folder = fast_folder / "memory"
    _killed(folder)
    wal = (folder / "penstock.db-wal").read_bytes()
    end = _commit_frames(wal)[-1]
    rng = random.Random(7)
    with open_store(shutil.copytree(folder, folder.with_name("whole"))) as store:
        truth = dump(store)
    for at in rng.sample(range(end), 60):
        copy = folder.with_name("flipped")
        shutil.copytree(folder, copy)
        (copy / "penstock.db-shm").unlink()
        (copy / "penstock.db-wal").write_bytes(_flipped(wal, at, rng))
        assert _read(copy, truth) in {"refused", "same"}
        shutil.rmtree(copy)


def _flipped(data: bytes, at: int, rng: random.Random) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _read(folder: Path, truth: dict[str, Any]) -> str:
    """What happens to somebody who opens the memory and reads everything: refused, found by verify, the same, or WRONG."""
    try:
        with open_store(folder) as store:
            try:
                report = trio.run(store.verify)
                found = dump(store)
            except (StorageError, sqlite3.Error, UnicodeDecodeError, ValueError):
                return "found"
            if store.damage or not report.ok:
                return "found"
            return "same" if found == truth else "WRONG"
    except OpenRefused:
        return "refused"


@pytest.mark.slow
def test_a_flipped_bit_anywhere_in_the_database_is_found_or_harmless(fast_folder: Path) -> None:
    folder = fast_folder / "memory"
    fill(folder, _rich)
    database = (folder / "penstock.db").read_bytes()
    with open_store(shutil.copytree(folder, folder.with_name("whole"))) as store:
        truth = dump(store)
    rng = random.Random(11)
    used = [at for at in range(len(database)) if database[at]]
    places = rng.sample(used, 500) + rng.sample(range(len(database)), 100) + list(range(100))
    outcomes = []
    for at in places:
        (folder / "penstock.db").write_bytes(_flipped(database, at, rng))
        outcomes.append(_read(folder, truth))
        for name in ("penstock.db-wal", "penstock.db-shm"):
            (folder / name).unlink(missing_ok=True)
        _restore_anchor(folder)
    assert "WRONG" not in outcomes
    assert {"refused", "found", "same"} == set(outcomes)


def _restore_anchor(folder: Path) -> None:
    shutil.copyfile(folder.with_name("whole") / "penstock.anchor", folder / "penstock.anchor")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET data = '[]' WHERE seq = 3 AND stream = 1",
        "UPDATE journal SET kind = 'else' WHERE seq = 3 AND stream = 1",
        "UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 3 AND stream = 1",
        "DELETE FROM journal WHERE seq = 3 AND stream = 1",
        "UPDATE journal SET stream = 99 WHERE seq = 3 AND stream = 1",
    ],
)
def test_damage_of_one_stream_is_its_own_and_the_others_are_read(folder: Path, statement: str) -> None:
    fill(folder, _rich)
    sql(folder, statement.replace("'[]'", "x'5b5d'"))
    with open_store(folder) as store:
        assert any(one.stream == "run-0" for one in store.damage)
        with pytest.raises(StreamDamaged) as damaged:
            store.journal.read("run-0")
        assert damaged.value.args[:2] == ("run-0", 3)
        assert len(store.journal.read("run-1")) == 6
        assert not trio.run(store.verify).ok


def test_events_exchanged_between_streams_are_noticed(folder: Path) -> None:
    fill(folder, _rich)
    sql(
        folder,
        "UPDATE journal SET stream = stream + 10",
        "UPDATE journal SET stream = CASE stream WHEN 11 THEN 2 WHEN 12 THEN 1 ELSE 3 END",
    )
    with open_store(folder) as store, pytest.raises(StreamDamaged):
        store.journal.read("run-0")


def test_a_kind_that_is_no_text_is_damage_of_its_stream(folder: Path) -> None:
    fill(folder, _rich)
    sql(folder, "UPDATE journal SET kind = CAST(x'ff' AS TEXT) WHERE seq = 3 AND stream = 1")
    with open_store(folder) as store:
        for read in (lambda: store.journal.read("run-0"), lambda: store.journal.since(0, 100)):
            with pytest.raises(StreamDamaged, match="cannot read"):
                read()
        assert len(store.journal.read("run-1")) == 6


def test_reading_on_from_a_missing_event_issql(folder: Path) -> None:
    fill(folder, _rich)
    sql(folder, "DELETE FROM journal WHERE seq = 3 AND stream = 1")
    with open_store(folder) as store, pytest.raises(StreamDamaged):
        store.journal.read("run-0", after=3)


EDITS = ["catalog SET status = 'completed'", "claims SET epoch = epoch + 1", "receipts SET reply = x'00'", "keys SET key = 'other'"]


@pytest.mark.parametrize("table", EDITS)
def test_an_edited_row_of_any_table_is_found_by_verify(folder: Path, table: str) -> None:
    fill(folder, _rich)
    sql(folder, f"UPDATE {table}")
    with open_store(folder) as store:
        report = trio.run(store.verify)
    assert [one.what.split(" ", 2)[0] for one in report.damage][:1] == ["row"]


def test_verify_counts_what_it_looked_at(folder: Path) -> None:
    fill(folder, _rich)
    with open_store(folder) as store:
        report = trio.run(store.verify)
    assert (report.ok, report.events, report.streams, report.entries) == (True, 2 * COMMITS, 3, COMMITS)
