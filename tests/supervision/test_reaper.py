"""The reaper sweeps at its interval and tells who is stuck in a handler."""

from __future__ import annotations

import trio
from trio.testing import MockClock

from supervision import ChildSpec
from supervision.clock import TrioClock
from supervision.reaper import Reaper, Stuck, Sweep
from supervision.testing import run_tree, settled
from tests.supervision.workers import Broken, Nap, child


async def test_the_sweep_is_told_the_time_at_each_interval(autojump_clock: MockClock) -> None:
    swept: list[int] = []

    async def sweep(now_ms: int) -> None:
        swept.append(now_ms)

    async with run_tree([ChildSpec("reaper", lambda: Reaper(interval_s=10, sweep=sweep))], clock=TrioClock(1000)) as system:
        await trio.sleep(35)
        assert swept == [11_000, 21_000, 31_000]
        assert system.tree()[1].status == "3 sweeps"


async def test_a_handler_that_runs_too_long_is_told_until_it_ends(autojump_clock: MockClock) -> None:
    told: list[Stuck] = []
    reaper = Reaper(interval_s=10, stuck_after_s=15, on_stuck=told.append)
    async with run_tree([child("a", []), child("b", []), ChildSpec("reaper", lambda: reaper)]) as system:
        system.ref("a").tell_nowait(Nap(45))
        await trio.sleep(35)
        assert told == [Stuck("a", 20.0)]
        assert system.tree()[3].status == "3 sweeps; stuck: a"
        await trio.sleep(60)
        assert told == [Stuck("a", 20.0), Stuck("a", 30.0)]


async def test_many_short_handlers_are_not_one_long(autojump_clock: MockClock) -> None:
    told: list[Stuck] = []
    reaper = Reaper(interval_s=10, stuck_after_s=15, on_stuck=told.append)
    async with run_tree([child("a", []), ChildSpec("reaper", lambda: reaper)]) as system:
        for _ in range(8):
            system.ref("a").tell_nowait(Nap(9))
        await trio.sleep(75)
        assert told == []


async def test_a_sweep_may_be_asked_for_from_outside(autojump_clock: MockClock) -> None:
    async with run_tree([ChildSpec("reaper", lambda: Reaper(interval_s=3600))]) as system:
        system.deliver("reaper", Sweep())
        await settled()
        assert system.tree()[1].status == "1 sweeps"


async def test_a_sweep_that_breaks_ends_the_reaper_and_it_returns(autojump_clock: MockClock) -> None:
    async def sweep(now_ms: int) -> None:
        raise Broken

    async with run_tree([ChildSpec("reaper", lambda: Reaper(interval_s=10, sweep=sweep))]) as system:
        await trio.sleep(15)
        assert system.tree()[1].restarts == 1
