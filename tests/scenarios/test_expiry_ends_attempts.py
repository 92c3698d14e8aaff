"""A gate that cancels its run when nobody answers: what is under way is ended first, then cleaned up after."""

from __future__ import annotations

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold

ASK = gate("ask", "timeout: 5m, on_timeout: cancel")
BOTH = "limits: {parallel: 2}"


async def test_an_expiry_that_cancels_ends_attempts_under_way_before_the_run(d: House) -> None:
    d.script.on("b", Hold())
    run_id = await d.begin(flow(ASK, step("b"), top=BOTH))
    run = await d.run_until(run_id)
    assert (run["status"], run["stop_kind"]) == ("cancelled", "cancelled")
    names = await d.names(run_id)
    assert names[-5:-1] == ["approval_gate_expired", "run_cancel_requested", "node_interrupted", "run_cancelled"]
    ended = next(event for event in await d.events(run_id) if event["event"] == "node_interrupted")
    assert ended["reason"] == "cancelled"


async def test_an_expiry_that_cancels_cleans_up_when_attempts_have_ended(d: House) -> None:
    d.script.on("b", Hold())
    run_id = await d.begin(flow(ASK, step("b"), top=BOTH, last=(step("t"),)))
    run = await d.run_until(run_id)
    assert (run["status"], {node["node_id"]: node["status"] for node in run["nodes"]}["t"]) == ("cancelled", "completed")
