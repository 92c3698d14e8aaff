"""G14: whatever a watch shows, nothing is done twice, out of order, or never; only the firing of timers moves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import trio

from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail

HOUR, YEAR = 3_600_000, 365 * 86_400_000
BACK, ON = -HOUR, 10 * YEAR
JUMPS = pytest.mark.parametrize("ms", [BACK, ON], ids=["an hour back", "ten years on"])
SETTLE_S = 130.0
"""Longer than any look that is taken at the clock, and than the interval of upkeep."""


@pytest.fixture
async def d(house: House) -> House:
    """A daemon that looks at its queue less often than others, for here an hour has to pass in a moment."""
    house.configure("scheduler", tick_ms=10_000)
    await house.start()
    return house


async def _jump(d: House, ms: int, *, crash: bool = False) -> None:
    """The watch jumps, before the eyes of a daemon or while there is none, and everybody has had the time to look at it."""
    if crash:
        await d.crash()
    d.clock.jump(ms)
    if crash:
        await d.start()
    await trio.sleep(SETTLE_S)


async def _nearly(d: House, run_id: str, ms: int) -> None:
    """Behind a jump back nothing is over yet; most of the time until then passes in another jump."""
    if ms < 0:
        assert (await d.run(run_id))["status"] not in ("completed", "failed")
        d.clock.jump(HOUR + 5 * 60_000)


BEFORE = pytest.mark.parametrize("crash", [False, True], ids=["before its eyes", "while dead"])


@BEFORE
@JUMPS
async def test_the_same_request_is_applied_once(d: House, ms: int, *, crash: bool) -> None:
    texts = [flow(step("a"), name=f"w{n}") for n in range(3)]
    runs = [await d.begin(text, request_id=f"start-{n}") for n, text in enumerate(texts)]
    for run_id in runs:
        await d.run_until(run_id)
    await d.put(texts[0])
    await _jump(d, ms, crash=crash)
    await d.begin(flow(step("a"), name="later"))
    await _jump(d, 0, crash=crash)
    assert [await d.begin(text, request_id=f"start-{n}") for n, text in enumerate(texts)] == runs
    assert (await d.refused("run.cancel", run_id=runs[0], request_id="start-0")).code == "request_conflict"
    assert len((await d.call("run.list"))["runs"]) == 4


@JUMPS
async def test_the_same_signal_and_the_same_delivery_end_one_wait(d: House, ms: int) -> None:
    hook = "webhook: ci, match: {field: idempotency_key, value: o1}"
    run_id = await d.begin(flow(wait("w1", "signal: go"), wait("w2", "signal: go", "needs: [w1]"), wait("h", hook)))
    other = await d.begin(flow(wait("h", hook), name="other"))
    await d.call("signal.send", run_id=run_id, name="go", key="k1")
    await d.call("webhook.deliver", trigger_id="ci", payload={"n": 1}, idempotency_key="o1")
    await _jump(d, ms)
    await d.call("signal.send", run_id=run_id, name="go", key="k1")
    await d.call("webhook.deliver", trigger_id="ci", payload={"n": 1}, idempotency_key="o1")
    assert await d.statuses(run_id) == {"w1": "completed", "w2": "waiting", "h": "completed"}
    assert await d.statuses(other) == {"h": "waiting"}


@JUMPS
async def test_runs_start_in_the_order_in_which_they_came(house: House, ms: int) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    hold = Hold()
    house.script.on("first", hold)
    first = await house.begin(flow(step("first"), name="first"))
    await hold.begun()
    runs = [await house.begin(flow(step("a"), name="w"))]
    for jump in (ms, -ms, ms):
        house.clock.jump(jump)
        runs.append(await house.begin(flow(step("a"), name="w")))
    listed = [row["run_id"] for row in (await house.call("run.list"))["runs"]]
    assert listed == [*reversed(runs), first]
    await house.restart(crash=True)
    hold.open()
    for run_id in runs:
        await house.run_until(run_id)
    assert [call["run"] for call in house.script.calls() if call["node"] == "a"] == runs


@JUMPS
async def test_a_signal_goes_to_the_wait_that_opened_first(d: House, ms: int) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(wait("w1", "signal: go"), step("a"), wait("w2", "signal: go", "needs: [a]"), top="limits: {parallel: 2}"))
    await hold.begun()
    d.clock.jump(ms)
    hold.open()
    await d.run_until(run_id, "waiting")
    assert (await d.call("signal.send", run_id=run_id, name="go"))["wait"]["node_id"] == "w1"
    assert (await d.call("signal.send", run_id=run_id, name="go"))["wait"]["node_id"] == "w2"
    assert (await d.run_until(run_id))["status"] == "completed"


@BEFORE
@JUMPS
async def test_a_wait_for_a_time_is_over_once_and_never_before_the_watch_shows_it(d: House, ms: int, *, crash: bool) -> None:
    due = d.clock.now_ms() + 10 * 60_000
    run_id = await d.begin(flow(wait("until", f"until: {due}"), wait("timer", "timer: 10m"), step("b", "needs: [until, timer]")))
    await d.run_until(run_id, "waiting")
    await _jump(d, ms, crash=crash)
    await _nearly(d, run_id, ms)
    run = await d.run_until(run_id)
    woken = [event["at_ms"] for event in await d.events(run_id) if event["event"] == "stateful_runtime.wait.timer_woken"]
    assert (run["status"], len(woken), min(woken) >= due) == ("completed", 2, True)
    assert max(woken) <= max(due + 3000, d.clock.now_ms()), "at most a moment late by the watch, or noticed after a jump"


@JUMPS
async def test_a_timeout_ends_a_wait_once_and_what_comes_before_it_is_heard(d: House, ms: int) -> None:
    run_id = await d.begin(flow(wait("pay", "signal: payment, timeout: 30m, on_timeout: resume"), step("b", "needs: [pay]")))
    await d.run_until(run_id, "waiting")
    await _jump(d, ms)
    answer = await _signalled(d, run_id)
    assert answer == ("heard" if ms < 0 else "run_already_terminal")
    assert (await d.run_until(run_id))["status"] == "completed"
    ends = ("external_condition_resolved", "timeout_resumed")
    names = await d.names(run_id, [f"stateful_runtime.wait.{end}" for end in ends])
    assert names == [f"stateful_runtime.wait.{ends[ms > 0]}"]


async def _signalled(d: House, run_id: str) -> str:
    try:
        return "heard" if (await d.call("signal.send", run_id=run_id, name="payment"))["wait"] else "kept"
    except Refused as refused:
        return refused.code


@BEFORE
@JUMPS
async def test_a_gate_expires_once_and_not_before_the_watch_shows_it(d: House, ms: int, *, crash: bool) -> None:
    run_id = await d.begin(flow(gate("ask", "timeout: 30m, on_timeout: continue"), step("b", "needs: [ask]")))
    opened = (await d.run_until(run_id, "awaiting_approval"))["updated_at_ms"]
    await _jump(d, ms, crash=crash)
    await _nearly(d, run_id, ms)
    assert (await d.run_until(run_id))["status"] == "completed"
    [expired] = [event["at_ms"] for event in await d.events(run_id) if event["event"] == "approval_gate_expired"]
    assert expired >= opened + 30 * 60_000


async def test_years_that_pass_at_once_are_one_reminder(d: House) -> None:
    run_id = await d.begin(flow(gate("ask", "timeout: 1h, on_timeout: remind, remind_every: 1h")))
    other = await d.begin(flow(wait("pay", "signal: payment, timeout: 1h, on_timeout: remind, remind_every: 1h"), name="other"))
    for one in (run_id, other):
        await d.when(one, lambda run: run["status"] in ("awaiting_approval", "waiting"))
    await _jump(d, ON)
    for one, word in ((run_id, "approval_gate_reminder_due"), (other, "stateful_runtime.wait.timeout_reminded")):
        assert (await d.names(one)).count(word) == 1


@BEFORE
@JUMPS
async def test_a_back_off_is_over_once(d: House, ms: int, *, crash: bool) -> None:
    d.script.on("a", fail())
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 30m}}")))
    await d.when(run_id, lambda run: "retry_after_ms" in run.get("scheduler", {}))
    due = (await d.run(run_id))["scheduler"]["retry_after_ms"]
    await _jump(d, ms, crash=crash)
    await _nearly(d, run_id, ms)
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("a"), run["nodes"][0]["attempt"]) == ("completed", 2, 2)
    assert [event["at_ms"] >= due for event in await d.events(run_id) if event["event"] == "node_started"] == [False, True]


@JUMPS
async def test_a_time_limit_of_an_attempt_is_measured_on_no_watch(d: House, ms: int) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a", "timeout: 10m")))
    await hold.begun()
    began = trio.current_time()
    await _jump(d, ms)
    assert (await d.run(run_id))["status"] == "running"
    run = await d.run_until(run_id)
    assert (run["status"], 599 <= trio.current_time() - began <= 620) == ("failed", True)


@JUMPS
async def test_the_watch_of_the_log_is_the_watch_and_its_order_is_not(d: House, ms: int) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    await hold.begun()
    d.clock.jump(ms)
    hold.open()
    await d.run_until(run_id)
    events: list[dict[str, Any]] = await d.events(run_id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    times = [event["at_ms"] for event in events]
    assert max(abs(after - before) for before, after in pairwise(times)) >= abs(ms) - 1000
    assert [event["node_id"] for event in events if event["event"] == "node_completed"] == ["a", "b", "c"]
