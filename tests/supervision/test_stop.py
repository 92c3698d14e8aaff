"""Stopping: in order, with a deadline, then by force; and what happens to messages meanwhile."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from trio.testing import MockClock

from supervision import ActorDead, ChildSpec, Dynamic, Failed, KernelEvent, Killed, Normal, Shutdown, Supervisor
from supervision.childspec import ShutdownTime
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Boom, Broken, Do, End, Journal, Nap, Note, Ping, Worker, child, ends


async def test_an_idle_child_stops_at_once_and_in_order(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    journal: Journal = []
    async with run_tree([child("a", journal)], observe=events.append):
        began = trio.current_time()
    assert trio.current_time() == began
    assert journal == ["start a", "stop a"]
    assert ends(events) == [("a", Shutdown()), ("", Shutdown())]


async def test_a_running_handler_is_finished_before_the_stop(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        system.ref("a").tell_nowait(Nap(3))
        await trio.sleep(1)
    assert journal == ["start a", "a rested", "stop a"]
    assert trio.current_time() == 3


async def test_messages_behind_the_handler_are_not_handled_after_a_stop(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        system.ref("a").tell_nowait(Nap(1))
        system.ref("a").tell_nowait(Note("too late"))
        await settled()
    assert "a too late" not in journal
    assert system.dead_letters == 1


@pytest.mark.parametrize(
    ("shutdown", "how", "after"), [(2.0, Killed(), 2), ("infinity", Shutdown(), 30), ("brutal_kill", Killed(), 0), (None, Killed(), 5)]
)
async def test_a_long_farewell_has_the_time_that_the_spec_gives(
    shutdown: ShutdownTime | None, how: Killed | Shutdown, after: float, autojump_clock: MockClock
) -> None:
    events: list[KernelEvent] = []
    async with run_tree([child("a", [], shutdown=shutdown, parting=partial(trio.sleep, 30))], observe=events.append):
        pass
    assert ends(events)[0] == ("a", how)
    assert trio.current_time() == after


async def test_a_handler_that_outlasts_the_deadline_is_killed_and_its_asker_told(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [], shutdown=1.0)]) as system, trio.open_nursery() as nursery:

        async def asker() -> None:
            with pytest.raises(ActorDead) as caught:
                await system.ref("a").ask(Nap(60), timeout=99)
            assert caught.value.exit == Killed()

        nursery.start_soon(asker)
        await settled()
        system.stop()
    assert trio.current_time() == 1
    assert len(system.timers) == 0


async def test_a_supervisor_below_has_all_the_time_it_needs(autojump_clock: MockClock) -> None:
    journal: Journal = []
    inner = Supervisor(children=[child(name, journal, shutdown=20.0, parting=partial(trio.sleep, 10)) for name in "xy"])
    async with run_tree([ChildSpec("in", lambda: inner)]):
        pass
    assert journal[2:] == ["stop in/y", "stop in/x"]
    assert trio.current_time() == 20


async def test_a_supervisor_below_with_a_deadline_is_killed_with_all_below_it(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    inner = Supervisor(children=[child(name, [], shutdown="infinity", parting=partial(trio.sleep, 10)) for name in "xy"])
    async with run_tree([ChildSpec("in", lambda: inner, shutdown=3.0)], observe=events.append):
        pass
    assert dict(ends(events)) == {"in/x": Killed(), "in/y": Killed(), "in": Killed(), "": Shutdown()}
    assert trio.current_time() == 3


async def test_a_farewell_that_raises_is_a_failure() -> None:
    events: list[KernelEvent] = []

    async def raises() -> None:
        raise Broken

    async with run_tree([child("a", [], parting=raises)], observe=events.append):
        pass
    assert isinstance(dict(ends(events))["a"], Failed)


async def test_a_farewell_is_not_said_after_a_failure() -> None:
    journal: Journal = []
    async with run_tree([child("a", journal, "temporary")]) as system:
        system.ref("a").tell_nowait(Boom())
        await settled()
    assert journal == ["start a"]


async def test_finish_ends_after_the_present_handler_with_a_farewell() -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    async with run_tree([child("a", journal, "temporary")], observe=events.append) as system:
        for message in (Note("before"), End(), Note("after")):
            system.ref("a").tell_nowait(message)
        await settled()
    assert journal == ["start a", "a before", "stop a"]
    assert dict(ends(events))["a"] == Normal()
    assert system.dead_letters == 1


async def test_a_stop_does_not_cut_off_the_farewell_of_one_that_finishes(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal, "temporary", parting=partial(trio.sleep, 2))]) as system:
        system.ref("a").tell_nowait(End())
        await settled()
        system.stop()
    assert journal == ["start a", "stop a"]
    assert trio.current_time() == 2


async def test_finish_in_started_ends_before_the_first_message() -> None:
    journal: Journal = []

    class Brief(Worker):
        async def started(self) -> None:
            await super().started()
            self.finish()

    async with run_tree([ChildSpec("a", lambda: Brief(journal, iter(())), "transient")]) as system:
        await settled()
        assert not system.alive("a")
    assert journal == ["start a", "stop a"]


async def test_finish_from_a_background_task_wakes_an_idle_actor() -> None:
    async def later(worker: Worker) -> None:
        worker.finish(Shutdown())

    events: list[KernelEvent] = []
    async with run_tree([child("a", [], "temporary")], observe=events.append) as system:
        system.ref("a").tell_nowait(Do(lambda worker: worker.spawn(later, worker)))
        await settled()
        assert dict(ends(events)) == {"a": Shutdown()}


async def test_a_message_that_arrives_with_the_stop_is_refused_not_half_handled() -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        await settled()
        system.ref("a").tell_nowait(Note("in flight"))  # wakes the actor; the stop comes before it runs
        system.stop()
    assert journal == ["start a", "stop a"]
    assert system.dead_letters == 1


async def test_a_full_mailbox_does_not_hide_a_stop() -> None:
    class Narrow(Probe):
        mailbox = Probe.mailbox.__class__(capacity=1)

    async with run_tree([ChildSpec("a", Narrow)]) as system:
        await settled()
        system.ref("a").tell_nowait(1)
        system.ref("a").tell_nowait(2)
        system.stop()
    assert system.dead_letters == 2


async def test_an_ask_to_a_stopping_actor_fails_at_once(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [], parting=partial(trio.sleep, 2))]) as system:
        system.stop()
        await settled()
        assert system.alive("a")
        with pytest.raises(ActorDead):
            await system.ref("a").ask(Ping(), timeout=1)
        assert trio.current_time() == 0


async def test_a_pool_that_is_stopping_starts_nobody(autojump_clock: MockClock) -> None:
    async with run_tree([ChildSpec("pool", Dynamic)]) as system:
        pool = system.dynamic("pool")
        await pool.start(child("a", [], parting=partial(trio.sleep, 2)))
        system.stop()
        await settled()
        with pytest.raises(ActorDead):
            pool.start_soon(child("b", []))
        assert pool.children() == ("a",)
