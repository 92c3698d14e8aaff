"""Down: one for each watch, for whatever lives at the path, at once when nobody does."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from supervision import ActorDead, ChildSpec, Down, Dynamic, Failed, Mailbox, Normal, Shutdown, StartFailed, Supervisor
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Boom, Broken, Do, End, child


def same(down: Down) -> Down:
    return down


async def test_a_watcher_is_told_how_the_other_ended() -> None:
    probe, error = Probe(), Broken()
    async with run_tree([child("a", []), ChildSpec("w", lambda: probe)]) as system:
        probe.monitor("a", same)
        system.ref("a").tell_nowait(Boom(error))
        assert await probe.expect(Down) == Down("a", Failed(error))


async def test_a_watch_sees_one_incarnation_only() -> None:
    probe = Probe()
    async with run_tree(Supervisor(children=[child("a", []), ChildSpec("w", lambda: probe)], intensity=9)) as system:
        probe.monitor("a", same)
        for _ in range(3):
            system.ref("a").tell_nowait(Boom())
            await settled()
        assert len(probe.received) == 1


async def test_watching_nobody_brings_a_down_at_once() -> None:
    probe = Probe()
    async with run_tree([ChildSpec("w", lambda: probe)]):
        probe.monitor("nobody", same)
        down = await probe.expect(Down)
        assert isinstance(down.exit, Failed)
        assert isinstance(down.exit.error, ActorDead)


@pytest.mark.parametrize("path", ["in", "in/pool"])
async def test_supervisors_can_be_watched_too(path: str) -> None:
    probe = Probe()
    inner = Supervisor(children=[child("x", []), ChildSpec("pool", Dynamic)], intensity=0)
    async with run_tree([ChildSpec("in", lambda: inner, "temporary"), ChildSpec("w", lambda: probe)]) as system:
        probe.monitor(path, same)
        system.ref("in/x").tell_nowait(Boom())
        down = await probe.expect(Down)
        assert down.path == path


async def test_a_start_that_fails_later_reaches_those_who_watch_it() -> None:
    probe = Probe()
    async with run_tree([ChildSpec("pool", Dynamic), ChildSpec("w", lambda: probe)]) as system:
        for how in ("fails", "explodes"):
            ref = system.dynamic("pool").start_soon(child(how, [], starts=how))
            probe.monitor(ref.path, same)
            down = await probe.expect(Down)
            assert isinstance(down.exit, Failed)
            assert isinstance(down.exit.error, StartFailed)
            assert isinstance(down.exit.error.error, Broken)
        assert system.dynamic("pool").children() == ()


async def test_a_cancelled_watch_is_silent_before_and_after_the_end() -> None:
    probe = Probe()
    async with run_tree([child("a", [], "temporary"), child("b", [], "temporary"), ChildSpec("w", lambda: probe)]) as system:
        early, other = probe.monitor("a", same), probe.monitor("a", same)
        early.cancel()
        late = probe.monitor("nobody", same)  # its Down is in the mailbox already
        late.cancel()
        system.ref("a").tell_nowait(End())
        await settled()
        assert probe.received == [Down("a", Normal())]
        other.cancel()


async def test_a_down_gets_through_a_full_mailbox(autojump_clock: MockClock) -> None:
    class Narrow(Probe):
        mailbox = Mailbox(capacity=1)

        async def receive(self, message: object) -> object:
            await trio.sleep(1)
            return await super().receive(message)

    probe = Narrow()
    async with run_tree([child("a", [], "temporary"), ChildSpec("w", lambda: probe)]) as system:
        probe.monitor("a", same)
        for number in range(2):
            await system.ref("w").tell(number)
            await settled()
        system.ref("a").tell_nowait(End(Shutdown()))
        await trio.sleep(5)
        assert probe.received == [0, Down("a", Shutdown()), 1]


async def test_a_watcher_that_ended_is_told_nothing() -> None:
    watcher = Probe()
    async with run_tree([child("a", [], "temporary"), ChildSpec("w", lambda: watcher, "temporary")]) as system:
        watcher.monitor("a", same)
        watcher.finish()
        await settled()
        system.ref("a").tell_nowait(End())
        await settled()
        assert watcher.received == []
        assert system.dead_letters == 0


async def test_the_message_is_made_in_the_watchers_task() -> None:
    probe = Probe()

    def breaks(_down: Down) -> Down:
        raise Broken

    async with run_tree([child("a", [], "temporary"), ChildSpec("w", lambda: probe)]) as system:
        probe.monitor("a", breaks)
        system.ref("a").tell_nowait(End())
        await settled()
        assert [row.restarts for row in system.tree() if row.path == "w"] == [1]


async def test_an_actor_may_watch_from_its_start() -> None:
    downs: list[Down] = []
    async with run_tree([child("a", []), child("b", [], "temporary")]) as system:
        system.ref("b").tell_nowait(Do(lambda worker: worker.monitor("a", downs.append)))
        await settled()
        system.ref("a").tell_nowait(End())
        await settled()
        assert downs == [Down("a", Normal())]
