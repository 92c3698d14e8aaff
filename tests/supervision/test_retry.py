"""A failed start during a restart: spends budget, is tried again later, and leaves the supervisor able to hear everything else."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from supervision import ActorDead, Dynamic, Failed, KernelEvent, RestartIntensityExceeded, Shutdown, Supervisor
from supervision.childspec import ChildSpec, Strategy
from supervision.testing import run_tree, settled
from tests.supervision.workers import Boom, Journal, Ping, child, happened


async def test_a_failed_restart_is_tried_again_with_growing_waits(autojump_clock: MockClock) -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    tree = Supervisor(children=[child("a", journal, starts="ok fails fails ok")], intensity=5, period=60)
    async with run_tree(tree, observe=events.append) as system:
        system.ref("a").tell_nowait(Boom())
        await settled()
        assert [row.status for row in system.tree()] == ["running", "restarting"]
        with pytest.raises(ActorDead):
            await system.ref("a").ask(Ping(), timeout=1)
        await trio.sleep(0.31)
        assert await system.ref("a").ask(Ping(), timeout=1) == "pong"
    assert [event.detail for event in events if event.happening == "retrying"] == ["0.100 s", "0.200 s"]


async def test_a_child_that_never_comes_back_spends_the_budget_within_the_period(autojump_clock: MockClock) -> None:
    journal: Journal = []
    tree = Supervisor(children=[child("a", journal, starts="ok" + " fails" * 99), child("b", journal)], intensity=3, period=2)
    async with run_tree(tree) as system:
        system.ref("a").tell_nowait(Boom())
        await system.wait_ended()
        assert isinstance(system.exit, Failed)
        assert isinstance(system.exit.error, RestartIntensityExceeded)
        assert trio.current_time() < 2
    assert journal.count("start a fails") == 3
    assert journal[-1] == "stop b"


async def test_a_hanging_restart_loop_still_hears_stop(autojump_clock: MockClock) -> None:
    journal: Journal = []
    tree = Supervisor(children=[child("a", journal, starts="ok" + " fails" * 99), child("b", journal)], intensity=99, period=9999)
    async with run_tree(tree) as system:
        system.ref("a").tell_nowait(Boom())
        await trio.sleep(40)
        tries = journal.count("start a fails")
        assert tries > 5
    assert system.exit == Shutdown()
    assert journal[-1] == "stop b"
    assert journal.count("start a fails") == tries
    assert len(system.timers) == 0


async def test_the_waits_start_small_again_after_a_success(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    tree = Supervisor(children=[child("a", [], starts="ok fails ok fails ok")], intensity=9, period=60)
    async with run_tree(tree, observe=events.append) as system:
        for _ in range(2):
            system.ref("a").tell_nowait(Boom())
            await trio.sleep(1)
        assert system.alive("a")
    assert [event.detail for event in events if event.happening == "retrying"] == ["0.100 s", "0.100 s"]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("one_for_all", ["stop c", "stop a", "start a", "start b fails", "stop a", "start a", "start b", "start c"]),
        ("rest_for_one", ["stop c", "start b fails", "start b", "start c"]),
        ("one_for_one", ["start b fails", "start b"]),
    ],
)
async def test_the_next_try_follows_the_strategy_too(strategy: Strategy, expected: list[str], autojump_clock: MockClock) -> None:
    journal: Journal = []
    children = [child("a", journal), child("b", journal, starts="ok fails"), child("c", journal)]
    async with run_tree(Supervisor(children=children, strategy=strategy, intensity=3)) as system:
        journal.clear()
        system.ref("b").tell_nowait(Boom())
        await trio.sleep(1)
        assert journal == expected


async def test_another_failure_may_come_while_a_retry_waits(autojump_clock: MockClock) -> None:
    journal: Journal = []
    children = [child("a", journal), child("b", journal, starts="ok fails")]
    async with run_tree(Supervisor(children=children, intensity=9)) as system:
        system.ref("b").tell_nowait(Boom())
        await settled()
        system.ref("a").tell_nowait(Boom())
        await settled()
        assert journal[2:] == ["start b fails", "start a"]
        await trio.sleep(1)
        assert journal[2:] == ["start b fails", "start a", "start b"]


async def test_a_group_restart_takes_over_a_waiting_retry(autojump_clock: MockClock) -> None:
    journal: Journal = []
    children = [child("a", journal), child("b", journal, starts="ok fails")]
    async with run_tree(Supervisor(children=children, strategy="one_for_all", intensity=9)) as system:
        system.ref("b").tell_nowait(Boom())
        await settled()
        system.ref("a").tell_nowait(Boom())
        await trio.sleep(1)
        assert journal[2:] == ["stop a", "start a", "start b fails", "start a", "start b"]


async def test_a_child_that_ignores_its_restart_is_left_out(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal, starts="ok ignores"), child("b", journal)]) as system:
        system.ref("a").tell_nowait(Boom())
        await trio.sleep(9)
        assert journal == ["start a", "start b", "start a ignores"]
        assert [row.path for row in system.tree()] == ["", "b"]


async def test_a_dynamic_child_that_fails_to_restart_is_tried_again(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    async with run_tree([ChildSpec("pool", lambda: Dynamic(intensity=5))], observe=events.append) as system:
        await system.dynamic("pool").start(child("a", [], starts="ok fails fails"))
        system.ref("pool/a").tell_nowait(Boom())
        await settled()
        assert system.dynamic("pool").children() == ("a",)
        assert [row.status for row in system.tree()] == ["running", "running", "restarting"]
        await trio.sleep(1)
        assert system.alive("pool/a")
    assert happened(events, "retrying") == ["pool/a", "pool/a"]
    assert happened(events, "restarting") == ["pool/a", "pool/a", "pool/a"]


async def test_a_dynamic_child_may_be_dismissed_while_it_waits_to_be_tried(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([ChildSpec("pool", lambda: Dynamic(intensity=5))]) as system:
        pool = system.dynamic("pool")
        await pool.start(child("a", journal, starts="ok fails"))
        system.ref("pool/a").tell_nowait(Boom())
        await settled()
        pool.dismiss("a")
        assert pool.children() == ()
        await trio.sleep(9)
    assert journal == ["start pool/a", "start pool/a fails"]


async def test_a_dynamic_supervisor_stops_while_a_child_waits_to_be_tried(autojump_clock: MockClock) -> None:
    async with run_tree([ChildSpec("pool", lambda: Dynamic(intensity=5))]) as system:
        await system.dynamic("pool").start(child("a", [], starts="ok fails"))
        system.ref("pool/a").tell_nowait(Boom())
        await settled()
    assert system.exit == Shutdown()
    assert trio.current_time() == 0
