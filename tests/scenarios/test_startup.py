"""What the start of a daemon makes of runs that another one left in each status."""

from __future__ import annotations

import trio
from attrs import evolve

from actors.config import Config
from actors.config.sections import Scheduler
from actors.node.events import NodeStarted
from actors.run.events import RunPauseRequested
from tests.scenarios.flows import flow, step
from tests.scenarios.forged import forge, held_back, taken
from tests.scenarios.harness import House
from tests.scenarios.script import Hold


async def next_start(d: House) -> Hold:
    """The daemon dies; the next one gives its only slot to a run that goes before all others, until it is told to end."""
    d.script.on("first", hold := Hold())
    await d.begin(flow(step("first"), name="first", top="providers: [away]"), priority=10)
    await d.crash()
    d.config = evolve(Config(), scheduler=Scheduler(max_concurrent_runs=1))
    await d.start()
    return hold


async def test_r50_a_run_with_nothing_under_way_is_queued(d: House) -> None:
    run_id = await held_back(d, step("a"))
    await taken(d, run_id)
    slot = await next_start(d)
    run = await d.when(run_id, lambda run: run.get("resume_reason") == "server_restart_rehydration")
    assert run["detail"] == {"code": "queued_after_restart"}
    assert [(node["attempt"], "output" in node) for node in run["nodes"]] == [(0, False)]
    slot.open()
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r51_an_attempt_that_was_lost_is_noted_and_begins_again(d: House) -> None:
    d.script.on("a", hold := Hold())
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 3}")))
    await hold.begun()
    await d.crash()
    d.script.on("a", again := Hold())
    await d.start()
    await again.begun()
    [queued] = [event for event in await d.events(run_id) if event["event"] == "run_queued_for_resume_after_restart"]
    assert queued["node_ids"] == ["a"]
    again.open()
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    assert (await d.names(run_id))[-4:] == ["node_completed", "node_recovered", "run_completed", "report_written"]


async def test_r51_until_it_begins_again_the_record_says_what_happened(d: House) -> None:
    run_id = await held_back(d, step("a"))
    await taken(d, run_id, "a")
    slot = await next_start(d)
    run = await d.when(run_id, lambda run: run["status"] == "queued")
    [node] = run["nodes"]
    assert (node["attempt"], node["output"]["status"], node["output"]["blocker_category"]) == (
        1,
        "needs_repair",
        "server_restart_interrupted",
    )
    assert (run["last_failure"]["node_id"], run["detail"]["node_ids"]) == ("a", ["a"])
    slot.open()
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r52_a_node_that_the_version_does_not_have_fails_the_run(d: House) -> None:
    run_id = await held_back(d, step("a"))
    await taken(d, run_id)
    await forge(d, run_id, NodeStarted(node_id="gone"))
    await d.crash()
    await d.start()
    run = await d.run_until(run_id)
    assert (run["status"], run["stop_kind"], run["detail"]) == (
        "failed", "server_restart", {"code": "interrupted_by_restart", "node_ids": ["gone"]},
    )  # fmt: skip
    assert ("last_failure" in run, ["output" in node for node in run["nodes"]]) == (False, [False])
    assert (await d.names(run_id))[-2:] == ["run_failed_server_restart", "report_written"]


async def test_r55_a_run_that_was_being_held_is_held(d: House) -> None:
    d.script.on("a", hold := Hold())
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), name="w"))
    await hold.begun()
    await forge(d, run_id, RunPauseRequested(reason="workflow_paused", by="uid:0", pausing=True))
    assert (await d.run(run_id))["status"] == "pausing"
    await d.crash()
    await d.start()
    run = await d.when(run_id, lambda run: run["status"] == "paused")
    assert (run["pause_reason"], run["nodes"][0]["status"], run["nodes"][0]["attempt"]) == ("workflow_paused", "pending", 1)
    assert (await d.names(run_id))[-1] == "run_pausing_settled_on_restart"
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r16_a_run_that_is_being_held_has_no_slot_and_keeps_its_folder(house: House, tmp_path: object) -> None:
    house.config = evolve(Config(), scheduler=Scheduler(max_concurrent_runs=1))
    await house.start()
    d = house
    ending = trio.Event()

    async def slow(call: object) -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await ending.wait()

    d.script.on("a", slow)
    run_id = await d.begin(flow(step("a"), name="w", top=f"workspace: {tmp_path}"))
    await trio.sleep(1)
    beside = await d.begin(flow(step("b"), name="beside"))
    same = await d.begin(flow(step("c"), name="same", top=f"workspace: {tmp_path}"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_pause, d)
        run = await d.when(run_id, lambda run: run["status"] == "pausing")
        assert run["pause_reason"] == "workflow_paused"
        assert (await d.run_until(beside))["status"] == "completed", "the slot is free"
        assert await d.why(same) == ["workspace_lock"]
        ending.set()
    assert (await d.run(run_id))["status"] == "paused"
    assert (await d.run_until(same))["status"] == "completed", "now the folder is free as well"
    await d.call("workflow.activate", workflow_id="w")
    assert (await d.run_until(run_id))["status"] == "completed"


async def _pause(d: House) -> None:
    async with await d.client() as client:
        await client.call("workflow.pause", {"workflow_id": "w"})


async def test_g25_a_version_that_is_gone_locks_its_run_away_and_no_other(d: House) -> None:
    d.script.on("a", hold := Hold())
    run_id = await d.begin(flow(step("a"), name="gone"))
    await hold.begun()
    other = await d.begin(flow(step("b"), name="there"))
    await d.run_until(other)
    digest = (await d.run(run_id))["digest"]
    await d.crash()
    (d.places.data / "blobs" / digest[:2] / digest[2:]).unlink()
    d.history.unread.add(run_id)
    await d.start()
    await trio.sleep(1)
    rows = {row["run_id"]: row["status"] for row in (await d.call("run.list"))["runs"]}
    assert (rows[run_id], rows[other]) == ("blocked", "completed")
