"""forward: another actor answers. defer: this one answers later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from supervision import Actor, ActorDead, ChildSpec, Forwarded, Mailbox, MailboxFull
from supervision.mailbox import Asked
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Nap, Note, Ping, child


class Desk(Actor[Any]):
    """Hands everything on to `back`."""

    async def receive(self, message: Any) -> Forwarded:
        return self.forward(self.system.ref("back"), message)


async def test_a_forwarded_ask_is_answered_by_the_other() -> None:
    async with run_tree([child("back", []), ChildSpec("desk", Desk)]) as system:
        assert await system.ref("desk").ask(Ping("from the back"), timeout=1) == "from the back"


async def test_forwarding_does_not_make_the_first_one_wait(autojump_clock: MockClock) -> None:
    async with run_tree([child("back", []), ChildSpec("desk", Desk)]) as system, trio.open_nursery() as nursery:
        nursery.start_soon(lambda: system.ref("desk").ask(Nap(5), timeout=9))
        await settled()
        system.ref("desk").tell_nowait(Note("seen"))
        await settled()
        assert next(row.mailbox for row in system.tree() if row.path == "desk") == 0


async def test_a_told_message_is_told_on() -> None:
    probe = Probe()
    async with run_tree([ChildSpec("back", lambda: probe), ChildSpec("desk", Desk)]) as system:
        system.ref("desk").tell_nowait(Note("x"))
        await probe.expect(Note)


async def test_forwarding_to_the_dead_fails_the_asker_and_nobody_else() -> None:
    async with run_tree([ChildSpec("desk", Desk)]) as system:
        with pytest.raises(ActorDead, match="back"):
            await system.ref("desk").ask(Ping(), timeout=1)
        assert system.tree()[1].restarts == 0


async def test_forwarding_into_a_full_mailbox_fails_the_asker() -> None:
    class Narrow(Probe):
        mailbox = Mailbox(capacity=1)

        async def receive(self, message: Any) -> object:
            await trio.sleep_forever()

    async with run_tree([ChildSpec("back", Narrow, shutdown="brutal_kill"), ChildSpec("desk", Desk)]) as system:
        for _ in range(2):
            await system.ref("back").tell(1)
            await settled()
        with pytest.raises(MailboxFull, match="back"):
            await system.ref("desk").ask(Ping(), timeout=1)


class Clerk(Actor[Any]):
    """Keeps each ask open until it is told to answer them all."""

    def __init__(self) -> None:
        self.open: list[Asked | None] = []

    async def receive(self, message: Any) -> object:
        if isinstance(message, Ping):
            self.open.append(self.defer())
            return Forwarded()
        for asked in self.open:
            if asked is not None:
                asked.answer("at last")
        return None


async def ask_into(replies: list[object], ask: Callable[[], Any]) -> None:
    try:
        replies.append(await ask())
    except ActorDead as error:
        replies.append(type(error))


async def test_a_deferred_ask_is_answered_when_its_time_comes() -> None:
    replies: list[object] = []
    async with run_tree([ChildSpec("clerk", Clerk)]) as system, trio.open_nursery() as nursery:
        for _ in range(40):
            nursery.start_soon(ask_into, replies, lambda: system.ref("clerk").ask(Ping(), timeout=9))
        await settled()
        assert replies == []
        system.ref("clerk").tell_nowait(Note("now"))
    assert replies == ["at last"] * 40


async def test_deferred_asks_fail_with_their_actor() -> None:
    replies: list[object] = []
    async with run_tree([ChildSpec("clerk", Clerk)]) as system, trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask_into, replies, lambda: system.ref("clerk").ask(Ping(), timeout=9))
        await settled()
        system.stop()
    assert replies == [ActorDead] * 3


async def test_a_told_message_cannot_be_deferred() -> None:
    clerk = Clerk()
    async with run_tree([ChildSpec("clerk", lambda: clerk)]) as system:
        system.ref("clerk").tell_nowait(Ping())
        system.ref("clerk").tell_nowait(Note("now"))
        await settled()
        assert clerk.open == [None]


async def test_an_answer_to_an_asker_who_gave_up_is_dropped(autojump_clock: MockClock) -> None:
    clerk = Clerk()
    async with run_tree([ChildSpec("clerk", lambda: clerk)]) as system:
        with trio.move_on_after(1):
            await system.ref("clerk").ask(Ping(), timeout=9)
        system.ref("clerk").tell_nowait(Note("now"))
        await settled()
        assert system.tree()[1].restarts == 0
