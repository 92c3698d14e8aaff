"""Runs that did not end well, and what people make of them: recovered, continued, repaired, forked, finished."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, give, spend, take, write

BLOCKED = {"status": "blocked", "blocked_reason": "no access"}
JUDGED = "contract: {kind: report}"


@pytest.mark.parametrize("how", ["run.recover", "run.retry"])
async def test_r87_fresh_attempts_after_all_were_used_up(d: House, how: str) -> None:
    d.script.on("f", fail(), fail(), fail())
    run_id = await d.begin(flow(step("e"), step("f", "needs: [e], retry: {max_attempts: 3}"), step("g", "needs: [f]")))
    run = await d.run_until(run_id)
    assert (run["status"], (await d.nodes(run_id))["f"]["attempt"]) == ("failed", 3)
    more = {"node_id": "f"} if how == "run.retry" else {}
    answer = await d.call(how, run_id=run_id, **more)
    assert (answer["status"], answer["reset_nodes"]) == ("queued", ["f", "g"])
    assert (await d.run_until(run_id))["status"] == "completed"
    nodes = await d.nodes(run_id)
    assert [(nodes[name]["instance"], nodes[name]["attempt"]) for name in "efg"] == [(1, 1), (2, 1), (2, 1)]


@pytest.mark.parametrize("status", ["awaiting_approval", "waiting"])
async def test_r89_what_waits_is_not_recovered(d: House, status: str) -> None:
    run_id = await d.begin(flow(gate("w") if status == "awaiting_approval" else wait("w", "timer: 1h")))
    await d.run_until(run_id, status)
    refused = await d.refused("run.recover", run_id=run_id)
    assert (refused.code, refused.data["status"]) == ("run_not_recoverable", status)


async def test_a_blocked_run_says_so_and_is_continued(d: House) -> None:
    d.script.on("a", give(BLOCKED))
    run_id = await d.begin(flow(step("a", JUDGED), step("b", "needs: [a]"), step("c"), top="limits: {parallel: 2}"))
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]) == ("blocked", {"code": "blocked_by_upstream", "node_ids": ["a", "b"]})
    assert await d.why(run_id) == ["blocked_by_upstream"]
    assert (await d.refused("run.continue", run_id=run_id, node_id="b")).code == "task_not_blocked"
    d.script.on("a", give({"status": "done"}))
    await d.call("run.continue", run_id=run_id, node_id="a", reason="granted")
    run = await d.run_until(run_id)
    assert (run["status"], run["resume_reason"]) == ("completed", "granted")
    assert (await d.names(run_id)).count("node_started") == 4, "c was not done again"


async def test_a_node_is_repaired_for_this_run_alone(d: House) -> None:
    d.script.on("x", fail(), fail())
    text = flow(step("a"), step("x", "needs: [a]"), name="both")
    run_id, other = await d.begin(text), await d.begin(text)
    for each in (run_id, other):
        assert (await d.run_until(each))["status"] == "failed"
    answer = await d.call("run.repair", run_id=run_id, node_id="x", patch={"python": "steps:work", "retry": {"max_attempts": 2}})
    assert (answer["version"], answer["reset_nodes"]) == (2, ["x"])
    run = await d.run_until(run_id)
    assert (run["status"], run["version"], run["digest"]) == ("completed", 2, answer["digest"])
    assert {node["node_id"]: node["max_attempts"] for node in run["nodes"]} == {"a": 1, "x": 2}
    assert (await d.run(other))["version"] == 1
    [event] = [event for event in await d.events(run_id) if event["event"] == "run_step_repaired"]
    assert (event["from_digest"], event["to_digest"]) == ((await d.run(other))["digest"], answer["digest"])
    versions = (await d.call("workflow.versions", workflow_id="both"))["versions"]
    assert [row["version"] for row in versions] == [1, 2]
    third = await d.call("run.start", workflow_id="both")
    assert (await d.run_until(third["run_id"]))["version"] == 2, "the edit is the workflow's newest version"


async def test_a_run_goes_on_with_the_version_that_was_put_after_it_failed(d: House) -> None:
    d.script.on("x", fail())
    run_id = await d.begin(flow(step("a"), step("x", "needs: [a]")))
    await d.run_until(run_id)
    assert (await d.refused("run.repair", run_id=run_id, node_id="x")).code == "repair_changes_nothing"
    await d.put(flow(step("a"), step("n", "needs: [a]"), step("x", "needs: [n]")))
    await d.call("run.repair", run_id=run_id, node_id="x")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert await d.statuses(run_id) == {"a": "completed", "n": "completed", "x": "completed"}
    await d.put(flow(step("x")))
    refused = await d.refused("run.repair", run_id=run_id, node_id="x")
    assert (refused.code, refused.data["node_ids"]) == ("repair_version_conflict", ["a", "n"])


@pytest.mark.parametrize(("patch", "code"), [
    ({"shell": ""}, "invalid_workflow"), ({"nonsense": 1}, "invalid_workflow"), ({"needs": ["x"]}, "invalid_workflow"),
    ({"wait": {"timer": "0s"}, "python": None}, "invalid_wait_node"),
])  # fmt: skip
async def test_an_edit_that_is_wrong_is_refused_with_its_place(d: House, patch: dict[str, object], code: str) -> None:
    d.script.on("x", fail())
    run_id = await d.begin(flow(step("x")))
    before = await d.run_until(run_id)
    refused = await d.refused("run.repair", run_id=run_id, node_id="x", patch=patch)
    assert refused.code == code
    assert all(problem["path"].startswith("flow.nodes[0]") for problem in refused.data["problems"]), refused.data
    assert await d.run(run_id) == before
    assert (await d.refused("run.repair", run_id=run_id, node_id="nobody", patch={"title": "t"})).code == "node_not_found"


async def test_repairs_at_once_are_versions_one_after_the_other(d: House) -> None:
    d.script.on("x", fail(), fail())
    text = flow(step("x"))
    runs = [await d.begin(text), await d.begin(text)]
    for run_id in runs:
        await d.run_until(run_id)
    async with trio.open_nursery() as nursery:
        for number, run_id in enumerate(runs):
            nursery.start_soon(_repair, d, run_id, f"edit {number}")
    versions = (await d.call("workflow.versions", workflow_id="story"))["versions"]
    assert [row["version"] for row in versions] == [1, 2, 3]
    assert {(await d.run_until(run_id))["version"] for run_id in runs} == {2, 3}


async def _repair(d: House, run_id: str, title: str) -> None:
    async with await d.client() as client:
        await client.call("run.repair", {"run_id": run_id, "node_id": "x", "patch": {"title": title}})


async def test_r106_a_completed_run_is_forked_and_only_notes_it(d: House, tmp_path: Path) -> None:
    d.script.on("a", write("a.txt", "one"), write("a.txt", "one"))
    text = flow(step("a", "artifact: a.txt"), step("b", "needs: [a]"), top=f"workspace: {tmp_path}")
    run_id = await d.begin(text)
    before = await d.run_until(run_id)
    (tmp_path / "a.txt").unlink()
    answer = await d.call("run.fork", run_id=run_id, from_nodes=["b"])
    assert (answer["forked_from"], answer["kept_nodes"]) == (run_id, ["a"])
    fork = await d.run_until(answer["run_id"])
    assert (fork["status"], fork["trigger_type"], fork["forked_from"], fork["version"]) == ("completed", "fork", run_id, before["version"])
    assert (tmp_path / "a.txt").read_text() == "one", "what the fork keeps is put back"
    assert [name for name in await d.names(answer["run_id"]) if name.startswith("node_")] == [
        "node_carried_over", "node_started", "node_completed",
    ]  # fmt: skip
    after = await d.run(run_id)
    assert {key: after[key] for key in after if key not in ("seq", "updated_at_ms")} == {
        key: before[key] for key in before if key not in ("seq", "updated_at_ms")
    }
    [noted] = [event for event in await d.events(run_id) if event["event"] == "run_forked"]
    assert (noted["fork_run_id"], noted["from_nodes"]) == (answer["run_id"], ["b"])
    whole = await d.call("run.fork", run_id=run_id)
    assert (await d.run_until(whole["run_id"]))["status"] == "completed"
    assert (await d.names(whole["run_id"])).count("node_started") == 2, "without a name all of a completed run is done anew"


async def test_a_fork_has_a_private_folder_of_its_own_with_what_it_keeps(d: House) -> None:
    d.script.on("a", write("deep/er/a.txt", "one"))
    d.script.on("b", fail())
    run_id = await d.begin(flow(step("a", "artifact: deep/er/a.txt"), step("b", "needs: [a]")))
    assert (await d.run_until(run_id))["status"] == "failed"
    answer = await d.call("run.fork", run_id=run_id)
    assert (await d.run_until(answer["run_id"]))["status"] == "completed"
    folder = Path(d.places.data, "runs", answer["run_id"], "work")
    assert (folder / "deep/er/a.txt").read_text() == "one"
    assert (await d.run(run_id))["status"] == "failed"


async def test_a_fork_with_other_inputs_asks_again_what_was_approved_for_the_old_ones(d: House) -> None:
    top = "inputs: {target: {default: staging}}"
    text = flow(step("a"), gate("ask", "needs: [a]"), step("b", 'needs: [ask], with: {to: "{{ inputs.target }}"}'), top=top)
    run_id = await d.begin(text)
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "approve")
    await d.run_until(run_id)
    same = (await d.call("run.fork", run_id=run_id, from_nodes=["b"]))["run_id"]
    assert (await d.run_until(same))["status"] == "completed"
    other = (await d.call("run.fork", run_id=run_id, from_nodes=["b"], inputs={"target": "production"}))["run_id"]
    run = await d.run_until(other, "awaiting_approval")
    assert (run["inputs"], run["open_gates"]) == ({"target": "production"}, ["ask"])
    assert "approval_gate_reopened" in await d.names(other)
    await d.decide(other, "approve")
    assert (await d.run_until(other))["status"] == "completed"


@pytest.mark.parametrize(("target", "code"), [(5, "input_type_wrong"), ("/nowhere/at/all", "workspace_missing")])
async def test_a_fork_that_cannot_be_is_refused_and_leaves_no_trace(d: House, tmp_path: Path, target: object, code: str) -> None:
    top = f'inputs: {{target: {{default: {tmp_path}}}}}\nworkspace: "{{{{ inputs.target }}}}"'
    run_id = await d.begin(flow(step("a"), top=top))
    before = await d.run_until(run_id)
    assert (await d.refused("run.fork", run_id=run_id, inputs={"target": target})).code == code
    assert await d.run(run_id) == before
    assert len((await d.call("run.list"))["runs"]) == 1


async def test_nothing_is_forked_of_a_workflow_that_is_paused_or_gone(d: House) -> None:
    run_id = await d.begin(flow(step("a"), name="w"))
    await d.run_until(run_id)
    await d.call("workflow.pause", workflow_id="w")
    assert (await d.refused("run.fork", run_id=run_id)).code == "workflow_paused"
    await d.call("workflow.delete", workflow_id="w")
    assert (await d.refused("run.fork", run_id=run_id)).code == "workflow_not_found"
    assert (await d.refused("run.repair", run_id=run_id, node_id="a", patch={"title": "t"})).code == "workflow_not_found"
    assert (await d.refused("run.fork", run_id="run-0")).code == "run_not_found"


async def test_a_run_is_finished_with_what_it_has(d: House) -> None:
    hold = Hold(value=7)
    d.script.on("a", hold)
    d.script.on("tidy", take(1))
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), gate("g", "needs: [a]"), last=(step("tidy"),)))
    await hold.begun()
    await d.call("run.finish", run_id=run_id, reason="enough")
    hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]) == ("blocked", {"code": "finished_by_operator", "node_ids": ["b", "g"]})
    nodes = await d.nodes(run_id)
    assert (nodes["a"]["output"], nodes["tidy"]["status"]) == (7, "completed")
    assert {nodes[name]["skip_reason"] for name in "bg"} == {"finished_by_operator"}
    assert (await d.call("run.report", run_id=run_id))["report"]["status"] == "blocked"
    assert await d.why(run_id) == ["finished_by_operator"]


async def test_r108_a_run_over_its_budget_pauses_again_until_its_limit_is_raised(d: House) -> None:
    d.script.on("a", spend(prompt_tokens=120, completion_tokens=30))
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), top="limits: {tokens: 100}"))
    for _ in range(2):
        run = await d.run_until(run_id, "paused")
        assert (run["pause_reason"], run["stop_kind"], run["stop_reason"]) == (
            "budget_tokens_reached", "guardrail_stopped", "budget_tokens_reached",
        )  # fmt: skip
        assert run["detail"] == {"code": "budget_tokens_reached", "value": 150, "limit": 100}
        await d.call("run.resume", run_id=run_id)
        await d.when(run_id, lambda run: run["status"] == "paused")
    refused = await d.refused("run.resume", run_id=run_id, limits={"token": 5})
    assert (refused.code, "runtime_ms, tokens" in refused.message) == ("params_invalid", True)
    await d.call("run.resume", run_id=run_id, limits={"tokens": 1000})
    run = await d.run_until(run_id)
    assert (run["status"], run["total_tokens"]) == ("completed", 150)
    resumed = [event for event in await d.events(run_id) if event["event"] == "run_resumed"]
    assert [event["limits"] for event in resumed] == [{}, {}, {"tokens": 1000}]
