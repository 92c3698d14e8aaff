"""permanent, transient, temporary x normal, shutdown, abnormal; the three strategies; escalation."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from supervision import (
    ActorDead,
    ChildSpec,
    Failed,
    KernelEvent,
    Killed,
    Normal,
    RestartIntensityExceeded,
    Shutdown,
    Supervisor,
)  # fmt: skip
from supervision.childspec import Restart, Strategy
from supervision.testing import run_tree, settled
from tests.supervision.workers import Boom, End, Journal, Ping, child, ends, happened


@pytest.mark.parametrize(
    ("restart", "message", "again"),
    [
        ("permanent", End(Normal()), True),
        ("permanent", End(Shutdown()), True),
        ("permanent", Boom(), True),
        ("transient", End(Normal()), False),
        ("transient", End(Shutdown()), False),
        ("transient", Boom(), True),
        ("temporary", End(Normal()), False),
        ("temporary", End(Shutdown()), False),
        ("temporary", Boom(), False),
    ],
)
async def test_a_child_comes_back_as_its_restart_type_says(restart: Restart, message: Any, again: bool) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal, restart), child("b", journal)]) as system:
        system.ref("a").tell_nowait(message)
        await settled()
        assert system.alive("a") is again
        assert journal.count("start a") == 1 + again
        assert journal.count("start b") == 1


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("one_for_one", ["start b"]),
        ("one_for_all", ["stop c", "stop a", "start a", "start b", "start c"]),
        ("rest_for_one", ["stop c", "start b", "start c"]),
    ],
)
async def test_the_strategy_says_who_falls_and_rises_in_which_order(strategy: Strategy, expected: list[str]) -> None:
    journal: Journal = []
    async with run_tree(Supervisor(children=[child(name, journal) for name in "abc"], strategy=strategy)) as system:
        journal.clear()
        system.ref("b").tell_nowait(Boom())
        await settled()
        assert journal == expected
        assert [row.restarts for row in system.tree()[1:]] == [expected.count(f"start {name}") for name in "abc"]


@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all", "rest_for_one"])
async def test_too_many_restarts_stop_all_in_reverse_and_fail_the_supervisor(strategy: Strategy) -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    tree = Supervisor(children=[child(name, journal) for name in "abc"], strategy=strategy, intensity=0)
    async with run_tree(tree, observe=events.append) as system:
        system.ref("b").tell_nowait(Boom())
        await settled()
        assert journal[3:] == ["stop c", "stop a"]
        assert isinstance(system.exit, Failed)
        assert isinstance(system.exit.error, RestartIntensityExceeded)
    assert happened(events, "escalated") == [""]


async def test_escalation_climbs_one_level_and_is_cured_there() -> None:
    journal: Journal = []
    inner = Supervisor(children=[child("x", journal), child("y", journal)], intensity=1, period=10)
    async with run_tree(Supervisor(children=[ChildSpec("in", lambda: inner), child("b", journal)], intensity=1)) as system:
        for _ in range(2):
            system.ref("in/x").tell_nowait(Boom())
            await settled()
        assert journal == ["start in/x", "start in/y", "start b", "start in/x", "stop in/y", "start in/x", "start in/y"]
        assert [(row.path, row.restarts) for row in system.tree()] == [("", 0), ("in", 1), ("in/x", 0), ("in/y", 0), ("b", 0)]


@pytest.mark.parametrize(
    ("times", "survives"), [([0, 1, 2], True), ([0, 1, 2, 3], False), ([0, 3, 6, 10.001], True), ([0, 3, 6, 10], False)]
)
async def test_the_intensity_is_exact(times: list[float], survives: bool, autojump_clock: MockClock) -> None:
    async with run_tree(Supervisor(children=[child("a", [])], intensity=3, period=10)) as system:
        for at in times:
            await trio.sleep_until(at)
            system.ref("a").tell_nowait(Boom())
            await settled()
        assert system.alive("a") is survives


async def test_a_temporary_bystander_is_dropped_with_the_siblings_that_return() -> None:
    journal: Journal = []
    tree = Supervisor(children=[child("a", journal, "temporary"), child("b", journal)], strategy="one_for_all", intensity=5)
    async with run_tree(tree) as system:
        for _ in range(2):
            system.ref("b").tell_nowait(Boom())
            await settled()
    assert journal == ["start a", "start b", "stop a", "start b", "start b", "stop b"]


async def test_a_transient_child_that_ended_well_returns_with_its_siblings() -> None:
    journal: Journal = []
    async with run_tree(Supervisor(children=[child("a", journal, "transient"), child("b", journal)], strategy="one_for_all")) as system:
        system.ref("a").tell_nowait(End())
        await settled()
        journal.clear()
        system.ref("b").tell_nowait(Boom())
        await settled()
        assert journal == ["start a", "start b"]


async def test_a_child_that_breaks_during_a_restart_is_judged_after_it(autojump_clock: MockClock) -> None:
    journal: Journal = []
    tree = Supervisor(children=[child("a", journal, starts="ok naps"), child("b", journal)], intensity=2)
    async with run_tree(tree) as system:
        system.ref("a").tell_nowait(Boom())
        await settled()
        system.ref("b").tell_nowait(Boom())
        await settled()
        assert journal == ["start a", "start b", "start a naps"]
        await trio.sleep(1.5)
        assert journal == ["start a", "start b", "start a naps", "start b"]


async def test_a_child_that_breaks_while_it_is_about_to_be_stopped_costs_no_budget(autojump_clock: MockClock) -> None:
    journal: Journal = []
    children = [child("a", journal), child("b", journal), child("c", journal, parting=partial(trio.sleep, 2))]
    async with run_tree(Supervisor(children=children, strategy="one_for_all", intensity=1)) as system:
        system.ref("b").tell_nowait(Boom())
        await settled()
        system.ref("a").tell_nowait(Boom())
        await trio.sleep(3)
        assert journal[3:] == ["stop c", "start a", "start b", "start c"]


async def test_a_stop_during_a_restart_ends_it(autojump_clock: MockClock) -> None:
    journal: Journal = []
    tree = Supervisor(children=[child("a", journal, starts="ok hangs"), child("b", journal)], strategy="one_for_all")
    async with run_tree(tree) as system:
        system.ref("b").tell_nowait(Boom())
        await trio.sleep(1)
        assert journal[2:] == ["stop a", "start a hangs"]
    assert system.exit == Shutdown()


async def test_a_kill_during_an_orderly_stop_takes_over(autojump_clock: MockClock) -> None:
    async with run_tree([child(name, [], parting=partial(trio.sleep, 3)) for name in "ab"]) as system:
        system.stop()
        await trio.sleep(1)
        system.stop()
        await settled()
        assert system.exit == Killed()
    assert trio.current_time() == 1


async def test_while_a_child_is_restarted_a_ref_to_it_survives(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [], starts="ok naps")]) as system:
        ref = system.ref("a")
        with pytest.raises(ActorDead):
            await ref.ask(Boom(), timeout=5)
        assert await ref.ask(Ping("again"), timeout=5) == "again"
        assert trio.current_time() == 1


async def test_a_killed_child_counts_as_abnormal(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    inner = Supervisor(children=[child("x", [], shutdown="brutal_kill")])
    async with run_tree([ChildSpec("in", lambda: inner, "transient")], observe=events.append):
        pass
    assert ends(events)[0] == ("in/x", Killed())
