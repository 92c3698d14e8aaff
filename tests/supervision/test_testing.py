"""The test tools, since others rely on them."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from supervision import ActorDead, ChildSpec
from supervision.errors import UnknownActor
from supervision.testing import Crashed, Probe, crash, run_tree, settled
from tests.supervision.workers import Broken, Journal, Note, Ping, child


async def test_a_probe_keeps_what_it_gets_and_answers() -> None:
    probe = Probe(reply="yes")
    async with run_tree([ChildSpec("a", lambda: probe)]) as system:
        assert await system.ref("a").ask(Ping("x"), timeout=1) == "yes"
        assert probe.received == [Ping("x")]


async def test_expect_passes_over_other_messages_and_each_counts_once() -> None:
    probe = Probe()
    async with run_tree([ChildSpec("a", lambda: probe)]) as system:
        for message in (Ping(), Note("one"), Ping(), Note("two")):
            system.ref("a").tell_nowait(message)
        assert await probe.expect(Note) == Note("one")
        assert await probe.expect(Note) == Note("two")


async def test_expect_gives_up_after_its_time(autojump_clock: MockClock) -> None:
    probe = Probe()
    async with run_tree([ChildSpec("a", lambda: probe)]):
        with pytest.raises(trio.TooSlowError):
            await probe.expect(Note, timeout=3)
        assert trio.current_time() == 3


async def test_crash_breaks_the_next_handler_once() -> None:
    async with run_tree([child("a", [])]) as system:
        crash(system, "a")
        with pytest.raises(ActorDead) as caught:
            await system.ref("a").ask(Ping(), timeout=1)
        assert isinstance(caught.value.__cause__, Crashed)
        assert await system.ref("a").ask(Ping(), timeout=1) == "pong"


async def test_crash_breaks_with_a_given_error_and_needs_somebody_to_break() -> None:
    async with run_tree([child("a", [])]) as system:
        crash(system, "a", Broken("mine"))
        with pytest.raises(ActorDead) as caught:
            await system.ref("a").ask(Ping(), timeout=1)
        assert isinstance(caught.value.__cause__, Broken)
        with pytest.raises(UnknownActor):
            crash(system, "nobody")


async def test_crash_works_twice_on_an_actor_whose_factory_gives_the_same_object() -> None:
    probe = Probe(reply="alive")
    async with run_tree([ChildSpec("a", lambda: probe)]) as system:
        crash(system, "a")
        with pytest.raises(ActorDead):
            await system.ref("a").ask(Ping(), timeout=1)
        assert await system.ref("a").ask(Ping(), timeout=1) == "alive"


async def test_run_tree_stops_the_tree_when_the_body_raises_and_lets_the_error_through() -> None:
    journal: Journal = []
    with pytest.raises(Broken):
        async with run_tree([child("a", journal)]):
            raise Broken
    assert journal == ["start a", "stop a"]


async def test_run_tree_is_killed_with_the_scope_around_it(autojump_clock: MockClock) -> None:
    journal: Journal = []
    with trio.move_on_after(1):
        async with run_tree([child("a", journal)]):
            await trio.sleep_forever()
    assert journal == ["start a"]


async def test_settled_returns_when_all_that_could_happen_has_happened() -> None:
    probe = Probe()
    async with run_tree([ChildSpec("a", lambda: probe)]) as system:
        for number in range(3):
            system.ref("a").tell_nowait(number)
        await settled()
        assert probe.received == [0, 1, 2]
