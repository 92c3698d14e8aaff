"""Telling and asking: order, refusal, and that nobody waits for the dead."""

from __future__ import annotations

import math
from typing import assert_type

import pytest
import trio
from trio.testing import MockClock

from supervision import ActorDead, AskTimeout, ChildSpec, Failed, KernelEvent, Mailbox, MailboxFull, Supervisor
from supervision.errors import NotAccepted, UnknownActor
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Boom, Broken, Journal, Nap, Note, Ping, child


class Waiting(Probe):
    mailbox = Mailbox(capacity=1)


class Failing(Probe):
    mailbox = Mailbox(capacity=1, overflow="fail")


class Dropping(Probe):
    mailbox = Mailbox(capacity=1, overflow="drop_new")


async def test_told_messages_arrive_in_order() -> None:
    probe = Probe()
    async with run_tree([ChildSpec("a", lambda: probe)]) as system:
        for number in range(5):
            await system.ref("a").tell(number)
        await settled()
        assert probe.received == [0, 1, 2, 3, 4]


async def test_an_ask_gets_what_the_handler_returns() -> None:
    async with run_tree([child("a", [])]) as system:
        assert assert_type(await system.ref("a").ask(Ping("hello"), timeout=1), str) == "hello"
        assert await system.ref("a").ask(Ping("for ever"), timeout=math.inf) == "for ever"


async def test_an_ask_fails_at_its_time_limit_and_a_late_answer_harms_nobody(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [])]) as system:
        with pytest.raises(AskTimeout, match="within 2 s"):
            await system.ref("a").ask(Nap(5), timeout=2)
        assert trio.current_time() == 2
        assert await system.ref("a").ask(Ping(), timeout=9) == "pong"


