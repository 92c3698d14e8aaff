"""Flows that need nobody: lines, fans, conditions, failures, clean-up, outputs."""

from __future__ import annotations

import itertools

import pytest

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, give, take

FAN = [step("a"), *(step(f"b{i}", "needs: [a]") for i in range(8)), step("z", f"needs: [{', '.join(f'b{i}' for i in range(8))}]")]


async def test_a_line_runs_in_order_and_its_events_have_their_order(d: House) -> None:
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    assert (await d.run_until(run_id))["status"] == "completed"
    assert [call["node"] for call in d.script.calls()] == ["a", "b", "c"]
    assert await d.names(run_id) == [
        "run_created", "run_execution_claimed", "run_started", "node_started", "node_completed", "node_started", "node_completed",
        "node_started", "node_completed", "run_completed", "report_written",
    ]  # fmt: skip


async def test_a_fan_of_eight_runs_at_once_and_joins(d: House) -> None:
    hold = Hold()
    for i in range(8):
        d.script.on(f"b{i}", hold)
    run_id = await d.begin(flow(*FAN, top="limits: {parallel: 8}"))
    await d.when(run_id, lambda run: [node["status"] for node in run["nodes"]].count("running") == 8)
    assert hold.entered == 8
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.calls()[-1]["node"] == "z"


async def test_parallel_one_never_runs_two_at_once(d: House) -> None:
    for i in range(8):
        d.script.on(f"b{i}", take(1))
    run_id = await d.begin(flow(*FAN))
    run = await d.run_until(run_id)
    assert run["active_ms"] >= 8_000
    running = 0
    for event in await d.events(run_id):
        running += {"node_started": 1, "node_completed": -1}.get(event["event"], 0)
        assert running <= 1


async def test_a_retry_waits_its_back_off_and_gives_the_slot_back(d: House) -> None:
    d.script.on("a", fail("first"), fail("second"), give({"n": 3}))
    retry = "retry: {max_attempts: 3, backoff: {strategy: exponential, initial: 2s, multiplier: 2.5, max: 8s}}"
    run_id = await d.begin(flow(step("a", retry)))
    waiting = await d.when(run_id, lambda run: run["status"] == "queued" and "retry_after_ms" in run["scheduler"])
    assert waiting["scheduler"]["queue_reason"] == "retry_backoff"
    assert (await d.why(run_id)) == ["retry_backoff"]
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"], run["nodes"][0]["output"]) == ("completed", 3, {"n": 3})
    scheduled = [e["retry_backoff_ms"] for e in await d.events(run_id) if e["event"] == "node_retry_backoff_scheduled"]
    assert scheduled == [2000, 5000]
    starts = [e["at_ms"] for e in await d.events(run_id) if e["event"] == "node_started"]
    assert [b - a for a, b in itertools.pairwise(starts)] == [2000, 5000]


@pytest.mark.parametrize("crash", [False, True])
async def test_a_back_off_keeps_its_due_time_through_a_restart(d: House, *, crash: bool) -> None:
    d.script.on("a", fail())
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 2m}}")))
    due = (await d.when(run_id, lambda run: "retry_after_ms" in run.get("scheduler", {})))["scheduler"]["retry_after_ms"]
    await d.restart(crash=crash)
    assert (await d.run(run_id))["scheduler"]["retry_after_ms"] == due
    await d.run_until(run_id)
    started = [e["at_ms"] for e in await d.events(run_id) if e["event"] == "node_started"]
    assert due <= started[1] <= due + 1000


async def test_attempts_exhausted_fail_the_run(d: House) -> None:
    d.script.on("a", fail("one"), fail("two"))
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 2}"), step("b", "needs: [a]")))
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]) == ("failed", {"code": "nodes_failed", "node_ids": ["a"]})
    assert "two" in run["nodes"][0]["error"]["message"]
    assert (await d.statuses(run_id))["b"] == "pending"
    assert await d.why(run_id) == ["nodes_failed"]


async def test_on_fail_continue_lets_what_needs_it_run(d: House) -> None:
    d.script.on("a", fail())
    run_id = await d.begin(flow(step("a", "on_fail: continue"), step("b", "needs: [a]")))
    assert (await d.run_until(run_id))["status"] == "completed"
    assert await d.statuses(run_id) == {"a": "skipped", "b": "completed"}


async def test_until_settled_runs_after_a_failure_that_does_not_stop_others(d: House) -> None:
    d.script.on("a", fail())
    nodes = [step("a"), step("b", "needs: [{node: a, until: settled}]"), step("c", "needs: [a]")]
    run_id = await d.begin(flow(*nodes, top="fail_fast: false"))
    assert (await d.run_until(run_id))["status"] == "failed"
    assert await d.statuses(run_id) == {"a": "failed", "b": "completed", "c": "pending"}


