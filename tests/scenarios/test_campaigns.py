"""Campaigns from their creation to the next candidate (optimization spec 20)."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from tests.scenarios.campaigning import (
    BUDGET,
    NOTICE,
    POLICY,
    act,
    campaign,
    create,
    events,
    experiments,
    judged,
    names,
    passing,
    until,
    when,
)
from tests.scenarios.client import Refused
from tests.scenarios.harness import House
from tests.scenarios.models import Held

BAD = judged("failed", "a", "b")


async def code_of(d: House, **params: Any) -> str:
    with pytest.raises(Refused) as refused:
        await create(d, **params)
    return refused.value.code


async def test_o01_a_campaign_is_made_and_does_nothing(d: House) -> None:
    made = await create(d)
    found = made["campaign"]
    assert (found["status"], made["experiment_count"], found["source_workflow_id"]) == ("draft", 0, "notice")
    assert found["frozen_artifacts"]["objective"]["artifact_ref"] == "objective.md"
    assert found["phase1"]["eval"]["primary_metric"] == "artifact_validator_pass_rate"
    assert (await campaign(d))["baseline_snapshot"]["workflow_id"] == "notice"
    assert await names(d) == ["campaign_created"]


async def test_o48_a_draft_that_nobody_started_is_left_alone(d: House) -> None:
    await create(d)
    await trio.sleep(60)
    assert await names(d) == ["campaign_created"]
    assert (await d.call("run.list"))["runs"] == []


async def test_o03_o04_o05_what_cannot_be_a_campaign_is_refused(d: House) -> None:
    await d.put(NOTICE)
    outside = d.folder / "budget.yaml"
    outside.write_text(BUDGET)
    refs = {f"{part}_ref": f"{part}.yaml" for part in ("eval", "mutation_policy", "scope")} | {"objective_ref": "objective.md"}
    assert await code_of(d, artifacts={**refs, "budget_ref": str(outside)}) == "artifact_outside_workspace"
    bare = NOTICE.replace("validator: research_brief, ", "")
    assert await code_of(d, workflow=bare) == "target_without_validator"
    two = POLICY.replace("max_nodes_changed_per_candidate: 1", "max_nodes_changed_per_candidate: 2")
    assert await code_of(d, changed={"mutation_policy_yaml": two}) == "policy_max_nodes_changed_per_candidate_invalid"
    assert (await d.call("campaign.list"))["campaigns"] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("mutation_policy_yaml", "max_text_delta_ratio: 0.25", "max_text_delta_ratio: 0.26", "policy_max_text_delta_ratio_out_of_bounds"),
        ("mutation_policy_yaml", "retry_max: 3", "retry_max: 4", "policy_retry_bounds_invalid"),
        ("budget_yaml", "max_experiments: 20", "max_experiments: 101", "budget_max_experiments_out_of_bounds"),
        ("budget_yaml", "max_total_tokens: 500000", "max_total_tokens: 0", "budget_max_total_tokens_not_positive"),
    ],
    ids=["O06-ratio", "O06-retry", "O06-experiments", "O06-tokens"],
)
async def test_o06_a_bound_is_passed(d: House, file: str, old: str, new: str, code: str) -> None:
    text = {"mutation_policy_yaml": POLICY, "budget_yaml": BUDGET}[file]
    assert await code_of(d, changed={file: text.replace(old, new)}) == code


async def test_o07_o56_campaigns_are_listed_newest_first_and_ids_are_used_once(d: House) -> None:
    await create(d)
    await trio.sleep(5)
    await create(d, campaign_id="opt-2", name="Second")
    rows = (await d.call("campaign.list"))["campaigns"]
    assert [row["campaign_id"] for row in rows] == ["opt-2", "opt-1"]
    before = await campaign(d)
    assert await code_of(d, name="Other") == "campaign_exists"
    assert await campaign(d) == before


async def test_o28_o29_o30_two_replays_a_baseline_and_a_candidate_that_wins(d: House) -> None:
    passing(d, BAD, BAD, judged())
    await create(d)
    found = await act(d, "start")
    assert (found["status"], found["last_pause_reason"], len(found["pending_baseline_run_ids"])) == ("draft", "waiting_baseline_replay", 1)
    assert await names(d) == ["campaign_created", "campaign_started", "baseline_replay_queued"]
    first = found["pending_baseline_run_ids"][0]
    assert (await d.run(first))["trigger_type"] == "optimization_baseline_replay"
    assert found["baseline_snapshot_hash"] == found["source_workflow_snapshot_hash"]
    found = await when(d, lambda found: len(found["baseline_replays"]) == 1)
    assert (found["status"], len(found["pending_baseline_run_ids"])) == ("draft", 1)
    assert found["pending_baseline_run_ids"] != [first]
    found = await when(d, lambda found: found["status"] == "running")
    assert found["baseline_metrics"] == {
        "artifact_validator_pass_rate": 0.0, "unmet_requirement_count": 2.0, "blocked_node_rate": 0.0, "budget_within_limits": True,
    }  # fmt: skip
    [one] = await experiments(d)
    assert (one["status"], one["mutation_summary"]) == ("draft", "node-1 timeout_ms: 60000 -> 69000 (+9000)")
    assert (await d.run(one["metadata"]["eval_run_id"]))["trigger_type"] == "optimization_candidate_eval"
    found = await until(d, "awaiting_promotion_approval")
    [one] = await experiments(d)
    assert (one["status"], one["promotion_recommendation"]) == ("promotion_recommended", "promote")
    assert found["pending_promotion_experiment_id"] == one["experiment_id"]
    assert [event["event"] for event in (await events(d))[-2:]] == ["experiment_evaluated", "promotion_requested"]


async def test_o26_two_recorded_replays_are_a_baseline_at_the_start(d: House) -> None:
    passing(d, BAD, judged("passed", "a"))
    await create(d)
    for _ in range(2):
        run_id = (await act(d, "queue_baseline_replay"))["pending_baseline_run_ids"][-1]
        await d.run_until(run_id)
        assert (await act(d, "record_baseline_replay", run_id=run_id))["pending_baseline_run_ids"] == []
        passing(d, BAD)
    found = await act(d, "start")
    assert (found["status"], "last_pause_reason" in found) == ("running", False)
    assert found["baseline_metrics"]["unmet_requirement_count"] == 2.0


async def test_o27_replays_that_differ_are_no_baseline(d: House) -> None:
    passing(d, BAD, judged())
    await create(d)
    for _ in range(2):
        run_id = (await act(d, "queue_baseline_replay"))["pending_baseline_run_ids"][-1]
        await d.run_until(run_id)
        await act(d, "record_baseline_replay", run_id=run_id)
    found = await act(d, "start")
    assert (found["status"], found["last_pause_reason"]) == ("paused_evaluator_unstable", "baseline_drift_exceeded")
    assert "artifact_validator_pass_rate" in found["last_pause_detail"]
    assert "baseline_metrics" not in found
    assert (await names(d))[-2:] == ["baseline_rejected", "campaign_paused"]


async def test_o36_o38_o60_a_run_of_the_baseline_is_recorded_once(d: House) -> None:
    held = Held(judged())
    d.models.script.append(held)
    d.models.always = judged()
    await create(d)
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="record_baseline_replay")).code == "run_id_required"
    asked = {"campaign_id": "opt-1", "action": "record_baseline_replay"}
    assert (await d.refused("campaign.act", **asked, run_id="run-none")).code == "run_not_found"
    run_id = (await act(d, "queue_baseline_replay"))["pending_baseline_run_ids"][0]
    await held.asked.wait()
    assert (await d.refused("campaign.act", **asked, run_id=run_id)).code == "run_not_completed"
    held.open()
    await d.run_until(run_id)
    found = await act(d, "record_baseline_replay", run_id=run_id)
    [replay] = found["baseline_replays"]
    assert (replay["experiment_count_at_recording"], replay["validator_case_outcomes"]) == (0, {"node-1": "passed"})
    assert replay["phase1_metrics"] == {
        "artifact_validator_pass_rate": 1.0, "unmet_requirement_count": 0.0, "blocked_node_rate": 0.0, "budget_within_limits": True,
    }  # fmt: skip
    assert found["pending_baseline_run_ids"] == []
    assert (await d.refused("campaign.act", **asked, run_id=run_id)).code == "replay_already_recorded"
    assert len((await campaign(d))["baseline_replays"]) == 1


async def test_o37_a_run_of_another_definition_is_no_replay(d: House) -> None:
    passing(d)
    await create(d)
    other = await d.begin(NOTICE.replace("for the crew", "for the team"))
    await d.run_until(other)
    refused = await d.refused("campaign.act", campaign_id="opt-1", action="record_baseline_replay", run_id=other)
    assert refused.code == "run_snapshot_mismatch"
    assert (await campaign(d))["baseline_replays"] == []