async def test_cancelling_an_asker_leaves_the_actor_alone(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        with trio.move_on_after(1) as scope:
            await system.ref("a").ask(Nap(5), timeout=99)
        assert scope.cancelled_caught
        assert await system.ref("a").ask(Ping(), timeout=9) == "pong"
        assert "a rested" in journal


async def test_a_handlers_exception_fails_its_asker_and_ends_the_incarnation() -> None:
    error = Broken("why")
    async with run_tree([child("a", [], "temporary")]) as system:
        with pytest.raises(ActorDead) as caught:
            await system.ref("a").ask(Boom(error), timeout=1)
        assert caught.value.exit == Failed(error)
        assert caught.value.__cause__ is error
        assert not system.alive("a")


async def test_asks_that_wait_in_the_mailbox_fail_with_their_actor(autojump_clock: MockClock) -> None:
    async with run_tree([child("a", [], "temporary")]) as system, trio.open_nursery() as nursery:

        async def asker() -> None:
            with pytest.raises(ActorDead):
                await system.ref("a").ask(Ping(), timeout=99)

        system.ref("a").tell_nowait(Nap(1))
        system.ref("a").tell_nowait(Boom())
        await settled()
        for _ in range(3):
            nursery.start_soon(asker)
    assert trio.current_time() == 1


async def test_an_ask_to_nobody_fails_at_once() -> None:
    async with run_tree([ChildSpec("in", Supervisor)]) as system:
        for path in ("nobody", "in", ""):
            with pytest.raises(ActorDead):
                await system.ref(path).ask(Ping(), timeout=1)


async def test_a_tell_to_nobody_is_a_counted_dead_letter() -> None:
    events: list[KernelEvent] = []
    async with run_tree([], observe=events.append) as system:
        system.ref("nobody").tell_nowait(Note("x"))
        await system.ref("nobody").tell(Note("x"))
        assert system.dead_letters == 2
    assert KernelEvent("dead_letter", "nobody", detail="Note") in events


@pytest.mark.parametrize("maker", [Waiting, Failing])
async def test_tell_nowait_raises_when_there_is_no_room(maker: type[Probe]) -> None:
    async with run_tree([ChildSpec("a", maker)]) as system:
        system.ref("a").tell_nowait(1)  # wakes the idle actor
        system.ref("a").tell_nowait(2)
        with pytest.raises(MailboxFull):
            system.ref("a").tell_nowait(3)


async def test_tell_waits_for_room_where_the_policy_is_to_wait() -> None:
    probe = Waiting()
    async with run_tree([ChildSpec("a", lambda: probe)]) as system, trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(system.ref("a").tell, number)
        await settled()
        assert sorted(probe.received) == [0, 1, 2, 3, 4]


async def test_tell_fails_where_the_policy_is_to_fail() -> None:
    async with run_tree([ChildSpec("a", Failing)]) as system:
        system.ref("a").tell_nowait(1)
        system.ref("a").tell_nowait(2)
        with pytest.raises(MailboxFull):
            await system.ref("a").tell(3)


async def test_new_messages_are_dropped_and_counted_where_the_policy_says_so() -> None:
    probe = Dropping()
    events: list[KernelEvent] = []
    async with run_tree([ChildSpec("a", lambda: probe)], observe=events.append) as system:
        for number in range(5):
            system.ref("a").tell_nowait(number)
        await settled()
        assert probe.received == [0, 1]
        assert system.registry.dropped == 3
    assert events.count(KernelEvent("dropped", "a", detail="int")) == 3


@pytest.mark.parametrize("maker", [Failing, Dropping])
async def test_an_ask_is_never_dropped_but_fails(maker: type[Probe]) -> None:
    async with run_tree([ChildSpec("a", maker)]) as system:
        system.ref("a").tell_nowait(1)
        system.ref("a").tell_nowait(2)
        with pytest.raises(MailboxFull):
            await system.ref("a").ask(Ping(), timeout=1)


class Sleeper(Probe):
    mailbox = Mailbox(capacity=1)

    async def receive(self, message: object) -> object:
        if isinstance(message, Nap):
            await trio.sleep(message.seconds)
        return await super().receive(message)


async def test_an_ask_waits_for_room_and_for_its_answer_within_one_limit(autojump_clock: MockClock) -> None:
    probe = Sleeper(reply="done")
    async with run_tree([ChildSpec("a", lambda: probe)]) as system:
        for message in (Nap(2), Nap(1)):
            await system.ref("a").tell(message)
            await settled()
        with pytest.raises(AskTimeout, match=r"within 1\.5 s"):
            await system.ref("a").ask(Ping(), timeout=1.5)
        assert trio.current_time() == 1.5
        assert await system.ref("a").ask(Ping(), timeout=1.6) == "done"
        assert trio.current_time() == 3


async def test_an_answer_may_come_before_its_asker_looks_for_it() -> None:
    probe = Waiting(reply="quick")
    async with run_tree([ChildSpec("a", lambda: probe)]) as system:
        for _ in range(20):  # whoever trio lets run first
            system.ref("a").tell_nowait(1)
            system.ref("a").tell_nowait(2)
            assert await system.ref("a").ask(Ping(), timeout=1) == "quick"


async def test_senders_that_wait_for_room_are_let_go_when_the_actor_ends(autojump_clock: MockClock) -> None:
    async with run_tree([ChildSpec("a", Sleeper, "temporary", shutdown="brutal_kill")]) as system, trio.open_nursery() as nursery:

        async def asker() -> None:
            with pytest.raises(ActorDead):
                await system.ref("a").ask(Ping(), timeout=99)

        for message in (Nap(60), Note("fills it")):
            await system.ref("a").tell(message)
            await settled()
        nursery.start_soon(system.ref("a").tell, Note("waits"))
        nursery.start_soon(asker)
        await settled()
        system.stop()
    assert trio.current_time() == 0
    assert system.dead_letters == 2


async def test_outsiders_may_send_only_what_the_actor_accepts() -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        system.deliver("a", Note("welcome"))
        await settled()
        assert journal == ["start a", "a welcome"]
        with pytest.raises(NotAccepted):
            system.deliver("a", Boom())
        with pytest.raises(UnknownActor):
            system.deliver("b", Note("nobody"))


async def test_refs_to_the_same_path_are_equal() -> None:
    async with run_tree([]) as system:
        assert system.ref("a") == system.ref("a")
        assert system.ref("a") != system.ref("b")
        assert repr(system.ref("a")) == "Ref(path='a')"


async def test_an_actor_without_a_handler_says_so() -> None:
    from supervision import Actor

    async with run_tree([ChildSpec("a", Actor, "temporary")]) as system:
        with pytest.raises(ActorDead) as caught:
            await system.ref("a").ask(Ping(), timeout=1)
        assert "handles no messages" in str(caught.value.__cause__)
