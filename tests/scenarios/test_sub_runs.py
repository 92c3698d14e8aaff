"""Nodes that are runs of other workflows, through the socket: links, waits, cancels, pauses, slots and folders, removal."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.run.actor import Run, RunMessage
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, give

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
    assert [child[name] for name in ("status", "parent_run_id", "parent_node_id", "root_run_id", "depth", "trigger_type")] == [
        "completed", run_id, "sub", run_id, 1, "sub_run",
    ]  # fmt: skip
    own, childs = await d.events(run_id), await d.events(child_id)
    assert [event["event"] for event in own if event.get("node_id") == "sub"] == [
        "node_started", "sub_run_started", "sub_run_ended", "node_completed",
    ]  # fmt: skip
    assert {event["node_id"] for event in childs if "node_id" in event} == {"leaf"}
    assert all(event.get("node_id") != "leaf" for event in own)
    listed = (await d.call("run.list", parent_run_id=run_id))["runs"]
    assert [(line["run_id"], line["parent_run_id"], line["depth"]) for line in listed] == [(child_id, run_id, 1)]


async def test_a_gate_in_the_child_has_the_parent_wait_without_a_slot_and_its_answer_brings_both_back(d: House) -> None:
    run_id = await nest(d, gate("ask"), step("leaf", "needs: [ask]"))
    await d.run_until(run_id, "waiting")
    child_id = await child_of(d, run_id)
    assert (await d.run(child_id))["status"] == "awaiting_approval"
    assert (await d.statuses(run_id))["sub"] == "waiting"
    assert (await d.call("scheduler.queue"))["active"] == []
    [reason] = (await d.call("run.why", run_id=run_id))["reasons"]
    assert (reason["code"], reason["next"]) == ("sub_run_waiting", [f"penstock why {child_id}"])
    await d.decide(child_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert "run_requeued" in await d.names(run_id)


async def test_a_cancel_of_the_parent_ends_the_child_and_its_processes(d: House) -> None:
    hold = Hold()
    d.script.on("leaf", hold)
    run_id = await nest(d, step("leaf"), last=(step("tidy"),))
    await hold.begun()
    child_id = await child_of(d, run_id)
    await d.call("run.cancel", run_id=run_id, reason="enough")
    run, child = await d.run_until(run_id), await d.run_until(child_id)
    assert (run["status"], run["stop_reason"]) == ("cancelled", "enough")
    assert (child["status"], child["stop_reason"]) == ("cancelled", "parent_cancelled")
    names = await d.names(run_id, ("sub_run_ended", "node_interrupted", "finally_started", "run_stopped"))
    assert names == ["sub_run_ended", "node_interrupted", "finally_started", "run_stopped"]
    assert [event["by"] for event in await d.events(child_id) if event["event"] == "run_stopped"] == ["system"]


async def test_a_pause_holds_the_child_and_a_resume_lets_it_go_on(d: House) -> None:
    hold = Hold()
    d.script.on("leaf", hold)
    run_id = await nest(d, step("leaf"))
    await hold.begun()
    child_id = await child_of(d, run_id)
    await d.call("run.pause", run_id=run_id)
    child = await d.run_until(child_id, "paused")
    assert child["pause_reason"] == "parent_paused"
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.run(child_id))["run_id"] == (await d.nodes(run_id))["sub"]["child_run_id"]


async def test_a_child_uses_the_only_slot_and_the_locked_folder_of_its_parent(place: Path, d: House) -> None:
    folder = place / "shared"
    folder.mkdir()
    run_id = await nest(d, step("leaf"), top=f"{TOPIC}\nworkspace: {folder}")
    run = await d.run_until(run_id)
    child = await d.run(await child_of(d, run_id))
    assert (run["status"], child["status"], run["workspace"], child["workspace"]) == ("completed", "completed", str(folder), str(folder))


async def test_a_failed_child_is_a_failed_attempt_and_the_next_one_another_run(d: House) -> None:
    d.script.on("leaf", fail("boom"))
    call = "{id: sub, workflow: child, retry: {max_attempts: 2, on: ['*']}}"
    run_id = await nest(d, step("leaf"), parent=(call,))
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    children = (await d.call("run.list", parent_run_id=run_id))["runs"]
    assert sorted(child["status"] for child in children) == ["completed", "failed"]
    [failed] = [event for event in await d.events(run_id) if event["event"] == "node_failed"]
    assert (failed["code"], failed["error_detail"]["child_code"]) == ("sub_workflow_failed", "nodes_failed")


async def test_what_cannot_be_begun_is_refused_before_there_is_a_run(d: House) -> None:
    text = flow("{id: sub, workflow: nowhere}")
    for method in ("workflow.put", "run.start"):
        refused = await d.refused(method, text=text, folder=str(d.script.folder))
        [problem] = refused.data["problems"]
        assert (refused.code, problem["code"], problem["path"]) == ("invalid_workflow", "sub_workflow_load_failed", "nodes[0].workflow")
    await d.put(flow(step("leaf"), name="nowhere"))
    await d.put(text)
    await d.call("workflow.delete", workflow_id="nowhere")
    refused = await d.refused("run.start", workflow_id="story")
    assert (refused.code, refused.data["problems"][0]["code"]) == ("workflow_validation_failed", "sub_workflow_load_failed")
    assert (await d.call("run.list"))["runs"] == []


async def test_fl29_a_circle_is_refused_when_a_version_would_close_it(d: House) -> None:
    await d.put(flow(step("a"), name="one"))
    await d.put(flow("{id: sub, workflow: one}", name="two"))
    closing, own = flow("{id: sub, workflow: two}", name="one"), flow("{id: sub, workflow: me}", name="me")
    for method in ("workflow.put", "run.start"):
        refused = await d.refused(method, text=closing, folder=str(d.script.folder))
        [problem] = refused.data["problems"]
        assert (problem["code"], problem["found"]) == ("workflow_reference_cycle", "one → two → one")
    [problem] = (await d.refused("workflow.put", text=own, folder=str(d.script.folder))).data["problems"]
    assert (problem["code"], problem["found"]) == ("workflow_reference_cycle", "me → me")
    assert [one["workflow_id"] for one in (await d.call("workflow.list"))["workflows"]] == ["one", "two"]
    run = await d.run_until(str((await d.call("run.start", workflow_id="two"))["run_id"]))
    assert run["status"] == "completed"


async def test_the_version_that_was_stored_when_the_parent_was_made_is_the_one_that_runs(d: House) -> None:
    run_id = await nest(d, step("old"), parent=(gate("ask"), "{id: sub, workflow: child, needs: [ask]}"))
    await d.run_until(run_id, "awaiting_approval")
    await d.put(flow(step("new"), name="child"))
    await d.decide(run_id, "approve")
    await d.run_until(run_id)
    assert list(await d.nodes(await child_of(d, run_id))) == ["old"]


async def test_five_workflows_in_a_chain_run_and_a_sixth_is_refused(d: House) -> None:
    await d.put(flow(step("leaf"), name="w4"))
    for number in (3, 2, 1, 0):
        await d.put(flow(f"{{id: sub, workflow: w{number + 1}}}", name=f"w{number}"))
    run_id = str((await d.call("run.start", workflow_id="w0"))["run_id"])
    run = await d.run_until(run_id)
    assert (run["status"], run["finished_at_ms"] - run["created_at_ms"] < 1_000) == ("completed", True), (
        "a run that is made is queued at once"
    )
    assert sorted(line.get("depth", 0) for line in (await d.call("run.list"))["runs"]) == [0, 1, 2, 3, 4]
    refused = await d.refused("run.start", text=flow("{id: sub, workflow: w0}", name="top"), folder=str(d.script.folder))
    [problem] = refused.data["problems"]
    assert (problem["code"], problem["found"]) == ("workflow_nesting_too_deep", "top → w0 → w1 → w2 → w3 → w4")


async def test_what_the_child_leaves_is_the_parents_conditions_see_what_it_said_last(d: House) -> None:
    d.script.on("look", give({"markers": ["found"], "context": "two owls"}))
    d.script.on("count", give({"markers": ["two"], "context": "2"}))
    parent = (
        "{id: sub, workflow: child}", step("c", "needs: [sub], when: 'marker(\"sub\", \"two\")'"),
        step("n", "needs: [sub], when: 'marker(\"sub\", \"found\")'"),
    )  # fmt: skip
    run_id = await nest(d, step("look"), step("count", "needs: [look]"), parent=parent)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert await d.statuses(run_id) == {"sub": "completed", "c": "completed", "n": "skipped"}
    [ended] = [event for event in await d.events(run_id) if event["event"] == "sub_run_ended"]
    assert [entry["label"] for entry in ended["contexts"]] == ["look", "count"]


async def test_a_child_that_was_locked_away_is_a_failed_attempt_of_its_parent(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = Hold()
    d.script.on("leaf", hold)
    run_id = await nest(d, step("leaf"))
    await hold.begun()
    child_id = await child_of(d, run_id)

    async def broken(run: Run, message: RunMessage) -> object:
        if run.run_id == child_id:
            raise RuntimeError("a defect")
        return await sound(run, message)

    sound = Run.receive
    monkeypatch.setattr(Run, "receive", broken)
    hold.open()
    run = await d.run_until(run_id)
    [failed] = [event for event in await d.events(run_id) if event["event"] == "node_failed"]
    assert (run["status"], failed["code"], failed["error_detail"]["child_code"]) == ("failed", "sub_workflow_failed", "run_task_panicked")


async def test_a_run_goes_with_all_that_it_has_begun_and_not_from_under_the_one_that_has_begun_it(house: House) -> None:
    d = house
    d.configure("retention", archive=True)
    await d.start()
    run_id = await nest(d, step("leaf"))
    await d.run_until(run_id)
    child_id = await child_of(d, run_id)
    other = await nest(d, step("leaf"), parent=("{id: sub, workflow: child}", gate("ask", "needs: [sub]")))
    await d.run_until(other, "awaiting_approval")
    below = await child_of(d, other)
    assert (await d.refused("run.purge", run_id=below)).code == "run_kin_under_way"
    await d.call("run.purge", run_id=run_id)
    assert (await d.refused("run.get", run_id=child_id)).code == "run_not_found"
    assert sorted(line["run_id"] for line in (await d.call("run.list"))["runs"]) == sorted([other, below])
    assert not (d.places.data / "runs" / child_id).exists()
    assert sorted(path.name.partition(".")[0] for path in d.places.data.glob("archive/*/*.json.gz")) == sorted([child_id, run_id])
