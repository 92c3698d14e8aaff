"""A run's first moments: created, claimed, started; and how lists show it."""

from __future__ import annotations

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail

THREE = flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]"))


async def blocked(house: House) -> Hold:
    """One slot, and it is taken."""
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    hold = Hold()
    house.script.on("block", hold)
    await house.begin(flow(step("block"), name="block"))
    await hold.begun()
    return hold


async def test_r01_a_new_run_is_queued_with_all_its_nodes_pending_and_one_event(house: House) -> None:
    await blocked(house)
    run_id = await house.begin(THREE)
    run = await house.run(run_id)
    assert (run["status"], run_id.startswith("run-"), run["trigger_type"], run["version"]) == ("queued", True, "manual", 1)
    assert [(node["node_id"], node["status"], node["attempt"]) for node in run["nodes"]] == [
        ("a", "pending", 0), ("b", "pending", 0), ("c", "pending", 0),
    ]  # fmt: skip
    events = await house.events(run_id)
    assert [(event["seq"], event["event"], event["profile"], event["digest"]) for event in events] == [
        (1, "run_created", "guided", run["digest"])
    ]


async def test_r18_the_first_claim_has_epoch_one_and_starts_the_run(house: House) -> None:
    hold = await blocked(house)
    run_id = await house.begin(THREE)
    hold.open()
    run = await house.run_until(run_id)
    names = await house.names(run_id)
    assert (run["epoch"], names[:4]) == (1, ["run_created", "run_execution_claimed", "run_started", "node_started"])
    claimed = (await house.events(run_id))[1]
    assert (claimed["lease_epoch"], claimed["claim_id"].startswith("run-claim-")) == (1, True)


async def test_r86_an_ended_run_is_left_alone_by_pause_resume_and_cancel(d: House) -> None:
    run_id = await d.begin(THREE)
    await d.run_until(run_id)
    before = await d.events(run_id)
    assert await d.answer("run.pause", run_id=run_id) == "run_not_pausable"
    assert await d.answer("run.resume", run_id=run_id) == "run_already_terminal"
    assert (await d.call("run.cancel", run_id=run_id))["already_terminal"] is True
    assert await d.events(run_id) == before


async def test_r03_lists_are_newest_first_filtered_and_bounded(d: House) -> None:
    runs = []
    for name in ("x", "y", "x", "y", "x"):
        runs.append(await d.begin(flow(step("a"), name=name)))
        await d.run_until(runs[-1])
        d.clock.jump(10)
    listed = [row["run_id"] for row in (await d.call("run.list"))["runs"]]
    assert listed == runs[::-1]
    assert [row["run_id"] for row in (await d.call("run.list", workflow_id="y", limit=1))["runs"]] == [runs[3]]
    assert (await d.call("run.list", status="failed"))["runs"] == []
    assert (await d.refused("run.list", limit=0)).code == "params_invalid"


async def test_e01_the_events_of_a_run_with_retry_gate_and_clean_up_stand_in_this_order(d: House) -> None:
    d.script.on("b", fail())
    retry = "needs: [ask], retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}"
    run_id = await d.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", retry), last=(step("tidy"),)))
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "approve")
    await d.run_until(run_id)
    assert await d.names(run_id) == [
        "run_created", "run_execution_claimed", "run_started", "node_started", "node_completed", "approval_gate_opened",
        "run_awaiting_approval", "approval_gate_decided", "node_completed", "run_execution_claimed", "node_started", "node_failed",
        "node_retry_backoff_scheduled", "run_execution_claimed", "node_started", "node_completed",
        "finally_started", "node_started", "node_completed", "finally_completed", "run_completed", "report_written",
    ]  # fmt: skip
