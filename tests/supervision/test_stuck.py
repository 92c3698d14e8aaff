"""A child that swallows its cancellation cannot be forced; it must not hang its supervisor either."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from supervision import Actor, ActorDead, ChildSpec, Dynamic, KernelEvent, Killed, Shutdown, Supervisor
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Boom, Do, Journal, Nap, Note, Ping, Worker, child, ends, happened, swallow


class Stubborn(Actor[Any]):
    """Swallows Cancelled once, in its handler, and then takes `seconds` more."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def receive(self, message: Any) -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                await trio.sleep(self.seconds)
            if isinstance(message, Note):
                raise


@pytest.mark.parametrize("message", [Note("re-raises"), Ping("swallows for good")])
async def test_one_that_goes_within_the_grace_is_merely_killed(message: object, autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    tree = [ChildSpec("a", lambda: Stubborn(2), shutdown=1.0)]
    async with run_tree(tree, observe=events.append, kill_grace_s=5) as system:
        system.ref("a").tell_nowait(message)
        await settled()
    assert ends(events) == [("a", Killed()), ("", Shutdown())]
    assert happened(events, "stuck") == []
    assert trio.current_time() == 3


async def test_one_that_does_not_go_is_reported_and_abandoned(autojump_clock: MockClock) -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    tree = [child("first", journal), ChildSpec("a", lambda: Stubborn(60), shutdown=1.0)]
    async with run_tree(tree, observe=events.append, kill_grace_s=5) as system:
        system.ref("a").tell_nowait(Note("x"))
        await settled()
        system.stop()
        assert await system.wait_ended() == Shutdown()
        assert trio.current_time() == 6
        assert journal == ["start first", "stop first"]
        assert happened(events, "stuck") == ["a"]
        assert list(system.abandoned) == ["a"]
    assert trio.current_time() == 61  # trio lets nobody leave before
    assert list(system.abandoned) == []
    assert ends(events) == [("a", Killed()), ("first", Shutdown()), ("", Shutdown())]


async def test_a_supervisor_restarts_beside_one_that_it_abandoned(autojump_clock: MockClock) -> None:
    tree = Supervisor(children=[ChildSpec("a", lambda: Stubborn(60), shutdown=1.0), child("b", [])], strategy="one_for_all")
    async with run_tree(tree, kill_grace_s=2) as system:
        system.ref("a").tell_nowait(Note("x"))
        system.ref("b").tell_nowait(Boom())
        await trio.sleep(3.5)
        assert await system.ref("b").ask(Ping(), timeout=1) == "pong"
        assert [(row.path, row.restarts) for row in system.tree()[1:]] == [("a", 1), ("b", 1)]


async def test_whoever_asked_an_abandoned_actor_is_told(autojump_clock: MockClock) -> None:
    async with run_tree([ChildSpec("pool", Dynamic)], kill_grace_s=2) as system, trio.open_nursery() as nursery:
        pool = system.dynamic("pool")
        ref = await pool.start(ChildSpec("a", lambda: Stubborn(60), shutdown=1.0))

        async def asker() -> None:
            with pytest.raises(ActorDead):
                await ref.ask(Ping(), timeout=99)
            assert trio.current_time() == 3

        nursery.start_soon(asker)
        await settled()
        await pool.stop("a")
        assert trio.current_time() == 3


async def test_an_abandoned_actor_can_do_no_more_harm(autojump_clock: MockClock) -> None:
    late: list[str] = []

    class Zombie(Stubborn):
        async def receive(self, message: Any) -> None:
            await super().receive(message)
            self.spawn(self.haunt)
            self.after(1.0, "timer")

        async def haunt(self) -> None:
            late.append("spawned")
            await trio.sleep(1)
            late.append("lived on")

    events: list[KernelEvent] = []
    async with run_tree([ChildSpec("a", lambda: Zombie(60), shutdown=0.0)], kill_grace_s=1, observe=events.append) as system:
        system.ref("a").tell_nowait(Ping())
        await settled()
    assert late == ["spawned"]
    assert ends(events)[0] == ("a", Killed())
    assert happened(events, "stuck") == ["a"]


async def test_a_background_task_that_does_not_go_is_abandoned_with_its_actor(autojump_clock: MockClock) -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    async with run_tree([child("a", journal)], observe=events.append, kill_grace_s=2) as system:
        system.ref("a").tell_nowait(Do(lambda worker: worker.spawn(swallow(30))))
        system.ref("a").tell_nowait(Boom())
        await trio.sleep(1)
        with pytest.raises(ActorDead):
            await system.ref("a").ask(Ping(), timeout=9)
        await trio.sleep(1.5)
        assert await system.ref("a").ask(Ping(), timeout=9) == "pong"
    assert happened(events, "stuck") == ["a"]
    assert trio.current_time() == 30


async def test_a_kill_reaches_a_subtree_with_a_stuck_leaf(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    inner = Supervisor(children=[child("x", []), ChildSpec("y", lambda: Stubborn(60))])
    async with run_tree([ChildSpec("in", lambda: inner)], observe=events.append, kill_grace_s=2) as system:
        system.ref("in/y").tell_nowait(Note("x"))
        await settled()
        system.kill()
        assert await system.wait_ended() == Killed()
        assert trio.current_time() == 2
    assert dict(ends(events)) == {"in/x": Killed(), "in/y": Killed(), "in": Killed(), "": Killed()}


async def test_a_start_that_swallows_its_stop_is_abandoned_too(autojump_clock: MockClock) -> None:
    class Deaf(Probe):
        async def started(self) -> None:
            with trio.CancelScope(shield=True):
                await trio.sleep(60)

    async with run_tree([ChildSpec("pool", Dynamic)], kill_grace_s=2) as system:
        pool = system.dynamic("pool")
        pool.start_soon(ChildSpec("a", Deaf, shutdown=1.0))
        await settled()
        await pool.stop("a")
        assert trio.current_time() == 3


async def test_a_long_handler_is_not_stuck_as_long_as_nobody_stops_it(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        system.ref("a").tell_nowait(Nap(600))
        await trio.sleep(601)
        assert journal == ["start a", "a rested"]
    assert isinstance(Worker(journal, iter(())), Actor)
