"""The life of a workflow: paused with all its runs, activated with those that were held; over deaths and full disks."""

from __future__ import annotations

import pytest
import trio

import actors.library.steward
from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk
from tests.scenarios.planned import MINUTE, fired, happened, next_fire, planned, put_planned, until
from tests.scenarios.script import Hold, fail

JOB = flow(step("a"), name="job")


async def statuses(d: House, name: str = "job") -> dict[str, str]:
    """The runs of the workflow with their statuses."""
    return {row["run_id"]: row["status"] for row in (await d.call("run.list", workflow_id=name, limit=1000))["runs"]}


async def in_four_statuses(d: House) -> dict[str, str]:
    """A run of `job` that is queued, one that runs, one that waits, one that waits for a person; by status."""
    nodes = [
        step("a", 'when: inputs.how == "run"'),
        step("r", 'when: inputs.how == "retry", retry: {max_attempts: 9, backoff: {strategy: fixed, initial: 1h}}'),
    ]
    nodes += [wait("w", "timer: 10h", 'when: inputs.how == "wait"'), gate("g", 'when: inputs.how == "ask"')]
    await d.put(flow(*nodes, name="job", top="inputs: {how: {default: run}}\nlimits: {parallel: 4}"))
    d.script.on("a", hold := Hold())
    d.script.on("r", fail())
    found = {}
    for how, status in (("retry", "queued"), ("wait", "waiting"), ("ask", "awaiting_approval"), ("run", "running")):
        run_id = str((await d.call("run.start", workflow_id="job", inputs={"how": how}))["run_id"])
        found[status] = run_id
        if status == "running":
            await hold.begun()
        elif status == "queued":
            await d.when(run_id, lambda run: "retry_after_ms" in run.get("scheduler", {}))
        else:
            await d.run_until(run_id, status)
    return found


async def test_a_pause_holds_every_run_and_an_activation_lets_exactly_those_go_on(d: House) -> None:
    runs = await in_four_statuses(d)
    own = str((await d.call("run.start", workflow_id="job", inputs={"how": "ask"}))["run_id"])
    await d.run_until(own, "awaiting_approval")
    await d.call("run.pause", run_id=own, reason="mine")
    other = await d.begin(flow(gate("ask"), name="other"))
    answer = await d.call("workflow.pause", workflow_id="job", reason="maintenance")
    assert answer == {"workflow_id": "job", "status": "paused"}
    for run_id in runs.values():
        run = await d.run(run_id)
        assert (run["status"], run["pause_reason"]) == ("paused", "workflow_paused"), run_id
        names = await d.names(run_id)
        ended = ["node_interrupted"] if run_id == runs["running"] else []
        assert names[-2 - len(ended) :] == ["run_pause_requested", *ended, "run_paused"]
    assert (await d.run(other))["status"] == "awaiting_approval"
    assert await d.why(runs["waiting"]) == ["workflow_paused"]
    await d.call("workflow.activate", workflow_id="job")
    assert (await d.run(own))["pause_reason"] == "mine"
    for run_id in runs.values():
        [resumed] = [event for event in await d.events(run_id) if event["event"] == "run_resumed"]
        assert resumed["reason"] == "workflow_activated"
    await d.run_until(runs["running"], "completed")
    await d.run_until(runs["waiting"], "waiting")
    await d.run_until(runs["awaiting_approval"], "awaiting_approval")
    for run_id in (own, other, runs["queued"], runs["waiting"], runs["awaiting_approval"]):
        await d.call("run.cancel", run_id=run_id)


async def test_nothing_of_a_paused_workflow_starts(d: House) -> None:
    await put_planned(d, "every: 60s")
    await d.call("workflow.pause", workflow_id="job")
    refused = await d.refused("run.start", workflow_id="job")
    assert (refused.code, "penstock workflow activate job" in str(refused)) == ("workflow_paused", True)
    assert (await d.refused("run.start", text=planned("every: 5s"), folder=str(d.script.folder))).code == "workflow_paused"
    await trio.sleep(600)
    assert (await fired(d), await next_fire(d), await statuses(d)) == ([], None, {})
    [row] = (await d.call("schedule.list"))["schedules"]
    assert (row["status"], row["workflow_status"]) == ("off", "paused")
    [line] = (await d.call("workflow.list"))["workflows"]
    assert (line["status"], line["version"]) == ("paused", 1)
    await d.call("workflow.activate", workflow_id="job")
    first = await next_fire(d)
    assert first == d.clock.now_ms() + MINUTE
    await until(d, first)
    assert await fired(d) == [first]
    assert [event["event"] for event in await happened(d)][:3] == ["schedule_computed"] * 3


