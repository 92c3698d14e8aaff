"""For-each nodes through the socket: runs of items, one after the other or at once, failures, outputs, cancels, retries, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.script import Call, Failed, Hold

TOP = "inputs: {item: {default: none}}"
LEAF = step("leaf", 'with: {item: "{{ inputs.item }}"}')


def each(values: str = "t1, t2, t3", more: str = "", beside: str = "") -> str:
    """A for-each over these values."""
    said = f"over: list, workflow: child, scope: {{values: '{values}'}}, inputs: {{item: '{{{{ item.id }}}}'}}, max_parallel: 1{more}"
    return f"{{id: each, foreach: {{{said}}}{beside}}}"


async def begin(d: House, *nodes: str, **more: Any) -> str:
    """Store the child, and begin a parent."""
    await d.put(flow(LEAF, name="child", top=TOP))
    return await d.begin(flow(*nodes, **more))


def failing(*names: str) -> Any:
    """An act that fails for these items."""

    async def act(call: Call) -> Any:
        if call.given["item"] in names:
            raise Failed("no")
        return {"value": call.given["item"]}

    return act


async def children(d: House, run_id: str) -> list[dict[str, Any]]:
    """The runs of the items."""
    found: list[dict[str, Any]] = (await d.call("run.list", parent_run_id=run_id))["runs"]
    return found


async def told(d: House, run_id: str) -> list[str]:
    """The facts of items in short."""
    marks = {"fan_out_item_started": "+", "fan_out_item_completed": ".", "fan_out_item_skipped": "~"}
    return [marks[event["event"]] + event["item_id"] for event in await d.events(run_id) if event["event"] in marks]


async def test_fl80_fl88_fl89_three_items_run_one_after_the_other_and_hand_back_what_they_left(d: House) -> None:
    d.script.on("leaf", *[failing()] * 3)
    run_id = await begin(d, each("c, a, b"), step("after", "needs: [each]"))
    assert (await d.run_until(run_id))["status"] == "completed"
    assert await told(d, run_id) == ["+c", ".c", "+a", ".a", "+b", ".b"]
    nodes = await d.nodes(run_id)
    assert nodes["each"]["output"] == {
        "items": [{"item_id": name, "status": "completed", "output": {"value": name}} for name in ("a", "b", "c")]
    }
    runs = await children(d, run_id)
    assert [run["status"] for run in runs] == ["completed"] * 3
    inputs = [(await d.run(run["run_id"]))["inputs"] for run in runs]
    assert {"item": "c", "item.id": "c", "item.ref": "c", "item.value": "c"} in inputs


@pytest.mark.parametrize(
    ("policy", "fails", "statuses", "facts"),
    [
        ("halt", "t1", ["failed"], ["+t1", ".t1"]),
        ("continue", "t2", ["completed", "completed", "failed"], ["+t1", ".t1", "+t2", ".t2", "+t3", ".t3"]),
    ],
    ids=["FL81", "FL82"],
)
async def test_a_failure_halts_or_lets_the_others_go_on(d: House, policy: str, fails: str, statuses: list[str], facts: list[str]) -> None:
    d.script.on("leaf", *[failing(fails)] * 3)
    run_id = await begin(d, each(more=f", on_child_fail: {policy}"), top="fail_fast: false")
    run = await d.run_until(run_id)
    node = run["nodes"][0]
    assert (run["status"], node["status"], node["error"]["code"]) == ("failed", "failed", "fan_out_items_failed")
    assert sorted(line["status"] for line in await children(d, run_id)) == statuses
    assert await told(d, run_id) == facts


async def test_fl86_nothing_to_do_is_done(d: House) -> None:
    run_id = await begin(d, each(""))
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["output"]) == ("completed", {"items": []})
    assert await children(d, run_id) == []


async def test_items_at_once_share_the_slot_of_their_run_and_a_cancel_ends_them_all(d: House) -> None:
    hold = Hold()
    d.script.on("leaf", *[hold] * 2)
    run_id = await begin(d, each(more="").replace("max_parallel: 1", "max_parallel: 2"))
    await hold.begun()
    await d.when(run_id, lambda _: hold.entered == 2)
    await d.call("run.cancel", run_id=run_id, reason="enough")
    run = await d.run_until(run_id)
    for line in await children(d, run_id):
        await d.run_until(line["run_id"], "cancelled")
    assert (run["status"], len(await children(d, run_id))) == ("cancelled", 2)


async def test_a_pause_holds_the_item_and_a_resume_lets_the_rest_go_on(d: House) -> None:
    hold = Hold()
    d.script.on("leaf", hold)
    run_id = await begin(d, each("a, b"))
    await hold.begun()
    await d.call("run.pause", run_id=run_id)
    (line,) = await children(d, run_id)
    await d.run_until(line["run_id"], "paused")
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert await told(d, run_id) == ["+a", ".a", "+b", ".b"]


async def test_a_recovery_runs_again_what_failed_and_keeps_what_completed(d: House) -> None:
    d.script.on("leaf", failing(), failing("b"), failing(), failing())
    run_id = await begin(d, each("a, b, c"))
    await d.run_until(run_id, "failed")
    await d.call("run.recover", run_id=run_id, reason="mended")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert await told(d, run_id) == ["+a", ".a", "+b", ".b", "+c", ".c", "+b", ".b"]
    assert len(await children(d, run_id)) == 4


async def test_items_come_from_what_a_node_has_found(d: House) -> None:
    async def scan(_: Call) -> Any:
        return {"names": ["x", "y"]}

    d.script.on("scan", scan)
    found = "{id: each, needs: [scan], foreach: {over: list, workflow: child, scope: {from: scan.names}, max_parallel: 2}}"
    run_id = await begin(d, step("scan"), found)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert [item["item_id"] for item in (await d.nodes(run_id))["each"]["output"]["items"]] == ["x", "y"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (each().replace("over: list", "over: gone"), "foreach_provider_unknown"),
        (each().replace("values:", "value:"), "foreach_scope_invalid"),
        (each(more=", ordered: true"), "foreach_order_unsupported"),
        (each(more=", on_child_fail: skip_dependents"), "foreach_skip_dependents_needs_order"),
        (each(more=", filter: {a: b}"), "foreach_filter_invalid"),
        (each().replace(", max_parallel: 1", ""), "foreach_missing_key"),
        (each().replace("max_parallel: 1", "max_parallel: x"), "invalid_max_parallel"),
        (each(more=", on_cycle: maybe"), "invalid_on_cycle"),
        (each(more=", on_child_fail: maybe"), "invalid_on_child_fail"),
        (each(more=", ordered: maybe"), "invalid_ordered"),
        (each().replace("inputs: {item: '{{ item.id }}'}", "inputs: [a]"), "foreach_not_a_map"),
        (each().replace("'{{ item.id }}'", "1"), "value_type"),
        (each(beside=", artifact: {path: x}"), "key_unknown"),
        (each().replace("item.id }}", "thing.id }}"), "reference_unknown"),
    ],
    ids=[
        "provider", "scope", "FL28", "skip", "filter", "FL21", "parallel", "cycle", "fail", "ordered", "map", "text", "artifact",
        "reference",
    ],
)  # fmt: skip
async def test_what_a_for_each_cannot_be_is_refused_with_its_place(d: House, text: str, code: str) -> None:
    refused = await d.refused("workflow.put", text=flow(text), folder=str(d.script.folder))
    assert code in [problem["code"] for problem in refused.data["problems"]]


async def test_the_workflow_of_the_items_has_to_be_there(d: House) -> None:
    refused = await d.refused("run.start", text=flow(each()), folder=str(d.script.folder))
    assert [problem["code"] for problem in refused.data["problems"]] == ["foreach_workflow_load_failed"]
