"""Two things at the same moment, in every order that the loop can give them: exactly one of them wins, and what is said fits that."""

from __future__ import annotations

import pytest
import trio

from actors.refusals import Principal, Refusal
from actors.run.messages import ForRun
from actors.run.requests import Pause
from actors.services import REGISTRAR
from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, step, wait
from tests.scenarios.harness import House
from tests.scenarios.inside import system_of
from tests.scenarios.script import Hold
from tests.scenarios.sweeping import swept
from tests.scenarios.tales_races import reap_now

pytestmark = pytest.mark.no_cover  # the same ways again and again: measuring them costs more than going them
GAPS = range(16)
MANY = 20 * len(GAPS)
"""The loop takes tasks that are ready at once in any order, so that a moment may have to be tried for again."""
ENDINGS = {"run_completed", "run_failed", "run_stopped"}
NO_ATTEMPT_MORE = "retry: {max_attempts: 1}"


async def _pass(turns: int) -> None:
    for _ in range(turns):
        await trio.lowlevel.checkpoint()


async def _working(d: House, *nodes: str, node: str = "a", last: tuple[str, ...] = ()) -> tuple[str, Hold]:
    """A run in which that node is at work until it is let go."""
    d.script.on(node, hold := Hold())
    run_id = await d.begin(flow(*nodes, last=last))
    await hold.begun()
    return run_id, hold


@pytest.mark.parametrize("first", ["reaper", "attempt"])
async def test_a_terminal_event_beats_the_reaper(d: House, first: str) -> None:
    seen = set()
    for gap in GAPS:
        run_id, hold = await _working(d, step("a", "retry: {max_attempts: 2}"))
        if first == "reaper":
            await reap_now(d, run_id)
            await _pass(gap)
            hold.open()
        else:
            hold.open()
            await _pass(gap)
            await reap_now(d, run_id)
        run = await d.run_until(run_id)
        await trio.sleep(5)
        names = await d.names(run_id)
        assert (run["status"], sum(name in ENDINGS for name in names)) == ("completed", 1)
        assert names[-2:] == ["run_completed", "report_written"]
        held = names.count("run_paused_stale_no_provider_activity")
        assert names.count("run_auto_resumed") == held
        seen.add(held)
    assert int(first == "reaper") in seen, "the attempt's end wins, or comes too late for a run that is held"


async def test_the_reaper_leaves_alone_what_has_begun_since_it_looked(d: House) -> None:
    for gap in GAPS:
        run_id, hold = await _working(d, step("a"), step("b", f"needs: [a], {NO_ATTEMPT_MORE}"))
        hold.open()
        await _pass(gap)
        await reap_now(d, run_id)
        assert (await d.run_until(run_id))["status"] == "completed"
        names = await d.names(run_id)
        if "run_paused_stale_no_provider_activity" not in names:
            assert [node["attempt"] for node in (await d.run(run_id))["nodes"]] == [1, 1]


async def test_a_pause_in_the_moment_in_which_an_attempt_begins_ends_it_as_any_other(d: House) -> None:
    before_its_first_step = 0
    for number in range(MANY):
        if before_its_first_step and number >= len(GAPS):
            break
        gap = GAPS[number % len(GAPS)]
        run_id, hold = await _working(d, step("a"), step("b", f"needs: [a], {NO_ATTEMPT_MORE}"))
        called = d.script.count("b")
        hold.open()
        await _pass(gap)
        answer = await system_of(d).ref(REGISTRAR).ask(ForRun(run_id, Pause(Principal(0)), None), timeout=60)
        run, names = await d.run(run_id), await d.names(run_id)
        assert (run["status"], "node_failed" in names) == ("completed" if isinstance(answer, Refusal) else "paused", False)
        if run["status"] == "paused":
            before_its_first_step += "node_interrupted" in names and d.script.count("b") == called
            await d.call("run.resume", run_id=run_id)
            assert (await d.run_until(run_id))["status"] == "completed"
    assert before_its_first_step, "the moment is met in every other round"


TIMED = (wait("pay", "signal: payment, timeout: 5s, on_timeout: resume"), step("b", "needs: [pay]"))


async def _signal_at(d: House, early_ms: int, turns: int) -> tuple[str, str]:
    """A signal so many milliseconds before its wait is over by time: the run, and what its author was told."""
    run_id = await d.begin(flow(*TIMED))
    run = await d.run_until(run_id, "waiting")
    await trio.sleep(max(0, run["waits"][0]["timeout_at_ms"] - early_ms - d.clock.now_ms()) / 1000)
    await _pass(turns)
    try:
        answer = await d.call("signal.send", run_id=run_id, name="payment", payload={"amount": 20}, key="k1")
    except Refused as refused:
        return run_id, refused.code
    return run_id, "heard" if answer["wait"] else "kept" if answer["kept"] else "late"


async def _fits(d: House, run_id: str, said: str) -> None:
    """One thing has ended the wait, and it is what the author of the signal was told."""
    run = await d.run_until(run_id)
    names = await d.names(run_id)
    woken, timed = (names.count(f"stateful_runtime.wait.{word}") for word in ("external_condition_resolved", "timeout_resumed"))
    assert (run["status"], woken + timed, d.script.count("b") >= 1) == ("completed", 1, True)
    assert said == "heard" if woken else said in ("kept", "late", "run_already_terminal"), said
    payload = run["nodes"][0]["output"]["content"]["wake"].get("payload")
    assert payload == ({"amount": 20} if woken else None)


async def test_a_signal_in_the_moment_in_which_its_wait_is_over_by_time(d: House) -> None:
    seen = set()
    for early_ms in (20, 0, -20):
        for turns in GAPS:
            run_id, said = await _signal_at(d, early_ms, turns)
            await _fits(d, run_id, said)
            seen.add(said)
    assert {"heard"} < seen


@pytest.mark.parametrize("early_ms", [2, 0])
@pytest.mark.parametrize("point", ["commit.before", "commit.after", "reply.after"])
def test_a_death_at_each_point_of_that_moment_lets_one_of_them_win(point: str, early_ms: int) -> None:
    async def tale(d: House) -> str:
        run_id, said = await _signal_at(d, early_ms, 0)
        await _fits(d, run_id, said)
        return run_id

    died = [n for n, _ in swept(tale, point)]
    assert len(died) >= (1 if point == "reply.after" else 4)
