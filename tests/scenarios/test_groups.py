"""Control flow through the socket: conditions, loops, parallel branches, failures and clean-up in groups (flow spec, 6 and 7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.client import Client
from tests.scenarios.flows import block, branches, flow, step
from tests.scenarios.harness import House
from tests.scenarios.script import Call, Failed, Hold, fail, take
from tests.scenarios.walked import ORDER, codes, of, says, told, words


async def test_fl34_fl40_a_call_runs_once_and_its_events_have_their_order(d: House) -> None:
    run, events = await told(d, step("my-agent"))
    assert (run["status"], of(run, "my-agent")["attempt"]) == ("completed", 1)
    assert [event["event"] for event in events][:6] == [
        "run_created", "run_execution_claimed", "run_started", "node_started", "node_completed", "run_completed",
    ]  # fmt: skip
    async with await Client.connect(d.places.socket, d.history) as client:
        await client.send({"jsonrpc": "2.0", "id": 1, "method": "run.follow", "params": {"run_id": run["run_id"], "after": 4}})
        await client.next(1)
        told_live = [(await client.next())["params"] for _ in range(3)]
    assert [params["event"]["event"] for params in told_live if "event" in params] == ["node_completed", "run_completed"]
    assert told_live[1]["metrics_updated"] == run["metrics"], "before what ends it, and not in the log"


async def test_fl36_after_a_failure_with_fail_fast_what_follows_is_skipped_and_never_starts(d: House) -> None:
    d.script.on("a", fail())
    run, events = await told(d, step("a"), step("subsequent"))
    assert (run["status"], run["detail"]["node_ids"]) == ("failed", ["a"])
    assert words(events) == ["node_started a", "node_failed a", "node_skipped subsequent", "run_failed"]
    assert of(run, "subsequent")["skip_reason"] == "fail_fast"
    assert d.script.count("subsequent") == 0


@pytest.mark.parametrize("broken", ["body", "clean-up"], ids=["FL37", "FL38"])
async def test_clean_up_runs_after_a_failure_and_its_own_failure_changes_no_ending(d: House, broken: str) -> None:
    d.script.on("a" if broken == "body" else "cleanup", fail())
    run, events = await told(d, step("a"), last=(step("cleanup", 'with: {how: "{{ run.workflow_status }}"}'),))
    ends = {event["event"]: event for event in events}
    if broken == "body":
        assert (run["status"], of(run, "cleanup")["attempt"], ends["finally_started"]["workflow_status"]) == ("failed", 1, "failed")
        assert d.script.calls()[-1]["given"]["how"] == "failed"
    else:
        assert (run["status"], ends["finally_completed"]["failed_nodes"]) == ("completed", ["cleanup"])


async def test_fl39_what_is_cancelled_before_its_first_claim_starts_nothing(d: House) -> None:
    hold = Hold()
    d.script.on("a", *[hold] * 8)
    holding = [await d.begin(flow(step("a"), name=f"f{number}")) for number in range(8)]
    run_id = await d.begin(flow(step("b"), last=(step("tidy"),), top=ORDER))
    await d.call("run.cancel", run_id=run_id)
    assert [name for name in await d.names(run_id) if name != "report_written"] == ["run_created", "run_stopped"]
    assert ((await d.run(run_id))["status"], d.script.count("b"), d.script.count("tidy")) == ("cancelled", 0, 0)
    hold.open()
    for other in holding:
        await d.run_until(other)


async def test_fl43_fl44_a_time_limit_is_an_ordinary_failure(d: House) -> None:
    d.script.on("a", take(100))
    run, events = await told(d, step("a", "timeout: 1s"))
    assert (run["status"], of(run, "a")["error"]["failure_class"], codes(run)) == ("failed", "timeout", {"a": "node_absolute_timeout"})
    d.script.on("b", take(100), take(100), take(100))
    run, events = await told(d, step("b", "timeout: 1s, retries: 2, on_fail: continue"))
    assert (run["status"], of(run, "b")["skip_reason"], of(run, "b")["attempt"]) == ("completed", "on_fail_continue", 3)
    assert words(events).count("node_failed b") == 3


async def test_fl45_attempts_of_one_node_share_its_place_in_the_walk(d: House) -> None:
    d.script.on("b", fail(), fail(), says())
    run, events = await told(d, block("g", step("a"), step("b", "retries: 2"), step("c")))
    assert [(event["attempt"], event["terminal"]) for event in events if event["event"] == "node_failed"] == [(1, False), (2, False)]
    assert [event["attempt"] for event in events if event["event"] == "node_started" and event["node_id"] == "b"] == [1, 2, 3]
    assert [of(run, name)["position"] for name in "abc"] == [0, 1, 2]
    assert run["status"] == "completed"


@pytest.mark.parametrize("run_it", ["true", "false", "TRUE"], ids=["FL48-true", "FL48-false", "FL49"])
async def test_a_boolean_input_decides_about_a_block(d: House, run_it: str) -> None:
    nodes = (block("if.1", step("inner-step"), more="when: 'flag(\"run_it\")'"), step("z"))
    run, _ = await told(d, *nodes, top=f"{ORDER}\ninputs: {{run_it: {{type: boolean}}}}", inputs={"run_it": run_it.lower() == "true"})
    runs = run_it != "false"
    assert (d.script.count("inner-step"), of(run, "z")["position"]) == (int(runs), int(runs))
    assert of(run, "if.1")["status"] == ("completed" if runs else "skipped")
    assert run["status"] == "completed"


@pytest.mark.parametrize("markers", [("has_issues",), ()], ids=["FL50-emits", "FL50-nothing"])
async def test_a_marker_decides_about_a_block(d: House, markers: tuple[str, ...]) -> None:
    d.script.on("detector", says(*markers))
    run, _ = await told(d, step("detector"), block("if.1", step("reporter"), more='when: \'marker("detector", "has_issues")\''))
    assert (run["status"], d.script.count("detector"), d.script.count("reporter")) == ("completed", 1, len(markers))
    assert of(run, "reporter")["status"] == ("completed" if markers else "skipped")


async def test_fl54_fl56_fl60_branches_run_at_once_are_tried_again_and_left_out(d: House) -> None:
    async def act(call: Call) -> Any:
        call.usage(cost_usd=0.05)
        return {"markers": ["m1", "m2"], "context": "seen"}

    d.script.on("a", act)
    d.script.on("b", fail(), says("m3"))
    nodes = branches("p", step("a"), step("b", "retries: 1"), step("c", 'when: \'marker("d", "code")\''))
    run, events = await told(d, step("d"), nodes, step("z", 'when: \'marker("p", "m3") && marker("a", "m1")\''))
    assert (run["status"], d.script.count("b"), d.script.count("z")) == ("completed", 2, 1)
    assert run["estimated_cost_usd"] > 0
    assert of(run, "c")["skip_reason"] == "condition_not_met"
    [end] = [event for event in events if event["event"] == "group_completed"]
    assert end["markers"] == ["m1", "m2", "m3"]


@pytest.mark.parametrize("fail_fast", [False, True], ids=["FL57", "FL58"])
async def test_a_branch_that_fails_for_good_fails_the_block(d: House, *, fail_fast: bool) -> None:
    d.script.on("b", fail(), fail())
    nodes = branches("p", step("a"), step("b", "retries: 1"), step("c"), more=f"fail_fast: {str(fail_fast).lower()}")
    run, _ = await told(d, nodes)
    assert (run["status"], run["detail"]["node_ids"], of(run, "b")["attempt"]) == ("failed", ["p"], 2)
    assert codes(run)["p"] == "parallel_below_min_success"
    assert of(run, "p")["error"]["detail"]["successes"] == 2


async def test_fl135_a_branch_has_a_time_limit_and_its_failure_may_be_passed_over(d: House) -> None:
    d.script.on("a", take(100))
    run, _ = await told(d, branches("p", step("a", "timeout: 1s, as: bot, on_fail: continue"), step("b")))
    assert (run["status"], of(run, "a")["error"]["code"], of(run, "a")["skip_reason"]) == (
        "completed", "node_absolute_timeout", "on_fail_continue",
    )  # fmt: skip


async def test_fl123_clean_up_goes_on_after_a_failure_and_its_conditions_see_none_of_it(d: House) -> None:
    d.script.on("x", fail())
    last = (step("x"), block("if.1", step("y"), more='when: \'marker("x", "m")\''), step("z"))
    run, _ = await told(d, step("a"), last=last)
    assert (run["status"], d.script.count("z"), d.script.count("y"), of(run, "y")["status"]) == ("completed", 1, 0, "skipped")


async def test_fl138_without_fail_fast_what_follows_runs_and_the_run_fails_naming_what_failed(d: House) -> None:
    d.script.on("a", fail())
    run, _ = await told(d, step("a"), step("b"), top="sequence: true\nfail_fast: false")
    assert (run["status"], run["detail"]["node_ids"], d.script.count("b")) == ("failed", ["a"], 1)


async def test_fl139_no_more_branches_than_allowed_run_at_once_in_the_order_of_the_file(d: House) -> None:
    names = [f"n{number}" for number in range(39, -1, -1)]
    live = most = 0

    async def act(call: Call) -> Any:
        nonlocal live, most
        live += 1
        most = max(most, live)
        await take(1)(call)
        live -= 1

    for name in names:
        d.script.on(name, act)
    run, events = await told(d, branches("p", *map(step, names)))
    assert (run["status"], most) == ("completed", 16)
    assert [event["node_id"] for event in events if event["event"] == "node_started"] == names


async def test_fl96_a_run_that_is_running_is_not_resumed(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(block("g", step("a")), top=ORDER))
    await hold.begun()
    before = await d.names(run_id)
    assert (await d.refused("run.resume", run_id=run_id)).code == "run_not_paused"
    assert await d.names(run_id) == before
    hold.open()
    await d.run_until(run_id)


async def test_fl55_a_branch_whose_function_raises_fails_and_the_daemon_is_unharmed(d: House) -> None:
    async def act(call: Call) -> Any:
        raise Failed("it crashed")

    d.script.on("a", act)
    run, _ = await told(d, branches("p", step("a"), step("b")))
    assert (run["status"], of(run, "a")["status"], "it crashed" in of(run, "a")["error"]["message"]) == ("failed", "failed", True)
    assert (await told(d, step("c")))[0]["status"] == "completed"
