from __future__ import annotations

import socket

import pytest
import trio

from actors.control.limits import Limits
from supervision.testing import settled
from tests.actors.control.fakes import FakeRuntime, Served, Wire, request, served


def grown(events: int, *, size: int = 0, ended: bool = False) -> FakeRuntime:
    runtime = FakeRuntime()
    for number in range(events):
        runtime.append("r", "thing_happened", text="x" * size, ended=ended and number == events - 1)
    return runtime


async def seqs(wire: Wire, count: int) -> list[int]:
    return [(await wire.line())["params"]["event"]["seq"] for _ in range(count)]


async def test_a_follower_gets_the_log_from_its_position_and_then_what_comes() -> None:
    async with served(grown(250)) as here:
        wire = await here.wire()
        answer = await wire.ask("run.follow", {"run_id": "r", "after": 5})
        subscription = answer["result"]["subscription"]
        assert await seqs(wire, 245) == list(range(6, 251))
        here.runtime.append("r", "one_more")
        message = await wire.line()
        assert message["method"] == "run.event"
        assert message["params"] == {"subscription": subscription, "event": {"seq": 251, "event": "one_more", "at_ms": 1250}}


async def test_what_a_run_has_used_is_told_once_before_what_ends_it() -> None:
    runtime = grown(1)
    runtime.append("r", "run_completed")
    runtime.append("r", "report_written", ended=True)
    async with served(runtime) as here:
        wire = await here.wire()
        await wire.ask("run.follow", {"run_id": "r"})
        told = [(await wire.line())["params"] for _ in range(5)]
        assert [next(key for key in params if key != "subscription") for params in told] == [
            "event",
            "metrics_updated",
            "event",
            "event",
            "end",
        ]
        assert told[1]["metrics_updated"] == {"total_turns": 2}


async def test_a_broken_follower_resumes_at_the_next_event() -> None:
    async with served(grown(10)) as here:
        first = await here.wire()
        await first.ask("run.follow", {"run_id": "r"})
        seen = await seqs(first, 4)
        await trio.aclose_forcefully(first.stream)
        here.runtime.append("r", "meanwhile")
        second = await here.wire()
        await second.ask("run.follow", {"run_id": "r", "after": seen[-1]})
        assert seen + await seqs(second, 7) == list(range(1, 12))


async def test_a_terminal_run_ends_the_subscription_and_the_connection_goes_on() -> None:
    async with served(grown(3, ended=True)) as here:
        wire = await here.wire()
        await wire.ask("run.follow", {"run_id": "r"})
        assert await seqs(wire, 3) == [1, 2, 3]
        assert (await wire.line())["params"]["end"] is True
        assert (await wire.ask("system.ping"))["result"]["pong"] is True
        await settled()
        assert here.runtime.watching == []


async def test_an_unknown_run_is_refused() -> None:
    async with served() as here:
        answer = await (await here.wire()).ask("run.follow", {"run_id": "nope"})
    assert answer["error"]["data"]["code"] == "run_not_found"


async def test_hints_that_come_in_a_burst_or_not_at_all_lose_nothing(autojump_clock: trio.testing.MockClock) -> None:
    async with served(grown(1)) as here:
        wire = await here.wire()
        await wire.ask("run.follow", {"run_id": "r"})
        assert await seqs(wire, 1) == [1]
        for _ in range(50):
            here.runtime.append("r", "burst")
        assert await seqs(wire, 50) == list(range(2, 52))
        silent = here.runtime.watching.pop()
        here.runtime.append("r", "unannounced")
        here.runtime.watching.append(silent)
        assert (await wire.line())["params"].get("alive") is True
        assert await seqs(wire, 1) == [52]


async def test_a_follower_in_peace_gets_a_sign_of_life_and_is_not_idle(autojump_clock: trio.testing.MockClock) -> None:
    async with served(grown(0)) as here:
        here.runtime.logs["r"] = []
        wire = await here.wire()
        await wire.ask("run.follow", {"run_id": "r"})
        assert [(await wire.line())["params"]["alive"] for _ in range(5)] == [True] * 5
        assert trio.current_time() == pytest.approx(150, abs=2)


async def test_the_system_is_followed_from_now() -> None:
    async with served(grown(3)) as here:
        wire = await here.wire()
        await wire.ask("system.follow")
        here.runtime.append("other", "run_started", status="running")
        message = await wire.line()
    assert message["method"] == "system.event"
    assert message["params"]["event"] == {"run_id": "other", "status": "running", "seq": 1, "event": "run_started"}


async def test_a_connection_holds_so_many_subscriptions_and_no_more() -> None:
    async with served(grown(0), limits=Limits(subscriptions=2)) as here:
        here.runtime.logs["r"] = []
        wire = await here.wire()
        answers = [await wire.ask("run.follow", {"run_id": "r"}) for _ in range(3)]
    assert ["result" in answer for answer in answers] == [True, True, False]
    assert answers[2]["error"]["data"]["code"] == "overloaded"


async def stalled(here: Served) -> Wire:
    """A follower whose buffers are full: small ones, and it reads nothing."""
    wire = await here.wire()
    wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await wire.send(request("run.follow", {"run_id": "r"}))
    return wire


async def test_a_reader_that_reads_nothing_is_cut_off_after_five_seconds(autojump_clock: trio.testing.MockClock) -> None:
    async with served(grown(400, size=4000)) as here:
        await stalled(here)
        await here.left_with(0)
        assert trio.current_time() == pytest.approx(6.0, abs=0.5)
        assert here.runtime.watching == []


async def test_a_reader_that_wakes_up_just_then_learns_why(autojump_clock: trio.testing.MockClock) -> None:
    async with served(grown(400, size=4000), limits=Limits(farewell=10.0)) as here:
        wire = await stalled(here)
        await trio.sleep(5.5)
        last = (await wire.rest())[-1]
    assert last["method"] == "session.closed"
    assert last["params"]["closed"]["code"] == "slow_reader"


async def test_slow_readers_do_not_hold_up_a_quick_one(autojump_clock: trio.testing.MockClock) -> None:
    async with served(grown(400, size=4000)) as here:
        for _ in range(20):
            await stalled(here)
        quick = await here.wire()
        await quick.ask("run.follow", {"run_id": "r"})
        assert await seqs(quick, 400) == list(range(1, 401))
        assert trio.current_time() < 5.0


async def test_what_waits_for_a_slow_reader_is_bounded(autojump_clock: trio.testing.MockClock) -> None:
    async with served(grown(400, size=4000)) as here:
        await stalled(here)
        await trio.sleep(1)
        cell = here.system.registry.receiver(f"control/sessions/{here.sessions()[0]}")
        assert cell is not None
        outbox = cell.actor._outbox  # type: ignore[attr-defined]  # a session's own
        assert 0 < outbox._size <= Limits().unsent
