"""The system: boot, stop, kill, and what can be seen of the tree."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from trio.testing import MockClock

from supervision import ChildSpec, Dynamic, KernelEvent, Killed, Shutdown, Supervisor, System, TreeRow
from supervision.clock import SystemClock, TrioClock, jitter
from supervision.errors import UnknownActor
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Boom, Do, Journal, Note, child, ends


async def test_an_empty_tree_runs_until_it_is_stopped(autojump_clock: MockClock) -> None:
    async with run_tree([]) as system:
        await trio.sleep(10)
        assert system.exit is None
    assert system.exit == Shutdown()


async def test_the_second_stop_kills(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [], shutdown="infinity", parting=partial(trio.sleep, 60))]) as system:
        system.stop()
        assert system.stopping
        await trio.sleep(1)
        system.stop()
    assert system.exit == Killed()
    assert trio.current_time() == 1


@pytest.mark.parametrize("order", ["stop", "kill"])
async def test_an_order_given_before_the_start_is_obeyed(order: str) -> None:
    journal: Journal = []
    system = System(Supervisor(children=[child("a", journal), child("b", journal)]), clock=TrioClock())
    getattr(system, order)()
    assert await system.run() == (Shutdown() if order == "stop" else Killed())
    assert "start b" not in journal
    assert system.tree() == []


async def test_a_system_that_never_ran_shows_an_empty_tree() -> None:
    assert System(Supervisor(), clock=TrioClock()).tree() == []


async def test_stopping_what_has_ended_changes_nothing() -> None:
    async with run_tree([child("a", [])]) as system:
        system.stop()
        await system.wait_ended()
        system.stop()
        system.kill()
    assert system.exit == Shutdown()


async def test_the_tree_shows_a_row_for_each_in_start_order(autojump_clock: MockClock) -> None:
    clock = TrioClock(1_000_000)
    inner = Supervisor(children=[ChildSpec("probe", Probe)], intensity=9)
    async with run_tree([ChildSpec("in", lambda: inner), ChildSpec("pool", Dynamic), child("a", [])], clock=clock) as system:
        await trio.sleep(2)
        system.ref("in/probe").tell_nowait("one")
        await settled()
        system.ref("a").tell_nowait(Boom())
        await settled()
        assert system.tree() == [
            TreeRow("", 0, "supervisor", "running", 0, 0, 0, 1_000_000),
            TreeRow("in", 1, "supervisor", "running", 0, 0, 0, 1_000_000),
            TreeRow("in/probe", 2, "actor", "1 received", 0, 64, 0, 1_000_000),
            TreeRow("pool", 1, "dynamic", "running", 0, 0, 0, 1_000_000),
            TreeRow("a", 1, "actor", "running", 0, 64, 1, 1_002_000),
        ]


async def test_the_tree_shows_how_full_a_mailbox_is(autojump_clock: MockClock) -> None:
    class Slow(Probe):
        async def receive(self, message: object) -> None:
            await trio.sleep(1)

    async with run_tree([ChildSpec("a", Slow, shutdown="brutal_kill")]) as system:
        for _ in range(5):
            await system.ref("a").tell("x")
        await settled()
        assert system.tree()[1].mailbox == 4


async def test_a_status_that_breaks_does_not_hide_the_tree() -> None:
    class Shy(Probe):
        def status(self) -> str:
            raise ValueError("no comment")

    async with run_tree([ChildSpec("a", Shy), child("b", [])]) as system:
        assert [row.status for row in system.tree()] == ["running", "status() raised ValueError", "running"]


async def test_stopping_children_are_shown_until_they_are_gone(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [], parting=partial(trio.sleep, 2))]) as system:
        system.stop()
        await trio.sleep(1)
        assert [row.status for row in system.tree()] == ["stopping", "stopping"]


async def test_two_systems_do_not_know_each_other() -> None:
    async with run_tree([child("a", [])]) as one, run_tree([child("b", [])]) as other:
        assert (one.alive("a"), one.alive("b"), other.alive("a"), other.alive("b")) == (True, False, False, True)


async def test_an_actor_knows_its_place() -> None:
    probe = Probe()
    async with run_tree([ChildSpec("in", lambda: Supervisor(children=[ChildSpec("a", lambda: probe)]))]) as system:
        assert probe.path == "in/a"
        assert probe.ref == system.ref("in/a")
        assert probe.system is system


async def test_a_ticking_clock_follows_trio(autojump_clock: MockClock) -> None:
    clock = TrioClock(5_000)
    assert clock.now_ms() == 5_000
    await trio.sleep(1.5)
    assert clock.now_ms() == 6_500


def test_the_system_clock_tells_milliseconds_of_this_century() -> None:
    assert 1_700_000_000_000 < SystemClock().now_ms() < 4_000_000_000_000


def test_jitter_shortens_by_at_most_a_half() -> None:
    assert all(0.5 <= jitter() <= 1.0 for _ in range(100))


def test_the_facade_offers_at_most_25_names_in_alphabetical_order() -> None:
    import supervision

    assert supervision.__all__ == sorted(supervision.__all__, key=str.lower)
    assert len(supervision.__all__) <= 25
    assert all(hasattr(supervision, name) for name in supervision.__all__)


async def test_dead_letters_are_counted_without_an_observer() -> None:
    async with run_tree([]) as system:
        system.ref("x").tell_nowait(Note("x"))
        assert system.dead_letters == 1


async def test_a_kill_of_several_empty_pools_ends_each_once() -> None:
    events: list[KernelEvent] = []
    async with run_tree([ChildSpec(name, Dynamic) for name in "abc"], observe=events.append) as system:
        system.kill()
    assert sorted(ends(events)) == [("", Killed()), ("a", Killed()), ("b", Killed()), ("c", Killed())]


async def test_one_can_ask_what_an_actor_accepts_and_whether_it_takes_messages(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [], parting=partial(trio.sleep, 1)), ChildSpec("pool", Dynamic)]) as system:
        assert system.accepts("a") == (Note,)
        assert system.receives("a")
        assert not system.receives("pool")
        with pytest.raises(UnknownActor):
            system.accepts("pool")
        system.stop()
        await settled()
        assert system.alive("a")
        assert not system.receives("a")


async def test_an_actor_can_see_how_many_messages_wait() -> None:
    waiting: list[int] = []
    async with run_tree([child("a", [])]) as system:
        for _ in range(3):
            system.ref("a").tell_nowait(Do(lambda worker: waiting.append(worker.mail())))
        await settled()
    assert waiting == [2, 1, 0]


async def test_an_observer_that_breaks_is_counted_and_harms_nobody() -> None:
    def full_disk(_event: KernelEvent) -> None:
        raise OSError

    async with run_tree([child("a", [])], observe=full_disk) as system:
        system.ref("a").tell_nowait(Boom())
        await settled()
        assert system.alive("a")
        assert system.registry.unobserved == 5


async def test_what_ends_at_once_leaves_no_deadline_behind() -> None:
    async with run_tree([ChildSpec("pool", Dynamic, shutdown=60.0), ChildSpec("in", Supervisor, shutdown=60.0)]) as system:
        pass
    assert len(system.timers) == 0
