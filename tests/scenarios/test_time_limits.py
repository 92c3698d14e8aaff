"""Time limits that are texts, through the socket: filled in before an attempt begins, and kept until it ends (flow spec 2.7)."""

from __future__ import annotations

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, give, take
from tests.scenarios.walked import codes, of, told, words

TOP = "sequence: true\ninputs: {limit: {default: 1s}}"
LIMITED = "timeout: '{{ inputs.limit }}'"


async def test_a_limit_that_was_filled_in_ends_the_attempt_and_the_run_of_a_node_and_the_gate_at_its_time(d: House) -> None:
    await d.put(flow(step("leaf"), name="child"))
    d.script.on("a", give({"limit": "2s"}))
    d.script.on("b", take(100), take(100))
    d.script.on("leaf", take(100))
    run, events = await told(
        d, step("a"), step("b", "timeout: '{{ nodes.a.output.limit }}', retries: 1, on_fail: continue"),
        f"{{id: sub, workflow: child, {LIMITED}, on_fail: continue}}", gate("g", f"{LIMITED}, on_timeout: continue"), top=TOP,
    )  # fmt: skip
    assert (run["status"], codes(run)) == ("completed", {"b": "node_absolute_timeout", "sub": "node_absolute_timeout"})
    assert (of(run, "b")["attempt"], of(run, "b")["error"]["detail"]["after_ms"]) == (2, 2_000)
    assert (await d.run(of(run, "sub")["child_run_id"]))["status"] == "cancelled"
    assert [(event["node_id"], event.get("total_ms")) for event in events if event["event"] == "node_started"] == [
        ("a", None), ("b", 2_000), ("b", 2_000), ("sub", 1_000),
    ]  # fmt: skip


async def test_what_comes_to_no_duration_fails_each_node_before_it_begins_and_a_dry_run_says_so_first(d: House) -> None:
    await d.put(flow(step("leaf"), name="child"))
    nodes = (step("a", f"{LIMITED}, retries: 2"), f"{{id: sub, workflow: child, {LIMITED}}}", gate("g", LIMITED))
    run, events = await told(d, *nodes, top=f"{TOP}\nfail_fast: false", inputs={"limit": "soon"})
    assert (run["status"], codes(run)) == ("failed", {"a": "invalid_duration", "sub": "invalid_duration", "g": "invalid_duration"})
    assert words(events) == ["node_failed a", "node_failed sub", "node_failed g", "run_failed"]
    error = of(run, "a")["error"]
    assert (error["failure_class"], error["message"]) == (
        "configuration",
        "\"timeout\" is '{{ inputs.limit }}'. Filled in, 'soon' is no duration. Write 500ms, 30s, 10m, 2h, 7d, a whole number of seconds.",
    )
    foreseen, _ = await told(d, *nodes, top=TOP, inputs={"limit": "soon"}, dry_run=True)
    plan = foreseen["output"]["plan"]
    assert [one["code"] for one in plan["problems"]] == ["invalid_duration"] * 3
    assert d.script.count("a") == 0


async def test_a_run_under_way_keeps_the_limit_with_which_it_began_over_a_crash_and_whatever_its_variable_has_become(d: House) -> None:
    hold = Hold()
    d.script.on("a", give({"wait": "10s"}))
    d.script.on("b", give({"wait": "1h"}))
    d.script.on("leaf", hold, take(100))
    await d.put(flow(step("leaf"), name="child"))
    nodes = (step("a"), "{id: sub, workflow: child, needs: [a], timeout: '{{wait}}'}", step("b", "needs: [a]"))
    run_id = await d.begin(flow(*nodes, top="templating: flat\nlimits: {parallel: 2}"))
    await hold.begun()
    await d.when(run_id, lambda run: of(run, "b")["status"] == "completed")
    await d.restart(crash=True)
    run = await d.run_until(run_id)
    assert (codes(run), of(run, "sub")["error"]["detail"]["after_ms"]) == ({"sub": "node_absolute_timeout"}, 10_000)
    assert d.script.count("leaf") == 2
