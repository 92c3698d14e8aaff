"""The disk fails: nothing unrecorded is acknowledged, reads live on, and what can go on goes on by itself. Real system calls that fail."""

from __future__ import annotations

import os
import resource
import sys
from itertools import count
from pathlib import Path

import pytest
import trio

from storage.errors import StorageError, StorageFull
from storage.limits import Limits
from storage.records import Append, NewEvent
from storage.store import Store
from tests.storage import shim
from tests.storage.support import Clock, append, fork, open_store, serving, tx

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shim.build(tmp_path_factory.mktemp("shim"))


def _story(library: Path, folder: Path, mode: str, call: str, code: str, first: int, last: int, suffix: str) -> list[str]:
    """Run `failing` in a process; its lines, after a look whether everything acknowledged is there when the store is opened again."""
    plan = folder.with_suffix(".plan")
    env = shim.environment(library, folder, SHIM_PLAN=plan)
    done = shim.run_child("failing", folder, mode, plan, call, code, first, last, suffix, env=env)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    with open_store(folder) as store:
        for stream in ("before", "during", "after"):
            acknowledged = max((int(line.split()[2]) for line in lines if line.startswith(f"ack {stream} ")), default=0)
            found = store.journal.head(stream)
            unsure = "store_failed None" in lines and stream == "during"
            assert found == acknowledged or (unsure and found == acknowledged + 2)
            receipts = sum(store.receipts.get(f"{stream}:{seq}") is not None for seq in range(0, found, 2))
            assert receipts == found // 2
    return [line for line in lines if not line.startswith("ack during")]


FOR_EVER = 1_000_000


@pytest.mark.parametrize("mode", ["inline", "threaded"])
@pytest.mark.parametrize(
    ("call", "code", "first", "last", "suffix", "said"),
    [
        ("write", "ENOSPC", 1, FOR_EVER, "-wal", "storage_full"),
        ("write", "ENOSPC", 2, 2, "-wal", "storage_full"),
        ("write", "EDQUOT", 1, FOR_EVER, "l", "storage_full"),
        ("write", "EFBIG", 1, FOR_EVER, "l", "storage_full"),
        ("write", "EROFS", 1, FOR_EVER, "l", "storage_read_only"),
        ("write", "EIO", 1, 1, "-wal", "storage_faltered"),
        ("write", "EIO", 2, 2, "-wal", "storage_faltered"),
    ],
)
def test_what_passes_is_waited_for_and_nothing_is_acknowledged_meanwhile(
    library: Path, folder: Path, mode: str, call: str, code: str, first: int, last: int, suffix: str, said: str
) -> None:
    lines = _story(library, folder, mode, call, code, first, last, suffix)
    assert lines == ["ack before 2", said, "reads 2 0", "ack after 2"]


@pytest.mark.parametrize("mode", ["inline", "threaded"])
@pytest.mark.parametrize(("call", "last"), [("sync", 1), ("sync", FOR_EVER), ("write", FOR_EVER)])
def test_what_cannot_be_trusted_any_more_stops_the_store(library: Path, folder: Path, mode: str, call: str, last: int) -> None:
    lines = _story(library, folder, mode, call, "EIO", 1, last, "-wal")
    assert lines == ["ack before 2", "serve failed", "store_failed None", "reads 2 0", "stopped"]


@pytest.mark.parametrize("suffix", ["penstock.db", "penstock.anchor"])
def test_a_checkpoint_or_an_anchor_that_fails_harms_nobody(library: Path, folder: Path, suffix: str) -> None:
    assert _story(library, folder, "inline", "write", "ENOSPC", 1, FOR_EVER, suffix) == ["ack before 2", "reads 2 80", "ack after 2"]


def test_a_file_size_limit_counts_as_a_full_disk_and_ends_when_it_is_lifted(folder: Path) -> None:
    def work(pipe: int) -> None:
        with open_store(folder) as store:
            serving(store, story)
        os.write(pipe, b"done")

    async def story(store: Store) -> None:
        await store.commit(tx(append("before", 0, "created")))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        with pytest.raises(StorageFull):
            await _for_ever(store)
        assert not store.writable
        assert store.journal.head("before") == 1
        assert store.info()["fault"] == "storage_full"
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with trio.fail_after(10):
            await store.wait_writable()
        await store.commit(tx(append("after", 0, "created")))

    status, said = fork(work)
    assert (status, said) == (0, b"done")
    with open_store(folder) as store:
        assert store.journal.head("after") == 1


async def _for_ever(store: Store) -> None:
    for n in count():
        await store.commit(tx(Append(f"big-{n}", 0, (NewEvent("big", b"x" * 20_000),))))


async def test_a_nearly_full_disk_is_refused_before_it_is_full(folder: Path, nursery: trio.Nursery, clock: Clock) -> None:
    with open_store(folder, clock=clock, limits=Limits(wal=32_768, free_hard=1 << 60)) as store:
        await nursery.start(_served, store)
        with pytest.raises(StorageFull, match="MiB left"):
            await store.commit(tx(append("run-1", 0, "created")))
        with pytest.raises(StorageFull):
            await store.commit(tx(append("run-1", 0, "created")))
        assert store.journal.position() == 0


async def test_little_room_is_said_before_it_hurts(folder: Path, nursery: trio.Nursery) -> None:
    with open_store(folder, limits=Limits(wal=32_768, free_warn=1 << 60, wal_warn=0)) as store:
        await nursery.start(_served, store)
        await store.commit(tx(append("run-1", 0, "created")))
        assert [warning.split()[0] for warning in store.info()["warnings"]] == ["the", "only"]


async def test_a_wal_that_cannot_shrink_is_bounded(folder: Path, nursery: trio.Nursery, clock: Clock) -> None:
    with open_store(folder, clock=clock, limits=Limits(wal=32_768, wal_hard=400_000)) as store:
        await nursery.start(_served, store)
        await store.commit(tx(Append("run-1", 0, tuple(NewEvent("big", b"x" * 250_000) for _ in range(2)))))
        clock.now += 1_000
        with pytest.raises(StorageFull, match="reading for too long"):
            await store.commit(tx(append("run-1", 1, "x")))


async def _served(store: Store, *, task_status: trio.TaskStatus[None]) -> None:
    try:
        await store.serve(task_status=task_status)
    except StorageError as error:
        print(error, file=sys.stderr)
