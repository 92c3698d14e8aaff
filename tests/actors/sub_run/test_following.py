"""What a run asks of those that it has begun is asked until it is heard, also where nobody looks at the run any more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio

from actors.run.messages import ForRun
from actors.sub_run.following import AGAIN_S, Kin
from supervision import ActorDead, AskTimeout, MailboxFull


class Registrar:
    """Answers what it is told to, one after the other; the last word for ever."""

    def __init__(self, *answers: Exception | str) -> None:
        self.answers = list(answers)
        self.asked: list[ForRun] = []

    async def ask(self, message: ForRun, *, timeout: float) -> str:
        self.asked.append(message)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class World:
    """A run that was cancelled and has ended, one that it had begun, and those who are asked."""

    def __init__(self, nursery: trio.Nursery, registrar: Registrar) -> None:
        self.child = SimpleNamespace(status="running", facts={})
        self.book = SimpleNamespace(state=SimpleNamespace(
            terminal=True, section="body", finally_since_ms=None, cancel_reason="x", parent_run_id=None, status="cancelled", anew=0,
            children={"child": SimpleNamespace(run_id="child", node_id="n", let_go=False)},
        ))  # fmt: skip
        self.system = SimpleNamespace(ref=lambda _: registrar)
        self.services = SimpleNamespace(
            clock=SimpleNamespace(now_ms=lambda: 0), rules=SimpleNamespace(cleanup_grace_ms=0),
            store=SimpleNamespace(catalog=SimpleNamespace(get=lambda _: self.child)),
        )  # fmt: skip
        self.spawn = nursery.start_soon


@pytest.mark.parametrize("trouble", [MailboxFull("registrar"), AskTimeout("registrar", 30.0)], ids=["full", "slow"])
async def test_a_cancel_that_was_not_heard_is_asked_again(trouble: Exception, autojump_clock: Any) -> None:
    registrar = Registrar(trouble, trouble, "heard")
    async with trio.open_nursery() as nursery:
        kin = Kin(World(nursery, registrar))  # type: ignore[arg-type]  # a stand-in
        await kin.follow(kin.run.book.state)
        assert kin.busy
    assert ([message.run_id for message in registrar.asked], kin.busy) == (["child"] * 3, False)
    assert trio.current_time() == pytest.approx(2 * AGAIN_S)


async def test_nothing_is_asked_any_more_of_one_that_has_ended_and_nobody_who_is_gone_is_waited_for(autojump_clock: Any) -> None:
    registrar = Registrar(MailboxFull("registrar"))
    async with trio.open_nursery() as nursery:
        world = World(nursery, registrar)
        kin = Kin(world)  # type: ignore[arg-type]  # a stand-in
        await kin.follow(kin.run.book.state)
        await trio.sleep(AGAIN_S / 2)
        world.child.status = "cancelled"
    assert (len(registrar.asked), kin.busy) == (1, False)
    async with trio.open_nursery() as nursery:
        kin = Kin(World(nursery, Registrar(ActorDead("registrar"))))  # type: ignore[arg-type]  # a stand-in
        await kin.follow(kin.run.book.state)
    assert not kin.busy
