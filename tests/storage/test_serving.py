"""The writer's task under odd conditions: a COMMIT that fails in every way, bugs in a piece of work, a slow disk."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from storage import crashpoints
from storage.errors import StorageBusy, StorageFaltered, StorageFull, StoreFailed
from storage.limits import Limits
from storage.store import Store
from storage.writer import Writer
from tests.storage.support import append, audit, fork, open_store, tx


def _failing(code: int, *, after_commit: bool = False) -> Callable[[Writer], None]:
    """A COMMIT that reports this error once, having done its work or not."""
    left = [1]

    def commit(writer: Writer) -> None:
        if left and left.pop():
            if after_commit:
                writer.database.writer.execute("COMMIT")
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = code
            raise error
        writer.database.writer.execute("COMMIT")

    return commit


async def _served(store: Store, *, task_status: trio.TaskStatus[None]) -> None:
    try:
        await store.serve(task_status=task_status)
    except StoreFailed:
        await trio.sleep_forever()


@pytest.fixture(params=[True, False], ids=["inline", "threaded"])
async def failing(request: pytest.FixtureRequest, folder: Path, nursery: trio.Nursery) -> AsyncIterator[Store]:
    with open_store(folder, inline=request.param) as store:
        await nursery.start(_served, store)
        await store.commit(tx(append("before", 0, "x")))
        yield store


async def test_a_commit_that_happened_though_it_was_reported_as_failed_is_acknowledged(
    failing: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "_commit", _failing(sqlite3.SQLITE_IOERR_SHMMAP, after_commit=True))
    assert (await failing.commit(tx(append("run", 0, "a")))).heads == {"run": 1}
    await failing.commit(tx(append("run", 1, "b")))
    assert failing.journal.head("run") == 2
    assert (await failing.verify()).ok


async def test_a_commit_that_did_not_happen_is_denied_and_the_next_one_works(failing: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "_commit", _failing(sqlite3.SQLITE_IOERR_SHMMAP))
    with pytest.raises(StorageFaltered):
        await failing.commit(tx(append("run", 0, "a")))
    await failing.commit(tx(append("run", 0, "a")))
    assert failing.journal.head("run") == 1


async def test_a_failed_sync_stops_the_store_at_once_and_the_outcome_is_unknown(failing: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "_commit", _failing(sqlite3.SQLITE_IOERR_FSYNC))
    with pytest.raises(StoreFailed) as failed:
        await failing.commit(tx(append("run", 0, "a")))
    assert failed.value.applied is None
    assert failing.journal.head("before") == 1


async def test_a_doubtful_commit_without_events_stops_the_store(failing: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "_commit", _failing(sqlite3.SQLITE_IOERR_SHMMAP))
    with pytest.raises(StoreFailed) as failed:
        await failing.commit(tx(audit=(audit(),)))
    assert failed.value.applied is None


async def test_a_full_disk_at_commit_is_certain_and_passes(failing: Store, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(Writer, "_commit", _failing(sqlite3.SQLITE_FULL))
    answers: list[str] = []

    async def late() -> None:
        try:
            await failing.commit(tx(append("late", 0, "x")))
        except StorageFull as full:
            answers.append(full.code)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(late)
    assert answers == ["storage_full"] * 3
    assert failing.info()["writable"] is False
    await failing.wait_writable()
    assert failing.info()["writable"] is True
    await failing.commit(tx(append("late", 0, "x")))


async def test_those_behind_the_batch_that_failed_are_told_too(
    folder: Path, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(folder, limits=Limits(wal=32_768, batch=2, pending=4)) as store:
        await nursery.start(store.serve)
        monkeypatch.setattr(Writer, "_commit", _failing(sqlite3.SQLITE_FULL))
        answers: list[str] = []

        async def one(n: int) -> None:
            try:
                await store.commit(tx(append(f"run-{n}", 0, "x")))
            except StorageFull as full:
                answers.append(full.code)

        async with trio.open_nursery() as many:
            for n in range(8):
                many.start_soon(one, n)
        assert answers == ["storage_full"] * 8
        assert store.journal.position() == 0


async def test_cancelled_while_it_is_being_written_it_still_gets_its_answer(folder: Path, nursery: trio.Nursery) -> None:
    """Cancelled means not recorded. So once the COMMIT is under way, the answer comes first."""
    with open_store(folder, inline=False) as store:
        await nursery.start(store.serve)
        heads: list[int] = []
        scope = trio.CancelScope()

        def slow(writer: Writer) -> None:
            trio.from_thread.run_sync(scope.cancel)
            writer.database.writer.execute("COMMIT")

        with pytest.MonkeyPatch.context() as patch, scope:
            patch.setattr(Writer, "_commit", slow)
            heads.append((await store.commit(tx(append("run", 0, "x")))).heads["run"])
            await trio.lowlevel.checkpoint()
        assert scope.cancelled_caught
        assert heads == [1]
        assert store.journal.head("run") == 1


async def test_a_writer_that_is_stopped_finishes_its_commit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(folder, inline=False) as store:
        heads: list[int] = []

        async def one() -> None:
            heads.append((await store.commit(tx(append("run", 0, "x")))).heads["run"])

        async def both() -> None:
            async with trio.open_nursery() as outer, trio.open_nursery() as inner:
                await inner.start(store.serve)

                def slow(writer: Writer) -> None:
                    trio.from_thread.run_sync(inner.cancel_scope.cancel)
                    writer.database.writer.execute("COMMIT")

                monkeypatch.setattr(Writer, "_commit", slow)
                outer.start_soon(one)
                await trio.sleep_forever()

        await both()
        assert heads == [1]


async def test_a_disk_that_will_never_work_again_is_not_waited_for(failing: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "_commit", _failing(sqlite3.SQLITE_FULL))
    monkeypatch.setattr(Writer, "trial", lambda _: StoreFailed("rotten", False))
    with pytest.raises(StorageFull):
        await failing.commit(tx(append("run", 0, "x")))
    with pytest.raises(StoreFailed, match="rotten"):
        await failing.wait_writable()


async def test_a_bug_in_a_piece_of_work_fails_its_asker_and_ends_the_writer(folder: Path) -> None:
    with open_store(folder) as store:
        answers: list[bool | None] = []

        async def ask() -> None:
            with pytest.raises(StoreFailed) as failed:
                await store._serving.submit(_buggy)
            answers.append(failed.value.applied)

        async def both() -> None:
            async with trio.open_nursery() as nursery:
                await nursery.start(store.serve)
                nursery.start_soon(ask)
                await wait_all_tasks_blocked()

        with pytest.raises(BaseExceptionGroup) as ended:
            await both()
        assert ended.group_contains(KeyboardInterrupt)
        assert answers == [None]


def _buggy(_: object) -> None:
    raise KeyboardInterrupt


async def test_a_failed_checkpoint_is_told_to_who_asked_for_it(failing: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY

    def locked(*_: object) -> int:
        raise error

    monkeypatch.setattr("storage.writer.vacuum_some", locked)
    with pytest.raises(StorageBusy):
        await failing.upkeep()
    assert failing.writable


def test_a_crash_point_kills_at_its_nth_passage_and_no_other() -> None:
    def work(_: int) -> None:
        for _ in range(3):
            crashpoints.reach("elsewhere")
            crashpoints.reach("here")

    assert fork(work, crash_at="here:4")[0] == 0
    assert fork(work, crash_at="here:3")[0] == -9
    assert fork(work, crash_at="here")[0] == -9
