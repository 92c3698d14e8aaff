"""Other processes open our database, lock it, replace it, take its WAL away: acknowledged facts stay, or we stop before the next one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import trio

from storage.errors import ClaimLost, StorageBusy, StoreFailed, VersionConflict
from storage.limits import Limits
from storage.store import Store
from tests.storage.support import acquire, append, fork, open_store, serving, tx

PATIENT = Limits(wal=32_768, busy_ms=300)


@pytest.fixture(params=[True, False], ids=["inline", "threaded"])
def inline(request: pytest.FixtureRequest) -> bool:
    mode: bool = request.param
    return mode


def _foreign(folder: Path, code: str) -> subprocess.Popen[bytes]:
    """Another process with a connection `c` to our database; it says when it has done what it was told, and ends with its input."""
    connect = f"import sqlite3,sys;c=sqlite3.connect({str(folder / 'penstock.db')!r},isolation_level=None)"
    text = f"{connect};{code};print('done',flush=True);sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"done\n"
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.communicate()


def test_a_foreign_reader_comes_and_goes_and_no_commit_is_lost(folder: Path, inline: bool) -> None:
    def work(_: int) -> None:
        async def story(store: Store) -> None:
            await store.commit(tx(append("run", 0, "a")))
            _end(_foreign(folder, "c.execute('SELECT * FROM journal').fetchall();c.close()"))
            store.info()
            for n in range(1, 6):
                await store.commit(tx(append("run", n, "b")))
            os._exit(0)  # without closing: what counts is what another process finds

        serving(open_store(folder, inline=inline), story)

    assert fork(work)[0] == 0
    with open_store(folder) as store:
        assert store.journal.head("run") == 6


def test_a_reader_that_stays_pins_the_wal_but_not_the_writer(folder: Path, inline: bool) -> None:
    async def story(store: Store) -> None:
        await store.commit(tx(append("run", 0, "a")))
        reader = _foreign(folder, "c.execute('BEGIN');c.execute('SELECT * FROM journal').fetchall()")
        for n in range(1, 120):
            await store.commit(tx(append("run", n, "b" * 60)))
        assert store.info()["wal_bytes"] > 10 * PATIENT.wal
        assert (await store.upkeep()).wal_pages > 0
        _end(reader)
        assert (await store.upkeep()).wal_pages == 0
        await store.commit(tx(append("run", 120, "c")))
        await store.commit(tx(append("run", 121, "c")))
        assert store.info()["wal_bytes"] <= PATIENT.wal + 8_240

    with open_store(folder, inline=inline, limits=PATIENT) as store:
        serving(store, story)


def test_a_foreign_writer_is_waited_for(folder: Path, inline: bool) -> None:
    async def story(store: Store) -> None:
        other = _foreign(folder, "import os,threading;c.execute('BEGIN IMMEDIATE');threading.Timer(.1,os._exit,(0,)).start()")
        await store.commit(tx(append("run", 0, "a")))
        _end(other)

    with open_store(folder, inline=inline, limits=PATIENT) as store:
        serving(store, story)


def test_a_foreign_writer_that_stays_is_reported_and_later_forgotten(folder: Path, inline: bool) -> None:
    async def story(store: Store) -> None:
        other = _foreign(folder, "c.execute('BEGIN EXCLUSIVE')")
        with pytest.raises(StorageBusy) as busy:
            await store.commit(tx(append("run", 0, "a")))
        assert busy.value.args == (300,)
        assert store.journal.head("run") == 0
        assert store.writable
        _end(other)
        await store.commit(tx(append("run", 0, "a")))

    with open_store(folder, inline=inline, limits=PATIENT) as store:
        serving(store, story)


def test_a_locked_database_cannot_be_opened_and_is_left_alone(folder: Path) -> None:
    open_store(folder).close()
    other = _foreign(folder, "c.execute('BEGIN EXCLUSIVE')")
    with pytest.raises(StorageBusy):
        open_store(folder, limits=PATIENT)
    _end(other)
    open_store(folder, limits=PATIENT).close()


def test_what_a_foreign_writer_changed_is_seen_in_the_next_transaction(folder: Path, inline: bool) -> None:
    """A second daemon on a shared store took the claim over: our epoch is old from that very moment."""

    async def story(store: Store) -> None:
        await store.commit(tx(append("run", 0, "a", claim=acquire(1))))
        _end(_foreign(folder, "c.execute('UPDATE claims SET epoch = 2')"))
        with pytest.raises(ClaimLost):
            await store.commit(tx(append("run", 1, "b", epoch=1)))
        _end(_foreign(folder, "c.execute('DELETE FROM journal')"))
        with pytest.raises(VersionConflict):
            await store.commit(tx(append("run", 1, "b", epoch=2)))

    with open_store(folder, inline=inline) as store:
        serving(store, story)


def _unlink_wal(folder: Path) -> None:
    (folder / "penstock.db-wal").unlink()


def _unlink_database(folder: Path) -> None:
    (folder / "penstock.db").unlink()


def _replace_database(folder: Path) -> None:
    shutil.copyfile(folder / "penstock.db", folder / "copy.db")
    (folder / "copy.db").rename(folder / "penstock.db")


def _replace_wal(folder: Path) -> None:
    shutil.copyfile(folder / "penstock.db-wal", folder / "copy")
    (folder / "copy").rename(folder / "penstock.db-wal")


def _link_database(folder: Path) -> None:
    os.link(folder / "penstock.db", folder / "second.db")


@pytest.mark.parametrize("take", [_unlink_wal, _unlink_database, _replace_database, _replace_wal, _link_database])
async def test_when_its_files_are_taken_the_store_stops_before_the_next_acknowledgement(
    folder: Path, inline: bool, take: Callable[[Path], None], nursery: trio.Nursery
) -> None:
    store = open_store(folder, inline=inline)
    await nursery.start(_served, store)
    await store.commit(tx(append("run", 0, "a")))
    take(folder)
    with pytest.raises(StoreFailed) as failed:
        await store.commit(tx(append("run", 1, "b")))
    assert failed.value.applied is None
    for refused in (store.commit(tx(append("run", 1, "b"))), store.wait_writable(), store.serve()):
        with pytest.raises(StoreFailed):
            await refused
    assert store.info()["fault"] == "store_failed"
    store.close()


async def _served(store: Store, *, task_status: trio.TaskStatus[None]) -> None:
    with pytest.raises(StoreFailed):
        await store.serve(task_status=task_status)


def test_an_unlinked_wal_takes_no_acknowledged_fact_with_it(folder: Path, inline: bool) -> None:
    def work(pipe: int) -> None:
        async def story(store: Store) -> None:
            for n in range(5):
                await store.commit(tx(append("run", n, "a")))
            _unlink_wal(folder)
            with pytest.raises(StoreFailed):
                await store.commit(tx(append("run", 5, "b")))
            os._exit(7)

        with open_store(folder, inline=inline) as store:
            try:
                serving(store, story)
            except BaseExceptionGroup:
                os._exit(1)

    assert fork(work)[0] == 7
    with closing(sqlite3.connect(folder / "penstock.db")) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone()[0] >= 5
    with open_store(folder) as store:
        assert store.journal.head("run") in {5, 6}
