"""Inline or in a thread: measured, chosen, or pinned; and what a mock clock makes of each."""

from __future__ import annotations

from pathlib import Path

import trio
from trio.testing import MockClock

from storage.pace import Pace
from tests.storage.support import append, open_store, tx


def test_commits_go_to_a_thread_when_they_are_slow_and_come_back_when_they_are_fast() -> None:
    pace = Pace()
    modes = []
    for seconds in [0.001, 0.006, *[0.001] * 31, 0.003, *[0.001] * 31, 0.001]:
        pace.observe(seconds)
        modes.append(pace.threaded)
    assert modes == [False, *[True] * 64, False]
    assert pace.worst_s == 0.006
    assert pace.commits == 66


async def test_left_alone_the_store_measures_and_chooses(folder: Path, nursery: trio.Nursery) -> None:
    with open_store(folder, inline=None) as store:
        await nursery.start(store.serve)
        await store.commit(tx(append("run", 0, "a")))
        store._writer.pace.observe(1.0)
        assert store.info()["mode"] == "thread"
        await store.commit(tx(append("run", 1, "b")))
        for _ in range(40):
            store._writer.pace.observe(0.0001)
        assert store.info()["mode"] == "inline"
        await store.commit(tx(append("run", 2, "c")))
        assert store.journal.head("run") == 3


async def test_inline_no_deadline_passes_while_a_commit_waits(folder: Path, nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    """A mock clock jumps as soon as every task waits; the inline store never makes all of them wait."""
    with open_store(folder) as store:
        await nursery.start(store.serve)
        began = autojump_clock.current_time()
        with trio.fail_after(0.001):
            for n in range(20):
                await store.commit(tx(append("run", n, "a")))
            await store.put_blob(b"content")
            await store.renew("me", 5)
            await store.upkeep()
            assert (await store.verify()).ok
        assert autojump_clock.current_time() == began