async def test_a_condition_skips_and_what_needs_it_goes_on(d: House) -> None:
    d.script.on("a", give({"go": False}))
    run_id = await d.begin(flow(step("a"), step("b", 'needs: [a], when: "nodes.a.output.go"'), step("c", "needs: [b]")))
    assert (await d.run_until(run_id))["status"] == "completed"
    assert await d.statuses(run_id) == {"a": "completed", "b": "skipped", "c": "completed"}
    assert d.script.count("b") == 0


async def test_a_condition_that_cannot_be_evaluated_fails_its_node(d: House) -> None:
    d.script.on("a", give({"go": "text"}))
    run_id = await d.begin(flow(step("a"), step("b", 'needs: [a], when: "nodes.a.output.go > 3"')))
    run = await d.run_until(run_id)
    assert run["status"] == "failed"
    assert run["nodes"][1]["error"]["code"] == "condition_error"


async def test_fail_fast_true_interrupts_the_siblings(d: House) -> None:
    hold = Hold()
    d.script.on("slow", hold)
    d.script.on("a", take(1), fail())
    d.script.on("bad", fail())
    run_id = await d.begin(flow(step("slow"), step("bad"), step("later", "needs: [slow]"), top="fail_fast: true\nlimits: {parallel: 2}"))
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["node_ids"]) == ("failed", ["bad"])
    names = await d.names(run_id, ("node_interrupted", "node_failed", "node_skipped", "run_failed"))
    assert names[-1] == "run_failed"
    assert "node_interrupted" in names


async def test_r104_without_fail_fast_nothing_new_starts_and_what_is_under_way_is_folded(d: House) -> None:
    hold = Hold({"kept": True})
    d.script.on("a_slow", hold)
    d.script.on("b_bad", fail())
    run_id = await d.begin(flow(step("a_slow"), step("b_bad"), step("later"), top="limits: {parallel: 2}"))
    await d.when(run_id, lambda run: any(node["status"] == "failed" for node in run["nodes"]))
    assert "failing" in await d.why(run_id)
    hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["code"]) == ("failed", "nodes_failed")
    nodes = await d.nodes(run_id)
    assert (nodes["a_slow"]["output"], nodes["later"]["status"]) == ({"kept": True}, "pending")
    assert [name for name in await d.names(run_id) if name.startswith("run_")][-1] == "run_failed"


async def test_fail_fast_false_lets_independent_nodes_go_on(d: House) -> None:
    d.script.on("bad", fail())
    run_id = await d.begin(flow(step("bad"), step("x"), step("y", "needs: [x]"), top="fail_fast: false"))
    run = await d.run_until(run_id)
    assert run["status"] == "failed"
    assert await d.statuses(run_id) == {"bad": "failed", "x": "completed", "y": "completed"}


@pytest.mark.parametrize("broken", [False, True])
async def test_clean_up_runs_after_success_and_after_failure_and_knows_which(d: House, *, broken: bool) -> None:
    if broken:
        d.script.on("a", fail())
    tidy = step("tidy", 'with: {how: "{{ run.workflow_outcome }}"}')
    run_id = await d.begin(flow(step("a"), last=(tidy,)))
    run = await d.run_until(run_id)
    assert run["status"] == ("failed" if broken else "completed")
    assert d.script.calls()[-1]["given"] == {"how": "failed" if broken else "completed"}
    names = await d.names(run_id)
    assert names[-5:-1] == ["node_started", "node_completed", "finally_completed", "run_failed" if broken else "run_completed"]


async def test_a_failing_clean_up_changes_nothing(d: House) -> None:
    d.script.on("tidy", fail())
    run_id = await d.begin(flow(step("a"), last=(step("tidy"),)))
    assert (await d.run_until(run_id))["status"] == "completed"
    done = next(event for event in await d.events(run_id) if event["event"] == "finally_completed")
    assert done["failed_nodes"] == ("tidy",) or done["failed_nodes"] == ["tidy"]


async def test_the_output_is_rendered_and_an_unknown_path_in_it_fails_the_run(d: House) -> None:
    d.script.on("a", give({"n": 7, "list": [1, 2]}), give({}))
    text = flow(step("a"), top='output: {whole: "{{ nodes.a.output.list }}", text: "n is {{ nodes.a.output.n }}"}')
    run = await d.run_until(await d.begin(text))
    assert run["output"] == {"whole": [1, 2], "text": "n is 7"}
    run = await d.run_until(await d.begin(text))
    assert (run["status"], run["detail"]["code"]) == ("failed", "output_reference_failed")


async def test_inputs_reach_the_node_with_their_types(d: House) -> None:
    text = flow(step("a", 'with: {n: "{{ inputs.n }}", s: "x{{ inputs.n }}"}'), top="inputs: {n: {type: integer, required: true}}")
    await d.run_until(await d.begin(text, inputs={"n": 3}))
    assert d.script.calls()[0]["given"] == {"n": 3, "s": "x3"}
    refused = await d.refused("run.start", text=text, folder=str(d.script.folder))
    assert refused.code == "missing_required_input"
