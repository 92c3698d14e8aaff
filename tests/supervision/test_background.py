"""Tasks beside the handlers, and actors whose life is work of their own."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from supervision import Actor, ActorDead, ChildSpec, Failed, KernelEvent, Normal, Shutdown
from supervision.testing import run_tree, settled
from tests.supervision.workers import Boom, Broken, Do, End, Journal, Nap, Ping, Worker, child, ends


async def note_after(journal: Journal, seconds: float, text: str) -> None:
    try:
        await trio.sleep(seconds)
        journal.append(text)
    finally:
        journal.append(f"{text} over")


def spawning(*args: Any) -> Do:
    return Do(lambda worker: worker.spawn(note_after, *args))


async def test_a_background_task_runs_beside_the_handlers(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        system.ref("a").tell_nowait(spawning(journal, 1, "done"))
        assert await system.ref("a").ask(Ping(), timeout=1) == "pong"
        await trio.sleep(2)
        assert journal == ["start a", "done", "done over"]


@pytest.mark.parametrize("message", [End(), Boom()])
async def test_background_tasks_end_before_their_actor_has_ended(message: object, autojump_clock: MockClock) -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    async with run_tree([child("a", journal, "temporary")], observe=events.append) as system:
        for text in "xy":
            system.ref("a").tell_nowait(spawning(journal, 60, text))
        system.ref("a").tell_nowait(message)
        await settled()
        assert sorted(line for line in journal if "over" in line) == ["x over", "y over"]
        assert not system.alive("a")


async def test_a_stop_ends_background_tasks_after_the_farewell(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        system.ref("a").tell_nowait(spawning(journal, 60, "x"))
        await settled()
    assert journal == ["start a", "stop a", "x over"]


async def test_a_background_task_that_breaks_breaks_its_actor_even_in_a_handler(autojump_clock: MockClock) -> None:
    error = Broken()

    async def breaks() -> None:
        await trio.sleep(1)
        raise error

    async with run_tree([child("a", [], "temporary")]) as system:
        system.ref("a").tell_nowait(Do(lambda worker: worker.spawn(breaks)))
        with pytest.raises(ActorDead) as caught:
            await system.ref("a").ask(Nap(60), timeout=99)
        assert caught.value.exit == Failed(error)
        assert trio.current_time() == 1


async def test_one_background_task_can_be_cancelled_alone(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree([child("a", journal)]) as system:
        system.ref("a").tell_nowait(Do(lambda worker: worker.spawn(note_after, journal, 60, "x").cancel()))
        await settled()
        assert journal == ["start a", "x over"]
        assert await system.ref("a").ask(Ping(), timeout=1) == "pong"


class Attempt(Actor[Any]):
    """Does its own work first, then serves."""

    def __init__(self, journal: Journal, seconds: float, *, serves: bool = False) -> None:
        self.journal = journal
        self.seconds = seconds
        self.serves = serves

    async def main(self) -> None:
        await note_after(self.journal, self.seconds, "work")
        if self.serves:
            await super().main()

    async def receive(self, message: Any) -> str:
        return "served"


async def test_an_actor_may_be_nothing_but_its_work(autojump_clock: MockClock) -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    async with run_tree([ChildSpec("a", lambda: Attempt(journal, 1), "temporary")], observe=events.append):
        await trio.sleep(2)
    assert journal == ["work", "work over"]
    assert ends(events)[0] == ("a", Normal())


async def test_a_stop_cuts_off_the_work_of_an_actor_at_once(autojump_clock: MockClock) -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    async with run_tree([ChildSpec("a", lambda: Attempt(journal, 60))], observe=events.append):
        await trio.sleep(1)
    assert journal == ["work over"]
    assert ends(events)[0] == ("a", Shutdown())
    assert trio.current_time() == 1


async def test_messages_wait_until_the_work_is_done(autojump_clock: MockClock) -> None:
    async with run_tree([ChildSpec("a", lambda: Attempt([], 3, serves=True))]) as system:
        assert await system.ref("a").ask(Ping(), timeout=9) == "served"
        assert trio.current_time() == 3


async def test_spawned_tasks_carry_the_path_of_their_actor() -> None:
    names: list[str] = []

    async def look() -> None:
        names.append(trio.lowlevel.current_task().name)

    class Callable:
        async def __call__(self) -> None:
            await look()

    def both(worker: Worker) -> None:
        worker.spawn(look)
        worker.spawn(Callable())

    async with run_tree([child("a", [])]) as system:
        system.ref("a").tell_nowait(Do(both))
        await settled()
    assert sorted(names) == ["a:look", "a:task"]


async def test_what_is_spawned_while_the_actor_ends_is_cancelled_at_once(autojump_clock: MockClock) -> None:
    journal: Journal = []

    async def last_will(worker: Worker) -> None:
        try:
            await trio.sleep_forever()
        finally:
            worker.spawn(note_after, journal, 60, "heir")

    async with run_tree([child("a", journal)]) as system:
        system.ref("a").tell_nowait(Do(lambda worker: worker.spawn(last_will, worker)))
        await settled()
    assert journal == ["start a", "stop a", "heir over"]
    assert trio.current_time() == 0
