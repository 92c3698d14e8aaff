"""What endings teach, what people say to it, and what becomes of it. All through the socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk, system_of
from tests.scenarios.learned import R, W, ends, learned, open_eyes, put, review, stored, taught
from tests.scenarios.script import fail, give

REPORT = {"status": "completed", "summary": "Final report written", "path": "artifacts/final-report.md"}


def keeper_says(d: House) -> str:
    return next(row.status for row in system_of(d).tree() if row.path == "learning")


async def test_l06_a_clean_run_yields_a_fact_and_says_so_last(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", give(REPORT), give(REPORT | {"validator_summary": {"outcome": "accepted_with_warnings"}}))
    run_id = await ends(house)
    [one] = await learned(house)
    assert (one["kind"], one["status"], one["confidence"]) == ("memory_fact", "proposed", 0.65)
    assert one["summary"] == "node-1: Final report written"
    assert one["evidence_refs"][0]["completed_nodes"] == ["node-1"]
    events = await house.events(run_id)
    assert events[-1]["event"] == "learning_finalized"
    run = await house.run(run_id)
    assert (run["status"], run["learning_summary"]["generated_learning_ids"]) == ("completed", [one["learning_id"]])
    assert [event["event"] for event in (await house.call("learning.events", workflow_id="story"))["events"]] == [
        "workflow_learning.candidate.proposed"
    ]
    await ends(house)
    assert len(await learned(house)) == 1, "one with warnings teaches nothing"


async def test_l12_a_run_that_is_recovered_and_fails_again_is_looked_at_again_and_counts_once(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", fail(R), fail(R), fail(R))
    await ends(house)
    second = await ends(house)
    assert [one["kind"] for one in await learned(house)] == ["prompt_patch", "repair_hint"]
    await house.call("run.recover", run_id=second)
    await house.run_until(second)
    await taught(house, second, times=2)
    found = await learned(house)
    assert [one["kind"] for one in found] == ["prompt_patch", "repair_hint"]
    summary = (await house.run(second))["learning_summary"]
    assert sorted(summary["generated_learning_ids"]) == sorted(one["learning_id"] for one in found)


async def test_l05_l49_l50_what_a_person_says_stands_after_every_restart(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", give(REPORT))
    await ends(house)
    made = await put(house, "wflearn-a")
    assert (made["status"], made["project_id"]) == ("proposed", "story")
    assert (await house.refused("learning.put", learning=stored(" "))).code == "learning_id_required"
    said = {"approve": "approved", " APPLIED ": "applied", "reject": "rejected", "regress": "regressed"}
    one: dict[str, Any] = {}
    for action, status in said.items():
        told = await review(house, "wflearn-a", action, note="approved for rollout" if action == "approve" else None)
        assert told["status"] == status
        await house.restart(crash=action == "reject")
        [one] = await learned(house, status=f" {status.title()} ")
        assert (one["status"], one["baseline_before"]["sample_size"]) == (status, 1)
    assert one["evidence_refs"] == [
        {"review_note": "approved for rollout", "reviewer_id": "uid:0", "reviewed_at_ms": one["evidence_refs"][0]["reviewed_at_ms"],
         "action": "approve"}
    ]  # fmt: skip
    reviewed = [
        (event["from_status"], event["to_status"])
        for event in (await house.call("learning.events", workflow_id="story"))["events"]
        if event["event"].endswith("reviewed")
    ]
    assert reviewed[:2] == [("proposed", "approved"), ("approved", "applied")]
    first = one["baseline_before"]["computed_at_ms"]
    await trio.sleep(1)
    again = await review(house, "wflearn-a", "apply", reviewer_id="anna")
    assert again["baseline_before"]["computed_at_ms"] > first, "against the old one the next ending would undo it"
    assert len(await learned(house, workflow_id="story", kind="memory_fact")) == 1
    for params, code in (
        ({"status": "not-a-real-status"}, "learning_status_unknown"), ({"status": ""}, "learning_status_unknown"),
        ({"kind": "x"}, "learning_kind_unknown"),
    ):  # fmt: skip
        assert (await house.refused("learning.list", **params)).code == code
    for params, code in (
        ({"learning_id": "nobody", "action": "approve"}, "learning_not_found"),
        ({"learning_id": "wflearn-a"}, "review_action_required"), ({"learning_id": "wflearn-a", "action": " "}, "review_action_required"),
        ({"learning_id": "wflearn-a", "action": "proposed"}, "learning_action_unknown"),
    ):  # fmt: skip
        assert (await house.refused("learning.review", **params)).code == code
    assert (await house.refused("learning.get", learning_id="nobody")).code == "learning_not_found"


async def test_what_is_put_has_to_be_a_learning_of_one_workflow(house: House) -> None:
    await open_eyes(house)
    await put(house, "wflearn-a", node_id="x")
    for changed, code in (
        ({"workflow_id": "other"}, "learning_invalid"), ({"kind": "hint"}, "learning_kind_unknown"),
        ({"status": "x"}, "learning_status_unknown"),
        ({"weight": 1}, "learning_invalid"), ({"confidence": "much"}, "learning_invalid"), ({"workflow_id": " "}, "learning_invalid"),
    ):  # fmt: skip
        assert (await house.refused("learning.put", learning=stored("wflearn-a") | changed)).code == code
    replaced = await put(house, "wflearn-a", status="approved", summary="Say it better")
    assert (replaced["status"], replaced["node_id"]) == ("approved", None)
    assert len(await learned(house)) == 1


async def test_l33_a_setting_that_is_no_good_is_told_and_its_default_holds(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    await open_eyes(house)
    house.places.config_file.write_text("[learning]\nmin_confidence = nan\nauto_apply = true\n")
    await ends(house)
    answer = await house.call("learning.metrics", workflow_id="story")
    assert (answer["policy"]["min_confidence"], answer["policy"]["auto_apply"]) == (0.8, True)
    assert [(one["code"], one["key"]) for one in answer["warnings"]] == [("config_value_invalid", "learning.min_confidence")]
    assert "config_value_invalid learning.min_confidence" in capfd.readouterr().err


async def test_l43_the_policy_that_stands_in_the_file_at_that_moment_applies_a_fact(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", *[give(REPORT)] * 5)
    for _ in range(4):
        await ends(house)
    house.places.config_file.write_text("[learning]\nmin_confidence = 0.6\nauto_apply = true\n")
    run_id = await ends(house)
    [one] = await learned(house)
    assert (one["status"], one["baseline_before"]["sample_size"]) == ("applied", 5)
    assert (await house.events(run_id))[-1]["decisions"] == [
        {"learning_id": one["learning_id"], "decision": "auto_apply", "reason_code": "thresholds_met"}
    ]


async def test_l45_the_status_file_says_what_was_learned(house: House, tmp_path: Path) -> None:
    await open_eyes(house)
    (tmp_path / "w").mkdir()
    run_id = await house.begin(flow(step("a"), top=f"workspace: {tmp_path / 'w'}"))
    await house.run_until(run_id)
    await taught(house, run_id)
    await trio.testing.wait_all_tasks_blocked()
    told = json.loads((tmp_path / "w" / ".penstock" / "runs" / run_id / "status.json").read_text())
    assert told["status"] == "completed"
    assert told["learning_summary"]["post_run_metrics"]["sample_size"] == 1


async def test_l57_a_run_whose_version_is_gone_with_its_workflow_teaches_nothing(house: House) -> None:
    await open_eyes(house)
    run_id = await house.begin(W)
    run = await house.run_until(run_id)
    await house.call("workflow.delete", workflow_id="story")
    await house.crash()
    [blob] = [
        path for path in (house.places.data / "blobs").rglob("*") if path.name.endswith(run["digest"][2:]) or path.name == run["digest"]
    ]
    blob.unlink()
    house.history.unread.add(run_id)
    await house.start()
    await taught(house, run_id)
    assert "1 endings looked at, 0 failed" in keeper_says(house)
    events = await house.events(run_id)
    assert (events[-1]["event"], events[-1]["reason"]) == ("learning_skipped", "workflow_version_missing")
    assert await learned(house) == []


@pytest.mark.parametrize("crash", [True, False], ids=["L60 death", "order"])
async def test_an_ending_that_nobody_looked_at_is_made_up_for_once(house: House, crash: bool) -> None:
    await open_eyes(house)
    house.script.on("node-1", give(REPORT))
    run_id = await house.begin(W)
    await house.run_until(run_id)
    await house.restart(crash=crash)
    await taught(house, run_id)
    [one] = await learned(house)
    assert (one["summary"], one["run_ids"]) == ("node-1: Final report written", [run_id])
    await house.restart(crash=True)
    await trio.sleep(10)
    await taught(house, run_id)
    assert (await learned(house)) == [one]


async def test_l68_a_finalization_that_cannot_be_recorded_harms_no_run_and_is_made_up_for(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    await open_eyes(house)
    house.script.on("node-1", give(REPORT), give(REPORT))
    first = await house.begin(W)
    await house.run_until(first)
    with full_disk(house):
        await trio.sleep(1)
    assert (await house.run(first))["status"] == "completed"
    assert (await house.names(first))[-1] == "report_written"
    assert await learned(house) == []
    assert f"learning_finalization_failed {first}" in keeper_says(house)
    assert f"learning_finalization_failed {first}" in capfd.readouterr().err
    second = await ends(house)
    await taught(house, first)
    [one] = await learned(house)
    assert one["run_ids"] == [first, second]
    assert "0 failed" in keeper_says(house)


async def test_l69_two_runs_that_end_at_the_same_moment_share_a_learning(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", give(REPORT), give(REPORT))
    runs = [await house.begin(W), await house.begin(W)]
    for run_id in runs:
        await house.run_until(run_id)
    for run_id in runs:
        await taught(house, run_id)
    [one] = await learned(house)
    assert sorted(one["run_ids"]) == sorted(runs)


async def test_while_it_is_off_nothing_is_learned_and_nothing_made_up_for(house: House) -> None:
    await house.start()
    run_id = await house.begin(W)
    await house.run_until(run_id)
    await house.stop()
    await open_eyes(house)
    other = await ends(house)
    assert (await house.names(run_id))[-1] == "report_written"
    assert (await house.events(other))[-1]["post_run_metrics"]["sample_size"] == 2, "it counts all the same"


async def test_what_happens_behind_an_ending_is_in_nobodys_way(house: House) -> None:
    """A fork in the moment in which the ending is looked at, and a gate answered by a person, which counts as a hand in the run."""
    await open_eyes(house)
    run_id = await house.begin(flow(gate("ask"), step("node-1", "needs: [ask]")))
    await house.run_until(run_id, "awaiting_approval")
    await house.decide(run_id, "approve")
    await house.run_until(run_id)
    fork = await house.call("run.fork", run_id=run_id)
    await house.run_until(str(fork["run_id"]), "awaiting_approval")
    found = await taught(house, run_id)
    assert found["post_run_metrics"]["human_intervention_count"] == 1
