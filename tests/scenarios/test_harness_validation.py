"""Whether what a workflow asks for is here is looked at before a run of it exists, and again by the daemon that takes the run in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.flows import flow, step
from tests.scenarios.forged import held_back, let_go
from tests.scenarios.harness import House
from tests.scenarios.oracle import Oracle

ASKS = "{id: g, gate: pr_checks}"
EACH = "{id: each, foreach: {over: list, workflow: child, max_parallel: 1, scope: {values: 'a'}}}"


async def without_resolvers(o: House) -> None:
    await o.stop()
    o.configure("gates", resolvers=())
    await o.start()


async def test_a_stored_workflow_that_asks_for_what_is_not_here_is_not_started_nor_one_that_begins_it(o: House, oracle: Oracle) -> None:
    await o.put(flow(ASKS, name="child"))
    await o.put(flow("{id: sub, workflow: child}", name="parent"))
    await without_resolvers(o)
    refused = await o.refused("run.start", workflow_id="child")
    assert refused.code == "workflow_validation_failed"
    assert [(one["code"], "in_workflow" in one) for one in refused.data["problems"]] == [("gate_resolver_missing", False)]
    refused = await o.refused("run.start", workflow_id="parent")
    assert [(one["code"], one["in_workflow"]) for one in refused.data["problems"]] == [("gate_resolver_missing", "child")]
    assert ((await o.call("run.list"))["runs"], oracle.polls) == ([], [])


async def test_a_daemon_that_lacks_what_a_run_asks_for_ends_it_before_any_node(o: House, oracle: Oracle) -> None:
    run_id = await held_back(o, step("a"), ASKS)
    await without_resolvers(o)
    await let_go(o)
    run = await o.run_until(run_id)
    assert (run["status"], run["detail"]["code"]) == ("failed", "workflow_validation_failed")
    assert [(node["status"], node["attempt"]) for node in run["nodes"]] == [("pending", 0), ("pending", 0)]
    assert (run["result_summary"]["total"], oracle.polls) == (0, [])


@pytest.mark.parametrize(
    ("nodes", "codes"),
    [
        (["{id: s, workflow: nobody}"], [("sub_workflow_load_failed", "nodes[0].workflow")]),
        (["{id: s, workflow: story}"], [("workflow_reference_cycle", "nodes[0].workflow")]),
        (
            ["{id: s, workflow: child, inputs: {other: x}}", EACH],
            [("sub_workflow_input_missing", "nodes[0].inputs"), ("foreach_input_missing", "nodes[1].foreach.inputs")],
        ),
        (["{id: s, workflow: child}"], [("sub_workflow_input_missing", "nodes[0].inputs")]),
        (["{id: s, workflow: child, inputs: {topic: x}}"], []),
    ],
    ids=["absent", "FL29", "inputs", "inherited", "sound"],
)
async def test_validate_tells_what_a_start_would_be_refused_for(d: House, nodes: list[str], codes: list[Any]) -> None:
    await d.put(flow(step("leaf"), name="child", top="inputs: {topic: {required: true}}"))
    text, folder = flow(*nodes), str(d.script.folder)
    found = await d.call("workflow.check", text=text, folder=folder)
    assert (found["ok"], [(one["code"], one["path"]) for one in found["problems"]]) == (not codes, codes)
    if codes:
        for method in ("workflow.put", "run.start"):
            refused = await d.refused(method, text=text, folder=folder)
            assert (refused.code, [(one["code"], one["path"]) for one in refused.data["problems"]]) == ("invalid_workflow", codes)
        assert (await d.call("run.list"))["runs"] == []
