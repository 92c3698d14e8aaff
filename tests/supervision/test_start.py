"""Starting: in order, each confirmed; what becomes of a child that does not come up."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from supervision import ActorDead, ChildSpec, Dynamic, Failed, Shutdown, StartFailed, Supervisor, System
from supervision.clock import TrioClock
from supervision.testing import run_tree, settled
from tests.supervision.workers import Broken, Journal, Ping, child, happened


async def test_children_start_left_to_right_and_stop_right_to_left() -> None:
    journal: Journal = []
    async with run_tree([child(name, journal) for name in "abc"]):
        assert journal == ["start a", "start b", "start c"]
        journal.clear()
    assert journal == ["stop c", "stop b", "stop a"]


async def test_a_child_starts_only_when_the_one_before_is_confirmed(autojump_clock: MockClock) -> None:
    journal: Journal = []
    system = System(Supervisor(children=[child("a", journal, starts="naps"), child("b", journal)]), clock=TrioClock())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(system.run)
        await trio.sleep(0.5)
        assert journal == ["start a naps"]
        await trio.sleep(1)
        assert journal == ["start a naps", "start b"]
        system.stop()


async def test_a_nested_supervisor_is_confirmed_when_all_below_it_is_up(autojump_clock: MockClock) -> None:
    journal: Journal = []
    inner = Supervisor(children=[child("x", journal, starts="naps"), child("y", journal)])
    async with run_tree([ChildSpec("in", lambda: inner), child("b", journal)]):
        assert journal == ["start in/x naps", "start in/y", "start b"]
        journal.clear()
    assert journal == ["stop b", "stop in/y", "stop in/x"]


async def test_run_reports_started_after_the_whole_tree() -> None:
    journal: Journal = []
    system = System(Supervisor(children=[child("a", journal)]), clock=TrioClock())
    async with trio.open_nursery() as nursery:
        await nursery.start(system.run)
        assert journal == ["start a"]
        system.stop()


async def test_a_child_that_ignores_its_start_is_passed_over() -> None:
    journal: Journal = []
    async with run_tree([child("a", journal, starts="ignores"), child("b", journal)]) as system:
        assert journal == ["start a ignores", "start b"]
        assert not system.alive("a")
        with pytest.raises(ActorDead):
            await system.ref("a").ask(Ping(), timeout=1)
    assert journal[2:] == ["stop b"]


@pytest.mark.parametrize("how", ["fails", "explodes"])
async def test_a_start_that_fails_undoes_the_tree_in_reverse(how: str) -> None:
    journal: Journal = []
    system = System(Supervisor(children=[child("a", journal), child("b", journal, starts=how), child("c", journal)]), clock=TrioClock())
    ended = await system.run()
    assert isinstance(ended, Failed)
    assert isinstance(ended.error, StartFailed)
    assert (ended.error.path, type(ended.error.error)) == ("b", Broken)
    assert [line for line in journal if "b" not in line] == ["start a", "stop a"]


async def test_a_failed_start_far_below_fails_the_root_with_its_path() -> None:
    inner = Supervisor(children=[child("x", [], starts="fails")])
    ended = await System(Supervisor(children=[ChildSpec("in", lambda: inner)]), clock=TrioClock()).run()
    assert isinstance(ended, Failed)
    assert isinstance(ended.error, StartFailed)
    assert ended.error.path == "in/x"


async def test_run_tree_raises_the_failure_of_the_start() -> None:
    with pytest.raises(StartFailed):
        async with run_tree([child("a", [], starts="fails")]):
            pytest.fail("the tree is not up")


async def test_what_is_no_behaviour_fails_the_start() -> None:
    ended = await System(Supervisor(children=[ChildSpec("a", lambda: 7)]), clock=TrioClock()).run()  # type: ignore[arg-type, return-value]  # the fault
    assert isinstance(ended, Failed)
    assert "not 7" in str(ended.error)


async def test_a_start_that_hangs_still_hears_stop() -> None:
    journal: Journal = []
    system = System(Supervisor(children=[child("a", journal), child("b", journal, starts="hangs")]), clock=TrioClock())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(system.run)
        await settled()
        assert [row.status for row in system.tree()] == ["starting", "running", "starting"]
        system.stop()
    assert system.exit == Shutdown()
    assert journal == ["start a", "start b hangs", "stop a"]


async def test_a_stop_before_the_first_step_of_a_start_prevents_main() -> None:
    journal: Journal = []
    system = System(Supervisor(children=[child("a", journal)]), clock=TrioClock())
    system.stop()
    assert await system.run() == Shutdown()
    assert "stop a" not in journal


async def test_a_stop_during_a_nested_start_undoes_what_was_up() -> None:
    journal: Journal = []
    inner = Supervisor(children=[child("x", journal), child("y", journal, starts="hangs")])
    system = System(Supervisor(children=[ChildSpec("in", lambda: inner)]), clock=TrioClock())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(system.run)
        await settled()
        system.stop()
    assert journal == ["start in/x", "start in/y hangs", "stop in/x"]


async def test_an_ignored_start_is_reported_as_such() -> None:
    events: list[object] = []
    async with run_tree([child("a", [], "temporary", starts="ignores"), ChildSpec("pool", Dynamic)], observe=events.append) as system:
        assert [row.path for row in system.tree()] == ["", "pool"]
    assert happened(events, "ignored") == ["a"]  # type: ignore[arg-type]  # a list of any reports
