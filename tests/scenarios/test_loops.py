"""Loops through the socket: their turns, limits and endings, and what a death and a cancel do to them (flow spec, 6.4 and 7.4)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.scenarios.flows import block, flow, gate, loop, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold
from tests.scenarios.walked import ORDER, codes, of, says, told, words

AGAIN = 'marker("review", "again")'


@pytest.mark.parametrize("on_max", ["fail", "continue"], ids=["FL51", "FL52"])
async def test_a_while_whose_marker_persists_ends_at_its_limit(d: House, on_max: str) -> None:
    d.script.on("review", says("again"))
    d.script.on("again", says("again"), says("again"))
    body = step("again", "result_key: review")
    run, events = await told(
        d, step("review"), loop("l", body, more=f"while: '{AGAIN}', max_iterations: 2, on_max_iter: {on_max}"), step("z")
    )
    assert d.script.count("again") == 2
    assert [event["iteration"] for event in events if event["event"] == "loop_iteration_started"] == [0, 1]
    if on_max == "fail":
        assert (run["status"], codes(run)) == ("failed", {"l": "loop_max_iterations_reached"})
        assert of(run, "l")["error"]["detail"]["max"] == 2
    else:
        assert (run["status"], d.script.count("z")) == ("completed", 1)
        [end] = [event for event in events if event["event"] == "group_completed"]
        assert (end["iterations"], end["reason"]) == (2, "max_iterations")


async def test_fl53_a_loop_that_leaves_the_same_markers_twice_is_stuck(d: House) -> None:
    d.script.on("review", says("again", "x"), says("x", "again"))
    run, _ = await told(d, loop("l", step("review"), more=f"do_while: '{AGAIN}', max_iterations: 9, stuck_after: 2"))
    assert (run["status"], codes(run), d.script.count("review")) == ("failed", {"l": "loop_stuck"}, 2)
    assert of(run, "l")["error"]["detail"]["iterations"] == 2


async def test_fl125_a_node_under_a_condition_in_a_loop_knows_its_turn(d: House) -> None:
    d.script.on("a", *[says("m", "again")] * 2, says("m"))
    body = (step("a"), block("if.1", step("b"), more='when: \'marker("a", "m")\''))
    run, events = await told(d, loop("l", *body, more='do_while: \'marker("a", "again")\', max_iterations: 5'))
    assert [event["iteration_path"] for event in events if event["event"] == "node_started" and event["node_id"] == "b"] == [[0], [1], [2]]
    assert (run["status"], d.script.count("b"), of(run, "b")["iteration_path"], of(run, "b")["position"]) == ("completed", 3, [2], 5)


def _asked(instance: int, run: dict[str, Any]) -> bool:
    return any(one.get("gate", {}).get("instance") == instance for one in run["nodes"])


async def test_gg23_a_gate_in_a_loop_is_asked_in_every_turn(d: House) -> None:
    d.script.on("a", says("again"), says())
    run_id = await d.begin(flow(loop("l", step("a"), gate("ask"), more='do_while: \'marker("a", "again")\', max_iterations: 5'), top=ORDER))
    for instance in (1, 2):
        await d.when(run_id, partial(_asked, instance))
        await d.decide(run_id, "approve")
    run = await d.run_until(run_id)
    assert [(entry["instance"], entry["iteration_path"]) for entry in run["gate_history"]] == [(1, [0]), (2, [1])]
    assert run["status"] == "completed"


async def test_fl93_what_was_done_before_a_death_is_not_done_again_in_a_loop(d: House) -> None:
    hold = Hold({"markers": []})
    d.script.on("alpha", says("again"), says())
    d.script.on("beta", says(), hold, hold)
    body = (step("alpha"), step("beta"))
    run_id = await d.begin(flow(loop("l", *body, more='do_while: \'marker("alpha", "again")\', max_iterations: 5'), top=ORDER))
    await hold.begun()
    await d.restart(crash=True)
    hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("alpha"), of(run, "beta")["attempt"]) == ("completed", 2, 2)
    starts = [
        (event["instance"], event["iteration_path"])
        for event in await d.events(run_id)
        if event["event"] == "node_started" and event["node_id"] == "beta"
    ]
    assert starts == [(1, [0]), (2, [1]), (2, [1])]


async def test_fl104_a_cancel_reaches_what_runs_in_a_loop_and_clean_up_follows(d: House) -> None:
    assert (await d.refused("run.cancel", run_id="run-none")).code == "run_not_found"
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(loop("l", step("a"), more="while: 'true', max_iterations: 3"), step("z"), top=ORDER, last=(step("tidy"),)))
    await hold.begun()
    await d.call("run.cancel", run_id=run_id)
    run = await d.run_until(run_id)
    names = words(await d.events(run_id))
    assert names[names.index("run_cancel_requested") :] == [
        "run_cancel_requested", "node_interrupted a", "finally_started", "node_started tidy", "node_completed tidy", "finally_completed",
        "run_stopped",
    ]  # fmt: skip
    assert (run["status"], d.script.count("z")) == ("cancelled", 0)
    again = await d.call("run.cancel", run_id=run_id)
    assert (again["status"], again.get("already_terminal")) == ("cancelled", True)
