"""Timers and ticks: once, never early, never piling up, gone with their actor."""

from __future__ import annotations

from functools import partial
from typing import Any

import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from supervision import ChildSpec, Mailbox, Timer
from supervision.testing import Probe, crash, run_tree, settled
from supervision.timers import Alarm, Timers


class Diary(Probe):
    """Notes when each message came; `pace` is how long a handler takes."""

    def __init__(self, pace: float = 0.0) -> None:
        super().__init__()
        self.pace = pace
        self.seen: list[tuple[float, Any]] = []

    async def receive(self, message: Any) -> object:
        self.seen.append((trio.current_time(), message))
        if self.pace:
            await trio.sleep(self.pace)
        return await super().receive(message)


async def test_a_message_comes_after_its_delay_and_once(autojump_clock: MockClock) -> None:
    diary = Diary()
    async with run_tree([ChildSpec("a", lambda: diary)]):
        diary.after(2.0, "later")
        diary.after(1.0, "sooner")
        await trio.sleep(9)
        assert diary.seen == [(1.0, "sooner"), (2.0, "later")]


async def test_timers_that_are_due_together_fire_in_the_order_of_their_arming(autojump_clock: MockClock) -> None:
    diary = Diary()
    async with run_tree([ChildSpec("a", lambda: diary)]):
        for name in "abc":
            diary.after(1.0, name)
        await trio.sleep(2)
        assert diary.received == ["a", "b", "c"]


async def test_a_cancelled_timer_does_not_fire(autojump_clock: MockClock) -> None:
    diary = Diary()
    async with run_tree([ChildSpec("a", lambda: diary)]):
        timer = diary.after(1.0, "never")
        timer.cancel()
        timer.cancel()
        await trio.sleep(2)
        assert diary.seen == []


async def test_cancelling_a_timer_that_has_fired_changes_nothing(autojump_clock: MockClock) -> None:
    diary = Diary()
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        timer = diary.after(1.0, "came")
        await trio.sleep(2)
        timer.cancel()
        assert diary.received == ["came"]
        assert len(system.timers) == 0


async def test_a_timer_cancelled_in_the_mailbox_is_skipped(autojump_clock: MockClock) -> None:
    diary = Diary(pace=5)
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        system.ref("a").tell_nowait("busy")
        timer = diary.after(1.0, "never")
        await trio.sleep(2)
        timer.cancel()
        await trio.sleep(9)
        assert diary.received == ["busy"]


async def test_a_tick_is_armed_again_only_after_it_was_handled(autojump_clock: MockClock) -> None:
    diary = Diary(pace=2)
    async with run_tree([ChildSpec("a", lambda: diary)]):
        diary.tick(1.0, "tick")
        await trio.sleep(8.5)
        assert [at for at, _ in diary.seen] == [1.0, 4.0, 7.0]


async def test_ticks_coalesce_behind_a_long_handler(autojump_clock: MockClock) -> None:
    diary = Diary()
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        diary.tick(1.0, "tick")
        diary.pace = 10
        system.ref("a").tell_nowait("long")
        await trio.sleep(9.5)
        diary.pace = 0
        await trio.sleep(1)
        assert diary.seen == [(0.0, "long"), (10.0, "tick")]


async def test_a_tick_ends_when_it_is_cancelled_in_its_own_handler(autojump_clock: MockClock) -> None:
    class Once(Probe):
        timer: Timer

        async def started(self) -> None:
            self.timer = self.tick(1.0, "tick")

        async def receive(self, message: Any) -> object:
            self.timer.cancel()
            return await super().receive(message)

    probe = Once()
    async with run_tree([ChildSpec("a", lambda: probe)]):
        await trio.sleep(9)
        assert probe.received == ["tick"]


async def test_a_timer_gets_through_a_full_mailbox_before_what_waits_there(autojump_clock: MockClock) -> None:
    class Narrow(Diary):
        mailbox = Mailbox(capacity=1, overflow="drop_new")

    diary = Narrow(pace=2)
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        diary.after(1.0, "timer")
        for number in range(2):
            system.ref("a").tell_nowait(number)
            await settled()
        await trio.sleep(1.5)
        assert system.tree()[1].mailbox == 2
        await trio.sleep(9)
        assert diary.received == [0, "timer", 1]


async def test_timers_die_with_their_incarnation(autojump_clock: MockClock) -> None:
    diary = Diary()
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        diary.after(5.0, "from the former life")
        diary.tick(5.0, "too")
        crash(system, "a")
        system.ref("a").tell_nowait("boom")
        await settled()
        await trio.sleep(9)
        assert diary.seen == []
        assert len(system.timers) == 0


async def test_a_tick_does_not_outlive_a_stop_during_its_handler(autojump_clock: MockClock) -> None:
    diary = Diary(pace=2)
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        diary.tick(1.0, "tick")
        await trio.sleep(1.5)
        system.stop()
        await system.wait_ended()
        assert len(system.timers) == 0
    assert len(diary.seen) == 1


async def test_many_discarded_timers_leave_no_garbage(autojump_clock: MockClock) -> None:
    timers = Timers()
    fired: list[int] = []
    kept = [Alarm(partial(fired.append, number)) for number in range(10)]
    for number, alarm in enumerate(kept):
        timers.arm(100.0 + number, alarm)
    for _ in range(2000):
        alarm = Alarm(lambda: None)
        timers.arm(1.0, alarm)
        timers.discard(alarm)
    assert len(timers) == 10
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timers.run)
        await trio.sleep(200)
        nursery.cancel_scope.cancel()
    assert fired == list(range(10))


@given(delays=st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30))
def test_what_is_not_discarded_fires_in_order_of_time(delays: list[tuple[int, bool]]) -> None:
    fired: list[tuple[int, int]] = []

    def note(number: int) -> None:
        fired.append((round(trio.current_time()), number))

    async def main() -> None:
        timers = Timers()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(timers.run)
            await settled()
            alarms = [Alarm(partial(note, number)) for number in range(len(delays))]
            for alarm, (delay, _) in zip(alarms, delays, strict=True):
                timers.arm(delay, alarm)
            for alarm, (_, discarded) in zip(alarms, delays, strict=True):
                if discarded:
                    timers.discard(alarm)
            await trio.sleep(30)
            nursery.cancel_scope.cancel()

    trio.run(main, clock=MockClock(autojump_threshold=0))
    assert fired == sorted((delay, number) for number, (delay, discarded) in enumerate(delays) if not discarded)


async def test_a_timer_that_is_due_while_its_actor_stops_is_dropped(autojump_clock: MockClock) -> None:
    diary = Diary(pace=3)
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        diary.after(2.0, "too late")
        system.ref("a").tell_nowait("long")
        await trio.sleep(1)
    assert diary.received == ["long"]
    assert trio.current_time() == 3


async def test_a_timer_that_waits_beside_a_full_mailbox_ends_with_its_actor(autojump_clock: MockClock) -> None:
    class Narrow(Diary):
        mailbox = Mailbox(capacity=1)

    diary = Narrow(pace=3)
    async with run_tree([ChildSpec("a", lambda: diary)]) as system:
        diary.after(1.0, "too late")
        for number in range(2):
            await system.ref("a").tell(number)
            await settled()
        await trio.sleep(2)
    assert diary.received == [0]
    assert system.dead_letters == 1