async def test_pausing_and_activating_twice_changes_nothing_and_an_edit_does_not_activate(d: House) -> None:
    await d.put(JOB)
    for _ in range(2):
        assert (await d.call("workflow.pause", workflow_id="job"))["status"] == "paused"
    await d.put(planned("every: 60s"))
    assert (await d.call("workflow.get", workflow_id="job"))["status"] == "paused"
    assert await next_fire(d) is None
    for _ in range(2):
        assert (await d.call("workflow.activate", workflow_id="job"))["status"] == "active"
    assert await next_fire(d) is not None
    assert (await d.refused("workflow.pause", workflow_id="nobody")).code == "workflow_not_found"
    assert (await d.refused("workflow.activate", workflow_id="nobody")).code == "workflow_not_found"
    first = await d.call("workflow.pause", workflow_id="job", request_id="r")
    assert await d.call("workflow.pause", workflow_id="job", request_id="r") == first
    assert (await d.refused("workflow.activate", workflow_id="job", request_id="r")).code == "request_conflict"


async def test_an_operator_may_let_one_run_of_a_paused_workflow_go_on(d: House) -> None:
    d.script.on("a", hold := Hold())
    run_id = await d.begin(JOB)
    await hold.begun()
    await d.call("workflow.pause", workflow_id="job")
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"
    await d.restart()
    await trio.sleep(60)
    assert (await d.run(run_id))["status"] == "completed"


async def test_there_is_no_page_of_runs_beyond_which_nothing_is_held(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.library.steward, "PAGE", 3)
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    house.script.on("block", blocker := Hold())
    other = await house.begin(flow(step("block"), name="other"))
    await blocker.begun()
    await house.put(JOB)
    for _ in range(10):
        await house.call("run.start", workflow_id="job")
    await house.call("workflow.pause", workflow_id="job")
    assert list((await statuses(house)).values()) == ["paused"] * 10
    blocker.open()
    await house.call("workflow.activate", workflow_id="job")
    for run_id in await statuses(house):
        assert (await house.run_until(run_id))["status"] == "completed"
    await house.run_until(other)


async def test_runs_that_are_started_while_the_workflow_is_paused_are_held_or_refused(d: House) -> None:
    await d.put(flow(gate("ask"), name="job"))
    started: list[str] = []
    codes: set[str] = set()

    async def start() -> None:
        async with await d.client() as client:
            for _ in range(20):
                try:
                    started.append(str((await client.call("run.start", {"workflow_id": "job"}))["run_id"]))
                except Refused as refused:
                    codes.add(refused.code)

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(start)
        while len(started) < 20:
            await trio.lowlevel.checkpoint()
        await d.call("workflow.pause", workflow_id="job")
    assert (20 <= len(started) < 80, codes) == (True, {"workflow_paused"})
    assert set((await statuses(d)).values()) == {"paused"}
    for run_id in started:
        await d.call("run.cancel", run_id=run_id)


async def test_runs_of_a_workflow_that_others_keep_changing_are_started_all_the_same(d: House) -> None:
    started: list[str] = []

    async def start(number: int) -> None:
        async with await d.client() as client:
            for n in range(5):
                text = flow(step("a"), name="job", top=f"title: t{number}-{n}")
                started.append(str((await client.call("run.start", {"text": text, "folder": str(d.script.folder)}))["run_id"]))

    async with trio.open_nursery() as nursery:
        for number in range(6):
            nursery.start_soon(start, number)
    assert len(set(started)) == 30
    for run_id in started:
        assert (await d.run_until(run_id))["status"] == "completed"


@pytest.mark.parametrize("word", ["pause", "activate"])
@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
async def test_the_next_daemon_finishes_what_a_dead_one_has_begun(house: House, point: str, word: str) -> None:
    """Killed at each commit of the operation in turn."""
    await house.start()
    await house.put(flow(gate("ask"), name="job"))
    runs = [str((await house.call("run.start", workflow_id="job"))["run_id"]) for _ in range(3)]
    for run_id in runs:
        await house.run_until(run_id, "awaiting_approval")
    for n in range(1, 8):
        if word == "activate":
            await house.call("workflow.pause", workflow_id="job")
        await house.stop()
        house.revive, house.point.plan = True, [(point, n)]
        await house.start()
        await house.call(f"workflow.{word}", workflow_id="job")
        await trio.sleep(60)
        wanted = "paused" if word == "pause" else "awaiting_approval"
        assert set((await statuses(house)).values()) == {wanted}, (point, n)
        if word == "pause":
            assert (await house.refused("run.start", workflow_id="job")).code == "workflow_paused"
            await house.call("workflow.activate", workflow_id="job")
            for run_id in runs:
                await house.run_until(run_id, "awaiting_approval")
    assert house.point.fired >= 4
    for run_id in runs:
        await house.call("run.cancel", run_id=run_id)


async def test_a_full_disk_while_pausing(d: House) -> None:
    d.script.on("a", hold := Hold())
    run_id = await d.begin(JOB)
    await hold.begun()
    with full_disk(d):
        assert (await d.refused("workflow.pause", workflow_id="job", request_id="p")).code == "storage_full"
    assert (await d.run(run_id))["status"] == "running"
    await trio.sleep(10)
    assert (await d.call("workflow.pause", workflow_id="job", request_id="p"))["status"] == "paused"
    assert (await d.run(run_id))["status"] == "paused"
