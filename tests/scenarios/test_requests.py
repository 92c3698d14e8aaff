"""Request ids, stored workflows, injected messages."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.situations import in_status

LINE = flow(step("a"))


@pytest.mark.parametrize("crash", [None, False, True], ids=["alive", "orderly", "crash"])
async def test_the_same_start_twice_is_one_run(d: House, *, crash: bool | None) -> None:
    first = await d.begin(LINE, request_id="my-start")
    await d.run_until(first)
    if crash is not None:
        await d.restart(crash=crash)
    assert await d.begin(LINE, request_id="my-start") == first
    assert len((await d.call("run.list"))["runs"]) == 1


async def test_an_id_with_another_body_is_a_conflict_for_every_method(d: House) -> None:
    run_id = await in_status(d, "awaiting_approval")
    await d.call("run.pause", run_id=run_id, request_id="mine")
    for method, params in (
        ("run.pause", {"run_id": run_id, "reason": "other"}), ("run.cancel", {"run_id": run_id}), ("run.resume", {"run_id": run_id}),
        ("run.retry", {"run_id": run_id, "node_id": "ask"}), ("gate.decide", {"run_id": run_id, "decision": "approve"}),
        ("workflow.put", {"text": LINE, "folder": str(d.script.folder)}), ("workflow.delete", {"workflow_id": "awaiting"}),
        ("run.start", {"text": LINE, "folder": str(d.script.folder)}),
        ("actor.tell", {"address": "scheduler", "message": {"kind": "Tick"}}), ("scheduler.throttle", {"provider": "openai", "for_ms": 1}),
    ):  # fmt: skip
        assert (await d.refused(method, request_id="mine", **params)).code == "request_conflict", method
    assert (await d.run(run_id))["status"] == "paused"


async def test_a_repeated_decision_gets_its_first_answer_even_after_the_run_has_ended(d: House) -> None:
    run_id = await in_status(d, "awaiting_approval")
    first = await d.decide(run_id, "approve", request_id="yes")
    await d.run_until(run_id)
    assert await d.decide(run_id, "approve", request_id="yes") == first


async def test_two_of_the_same_request_at_once_are_one_change(d: House) -> None:
    answers: list[str] = []

    async def start() -> None:
        async with await d.client() as client:
            params = {"text": LINE, "folder": str(d.script.folder), "request_id": "twice"}
            answers.append((await client.call("run.start", params))["run_id"])

    async with trio.open_nursery() as nursery:
        for _ in range(16):
            nursery.start_soon(start)
    assert (len(answers), len(set(answers)), len((await d.call("run.list"))["runs"])) == (16, 1, 1)
    await d.run_until(answers[0])


async def test_a_refused_request_may_be_asked_again_with_the_same_id(d: House) -> None:
    run_id = await in_status(d, "paused")
    assert (await d.refused("run.pause", run_id=run_id, request_id="p")).code == "run_not_pausable"
    await d.call("run.resume", run_id=run_id)
    await d.when(run_id, lambda run: run["nodes"][0]["status"] == "completed")


async def test_a_changing_method_without_an_id_is_refused(d: House) -> None:
    async with await d.client() as client:
        await client.send({"jsonrpc": "2.0", "id": 9, "method": "run.start", "params": {"text": LINE}})
        assert (await client.next(9))["error"]["data"]["code"] == "params_invalid"


async def test_workflows_are_put_listed_versioned_and_started_by_id_and_version(d: House) -> None:
    first = await d.put(flow(step("a"), name="w"))
    same = await d.put(flow(step("a"), name="w"))
    second = await d.put(flow(step("b"), name="w"))
    assert [(p["version"], p["created"]) for p in (first, same, second)] == [(1, True), (1, False), (2, True)]
    assert [w["workflow_id"] for w in (await d.call("workflow.list"))["workflows"]] == ["w"]
    versions = (await d.call("workflow.versions", workflow_id="w"))["versions"]
    assert [v["digest"] for v in versions] == [first["digest"], second["digest"]]
    got = await d.call("workflow.get", workflow_id="w", version=1)
    assert (got["digest"], got["definition"]["flow"]["nodes"][0]["node_id"]) == (first["digest"], "a")
    old = (await d.call("run.start", workflow_id="w", version=1))["run_id"]
    new = (await d.call("run.start", workflow_id="w"))["run_id"]
    assert [list(await d.statuses((await d.run_until(run_id))["run_id"])) for run_id in (old, new)] == [["a"], ["b"]]
    assert (await d.refused("run.start", workflow_id="w", version=7)).code == "workflow_version_missing"
    assert (await d.refused("run.start", workflow_id="nobody")).code == "workflow_not_found"


async def test_a_run_keeps_its_version_when_the_workflow_changes_under_it(d: House) -> None:
    await d.put(flow(gate("ask"), step("old", "needs: [ask]"), name="w"))
    run_id = str((await d.call("run.start", workflow_id="w"))["run_id"])
    await d.run_until(run_id, "awaiting_approval")
    await d.put(flow(gate("ask"), step("new", "needs: [ask]"), name="w"))
    await d.restart()
    await d.decide(run_id, "approve")
    await d.run_until(run_id)
    assert [call["node"] for call in d.script.calls()] == ["old"]


async def test_a_definition_with_errors_is_refused_and_nothing_is_stored(d: House) -> None:
    text = flow(step("a", "needs: [nobody]"), step("b", "needs: [c]"), step("c", "needs: [b]"))
    refused = await d.refused("workflow.put", text=text, folder=str(d.script.folder))
    assert refused.code == "invalid_workflow"
    assert {problem["code"] for problem in refused.data["problems"]} >= {"need_unknown", "flow_cycle"}
    assert (await d.call("workflow.check", text=text, folder=str(d.script.folder)))["ok"] is False
    assert (await d.call("workflow.list"))["workflows"] == []


async def test_r08_delete_with_active_runs_is_refused_unless_they_are_cancelled_too(d: House) -> None:
    done = await in_status(d, "completed")
    waiting = await in_status(d, "awaiting_approval")
    running = await in_status(d, "running")
    assert (await d.refused("workflow.delete", workflow_id="awaiting")).code == "workflow_has_active_runs"
    refused = await d.refused("workflow.delete", workflow_id="running")
    assert refused.data["runs"] == [running]
    answer = await d.call("workflow.delete", workflow_id="running", cancel_runs=True)
    assert (answer["cancelled"], (await d.run(running))["status"]) == ([running], "cancelled")
    assert (await d.call("workflow.delete", workflow_id="completed"))["deleted"] is True
    assert (await d.run(done))["status"] == "completed"
    assert (await d.run(waiting))["status"] == "awaiting_approval"
    assert [w["workflow_id"] for w in (await d.call("workflow.list"))["workflows"]] == ["awaiting"]
    assert (await d.refused("run.start", workflow_id="running")).code == "workflow_not_found"
    assert (await d.refused("workflow.delete", workflow_id="running")).code == "workflow_not_found"


async def test_a_deleted_workflow_can_be_put_again_and_counts_on(d: House) -> None:
    await d.put(flow(step("a"), name="w"))
    await d.call("workflow.delete", workflow_id="w")
    assert (await d.put(flow(step("b"), name="w")))["version"] == 2
    assert [w["version"] for w in (await d.call("workflow.list"))["workflows"]] == [2]


async def test_a_message_is_delivered_to_an_actor_that_takes_it_and_is_audited(d: House) -> None:
    answer = await d.call("actor.tell", address="scheduler", message={"kind": "Tick"}, request_id="tick-1")
    assert answer == {"delivered": True}
    assert await d.call("actor.tell", address="scheduler", message={"kind": "Tick"}, request_id="tick-1") == answer
    run_id = await in_status(d, "running")
    assert (await d.call("actor.tell", address=f"runs/{run_id}/run", message={"kind": "Wake"}))["delivered"]
    assert (await d.call("audit.verify"))["ok"] is True


@pytest.mark.parametrize(("address", "message", "code"), [
    ("nobody", {"kind": "Tick"}, "address_unknown"),
    ("scheduler", {"kind": "Enqueue", "ticket": {}}, "message_not_accepted"),
    ("scheduler", {"kind": "Tick", "more": 1}, "message_invalid"),
    ("scheduler", {}, "message_not_accepted"),
    ("store", {"kind": "Tick"}, "message_not_accepted"),
])  # fmt: skip
async def test_messages_that_an_actor_does_not_take_are_refused(d: House, address: str, message: dict[str, object], code: str) -> None:
    assert (await d.refused("actor.tell", address=address, message=message)).code == code


async def test_the_log_of_audits_names_who_did_what_and_also_what_was_refused(d: House) -> None:
    run_id = await in_status(d, "paused")
    await d.refused("run.pause", run_id=run_id)
    await d.call("actor.tell", address="scheduler", message={"kind": "Tick"})
    await d.stop()
    from tests.scenarios.records import Records

    rows = [(row["action"], row["result"]) for row in Records.read(d.places.data).audit]
    assert [row for row in rows if row[0] in ("run.start", "run.pause", "actor.tell")][:4] == [
        ("run.start", "ok"), ("run.pause", "ok"), ("run.pause", "run_not_pausable"), ("actor.tell", "ok"),
    ]  # fmt: skip
