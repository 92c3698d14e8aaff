"""Exception groups, cancellation from outside, interrupts: what is an actor's own failure, and what must travel on."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from supervision import ChildSpec, Dynamic, Failed, KernelEvent, Killed, Supervisor, System
from supervision.clock import TrioClock
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Boom, Broken, Do, child, ends


async def test_a_group_of_failures_is_one_failure() -> None:
    events: list[KernelEvent] = []
    group = ExceptionGroup("two", [Broken(), ValueError()])
    async with run_tree([child("a", [], "temporary")], observe=events.append) as system:
        system.ref("a").tell_nowait(Boom(group))
        await settled()
    assert ends(events)[0] == ("a", Failed(group))


async def test_failures_of_several_tasks_of_one_actor_are_told_together(autojump_clock: MockClock) -> None:
    async def breaks_at_its_end() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise Broken("second")

    events: list[KernelEvent] = []
    async with run_tree([child("a", [], "temporary")], observe=events.append) as system:
        system.ref("a").tell_nowait(Do(lambda worker: worker.spawn(breaks_at_its_end)))
        system.ref("a").tell_nowait(Boom(ValueError("first")))
        await settled()
    ended = dict(ends(events))["a"]
    assert isinstance(ended, Failed)
    assert isinstance(ended.error, ExceptionGroup)
    assert [str(each) for each in ended.error.exceptions] == ["first", "second"]


class Mixed(Probe):
    """Its handler holds two tasks; when it is cut off, one of them breaks on the way out."""

    async def receive(self, message: object) -> object:
        async def breaks() -> None:
            try:
                await trio.sleep_forever()
            finally:
                raise Broken

        async with trio.open_nursery() as nursery:
            nursery.start_soon(breaks)
            nursery.start_soon(trio.sleep_forever)
        return None


async def test_a_kill_that_breaks_something_is_a_failure_without_the_cancellation(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    async with run_tree([ChildSpec("a", Mixed, shutdown=1.0)], observe=events.append) as system:
        system.ref("a").tell_nowait("go")
        await settled()
    ended = dict(ends(events))["a"]
    assert isinstance(ended, Failed)
    assert isinstance(ended.error, ExceptionGroup)
    assert [type(each) for each in ended.error.exceptions] == [Broken]


async def test_cancelling_run_kills_the_tree_and_the_cancellation_travels_on(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    inner = Supervisor(children=[child("x", []), ChildSpec("y", Mixed)])
    system = System(Supervisor(children=[ChildSpec("in", lambda: inner), child("b", [])]), clock=TrioClock(), observe=events.append)
    with trio.move_on_after(5) as scope:
        async with trio.open_nursery() as nursery:
            await nursery.start(system.run)
            system.ref("in/y").tell_nowait("go")
    assert scope.cancelled_caught
    ended = dict(ends(events))
    assert isinstance(ended.pop("in/y"), Failed)
    assert ended == {"in/x": Killed(), "b": Killed(), "in": Killed(), "": Killed()}
    assert "restarting" not in {event.happening for event in events}


async def test_an_interrupt_in_a_handler_ends_everything() -> None:
    system = System(Supervisor(children=[child("a", []), child("b", [])]), clock=TrioClock())
    with pytest.RaisesGroup(KeyboardInterrupt, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await nursery.start(system.run)
            system.ref("a").tell_nowait(Boom(KeyboardInterrupt()))
    assert system.exit == Killed()


async def test_an_interrupt_in_a_background_task_ends_everything() -> None:
    async def interrupted() -> None:
        raise KeyboardInterrupt

    system = System(Supervisor(children=[child("a", [])]), clock=TrioClock())
    with pytest.RaisesGroup(KeyboardInterrupt, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await nursery.start(system.run)
            system.ref("a").tell_nowait(Do(lambda worker: worker.spawn(interrupted)))
    assert system.exit == Killed()


async def test_cancelling_run_ends_a_tree_without_actors_too() -> None:
    system = System(Supervisor(children=[ChildSpec("pool", Dynamic)]), clock=TrioClock())
    async with trio.open_nursery() as nursery:
        await nursery.start(system.run)
        nursery.cancel_scope.cancel()
    assert system.exit == Killed()
