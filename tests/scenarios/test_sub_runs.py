"""Nodes that are runs of other workflows, through the socket: links, waits, cancels, pauses, slots and folders, removal."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import ENDED, House
from tests.scenarios.script import Call, Hold, fail

CALL = "{id: sub, workflow: child, needs: [a], inputs: {topic: '{{ inputs.topic }}'}}"
TOPIC = "inputs: {topic: {default: owls}}"


async def nest(
    d: House, *nodes: str, parent: tuple[str, ...] = (step("a"), CALL, step("c", "needs: [sub]")), top: str = TOPIC, **more: object
) -> str:
    """Store the child of these nodes, and begin a parent."""
    await d.put(flow(*nodes, name="child", top=f'{TOPIC}\noutput: {{said: "{{{{ inputs.topic }}}}"}}'))
    return await d.begin(flow(*parent, top=top, **more))  # type: ignore[arg-type]  # handed on as they are


async def child_of(d: House, run_id: str, node_id: str = "sub") -> str:
    return str((await d.nodes(run_id))[node_id]["child_run_id"])


async def test_fl91_the_childs_events_are_in_its_own_log_alone_and_the_parent_goes_on_with_its_output(d: House) -> None:
    run_id = await nest(d, step("leaf"))
    run = await d.run_until(run_id)
    assert (run["status"], run["depth"]) == ("completed", 0)
    nodes = await d.nodes(run_id)
    assert nodes["sub"]["output"] == {"said": "owls"}
    child_id = nodes["sub"]["child_run_id"]
    child = await d.run(child_id)
    assert (child["status"], child["parent_run_id"], child["parent_node_id"], child["root_run_id"], child["depth"], child["trigger_type"]) == (
        "completed", run_id, "sub", run_id, 1, "sub_run",
    )  # fmt: skip
    own, childs = await d.events(run_id), await d.events(child_id)
    assert [event["event"] for event in own if event.get("node_id") == "sub"] == [
        "node_started", "sub_run_started", "sub_run_ended", "node_completed",
    ]  # fmt: skip
    assert {event["node_id"] for event in childs if "node_id" in event} == {"leaf"}
    assert all(event.get("node_id") != "leaf" for event in own)
    listed = (await d.call("run.list", parent_run_id=run_id))["runs"]
    assert [(line["run_id"], line["parent_run_id"], line["depth"]) for line in listed] == [(child_id, run_id, 1)]
