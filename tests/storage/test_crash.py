"""The process dies at any point: what was acknowledged is there, nothing is half there, and the next start goes on."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from storage.store import Store
from tests.storage.support import acquire, append, audit, fork, headline, open_store, receipt, serving, tx

pytestmark = pytest.mark.slow
COMMITS = 6


def _writer(folder: Path, *, inline: bool) -> Callable[[int], None]:
    def work(pipe: int) -> None:
        async def story(store: Store) -> None:
            start = store.journal.head("run")
            for n in range(start, start + COMMITS):
                epoch = n // 2 + 1
                claim = acquire(epoch) if n % 2 == 0 else None
                facts = append("run", n, f"fact-{n}", headline=headline("run", f"at-{n}"), claim=claim, epoch=epoch)
                await store.commit(tx(facts, append(f"other-{n}", 0, "x"), receipt=receipt(f"r{n}"), audit=(audit(f"act-{n}"),)))
                os.write(pipe, b".")

        with open_store(folder, inline=inline) as store:
            serving(store, story)

    return work


def _check(folder: Path, acknowledged: int) -> int:
    """Everything of a transaction is there or nothing; how many there are."""
    with open_store(folder) as store:
        head = store.journal.head("run")
        assert head in {acknowledged, acknowledged + 1}
        assert [one.kind for one in store.journal.read("run")] == [f"fact-{n}" for n in range(head)]
        line = store.catalog.get("run")
        assert (line.status if line else None) == (f"at-{head - 1}" if head else None)
        for n in range(head + 2):
            there = n < head
            assert (store.receipts.get(f"r{n}") is not None) == there
            assert (store.journal.head(f"other-{n}") == 1) == there
        assert len(store.audit.list()) == head
        assert trio.run(store.verify).ok
    return head


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
def test_at_every_commit_what_was_acknowledged_survives_and_nothing_is_torn(folder: Path, point: str, inline: bool) -> None:
    for n in range(1, COMMITS + 1):
        target = folder.with_name(f"memory-{n}")
        status, said = fork(_writer(target, inline=inline), crash_at=f"{point}:{n}")
        assert status == -signal.SIGKILL
        assert len(said) == n - 1
        assert _check(target, len(said)) == (n - 1 if point == "commit.before" else n)


def test_crash_after_crash_after_crash_converges(folder: Path) -> None:
    total = 0
    for n in (3, 1, 2, 4, 1):
        status, said = fork(_writer(folder, inline=True), crash_at=f"commit.after:{n}")
        assert status == -signal.SIGKILL
        total = _check(folder, total + len(said))
    assert total == 11


def test_a_kill_from_outside_at_any_moment_loses_nothing(folder: Path) -> None:
    for n in range(8):
        target = folder.with_name(f"memory-{n}")
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            try:
                _writer(target, inline=n % 2 == 0)(write)
            finally:
                os._exit(0)
        os.close(write)
        seen = os.read(read, 1 + n // 3) if n else b""
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(read, "rb") as pipe:
            seen += pipe.read()
        if (target / "penstock.db").exists() or seen:
            _check(target, len(seen))


def test_a_start_that_is_killed_is_taken_up_by_the_next(folder: Path) -> None:
    """Kill the very first start after each of its writes to the database, by counting what SQLite is asked to do."""
    for n in range(1, 90, 2):
        target = folder.with_name(f"memory-{n}")
        status, _ = fork(partial(_start_and_die, target, n))
        with open_store(target) as store:
            assert store.journal.position() == 0
            assert store.info()["generation"] == 1
        if status == 0:
            break
    else:
        pytest.fail("the start never came to its end")
    assert n > 40


def _start_and_die(target: Path, after: int, _: int) -> None:
    left = after

    class Dying(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().execute(*arguments)

    sqlite3.connect = partial(sqlite3.connect, factory=Dying)  # type: ignore[assignment]  # in a process that does nothing else
    open_store(target).close()
