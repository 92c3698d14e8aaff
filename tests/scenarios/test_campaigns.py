"""Campaigns from their creation to the next candidate (optimization spec 20)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import trio

from actors.agent.provider.messages import Answer, ModelRequest, OnPart
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
from tests.scenarios.models import Held, says, writes
from tests.scenarios.script import give

BAD = judged("failed", "a", "b")


async def by_path(request: ModelRequest, on_part: OnPart) -> Answer:
    """Every agent writes the file that is expected of it, whoever asks."""
    path = re.search(r"\d\.json", str(request.turns[-1]))
    assert path is not None
    return await writes(path[0], json.dumps({"validator_summary": {"outcome": "passed", "unmet_requirements": []}}))(request, on_part)


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


async def test_o33_o34_a_candidate_that_fails_ends_the_campaign_and_a_start_revives_it(d: House) -> None:
    passing(d, judged(), judged(), says("nothing written"), Held(judged()))
    await create(d, changed={"budget_yaml": BUDGET.replace("max_consecutive_failures: 3", "max_consecutive_failures: 1")})
    await act(d, "start")
    found = await until(d, "failed")
    [one] = await experiments(d)
    assert (one["status"], found["last_pause_reason"]) == ("failed", "consecutive_failures_reached")
    assert one["metadata"]["eval_failure"] == {"run_id": one["metadata"]["eval_run_id"], "status": "failed"}
    assert (await act(d, "start"))["status"] == "running"
    await trio.sleep(5)
    assert len(await experiments(d)) == 2
    assert (await campaign(d))["status"] == "running"


async def test_o32_after_five_candidates_the_baseline_is_measured_again(d: House) -> None:
    head, _, node = NOTICE.partition("  - id: node-1\n")
    text = head + "".join(f"  - id: node-{n}\n{node.replace('notice.json', f'{n}.json')}" for n in (1, 2, 3))
    d.models.always = by_path
    await create(d, workflow=text)
    await act(d, "start")
    found = await when(d, lambda found: len(found["baseline_replays"]) == 2 and found["pending_baseline_run_ids"] != [])
    assert (found["status"], found["last_pause_reason"]) == ("draft", "waiting_baseline_replay")
    assert [one["status"] for one in await experiments(d)] == ["discarded"] * 5
    assert [event["cause"] for event in await events(d) if event["event"] == "baseline_replay_queued"] == [
        "initial",
        "initial",
        "candidates",
    ]


async def test_o59_an_evaluation_whose_run_is_gone_fails_and_the_next_is_queued(d: House) -> None:
    held = Held(judged())
    passing(d, judged(), judged(), held)
    await create(d)
    await act(d, "start")
    await held.asked.wait()
    [one] = await experiments(d)
    run_id = one["metadata"]["eval_run_id"]
    await act(d, "pause")
    held.open()
    await d.run_until(run_id)
    await d.call("run.purge", run_id=run_id)
    await act(d, "resume")
    await when(d, lambda found: found["status"] in {"running", "completed"})
    await trio.sleep(3)
    first = next(found for found in await experiments(d) if found["experiment_id"] == one["experiment_id"])
    assert (first["status"], first["metadata"]["eval_failure"]) == ("failed", {"run_id": run_id, "reason": "run_not_found"})
    log = await names(d)
    assert log[log.index("experiment_failed") + 1] == "experiment_queued", "in the same pass"


async def test_o46_o47_a_campaign_is_complete_when_its_budget_or_its_mutations_are_used_up(d: House) -> None:
    passing(d)
    await create(d, changed={"budget_yaml": BUDGET.replace("max_experiments: 20", "max_experiments: 1")})
    await act(d, "start")
    found = await until(d, "completed")
    assert (found["last_pause_reason"], [one["status"] for one in await experiments(d)]) == ("experiment_budget_exhausted", ["discarded"])
    await create(d, campaign_id="opt-2")
    await d.call("campaign.act", campaign_id="opt-2", action="start")
    found = await when(d, lambda found: found["status"] == "completed", campaign_id="opt-2")
    assert (found["last_pause_reason"], len(await experiments(d, "opt-2"))) == ("mutations_exhausted", 2)


async def test_o50_a_replay_that_fails_stops_the_campaign_until_somebody_acts(d: House) -> None:
    passing(d, says("nothing written"))
    await create(d)
    await act(d, "start")
    found = await until(d, "paused_evaluator_unstable")
    assert (found["last_pause_reason"], found["pending_baseline_run_ids"]) == ("replay_run_not_completed", [])
    assert "failed" in found["last_pause_detail"]
    await trio.sleep(10)
    assert await campaign(d) == found
    found = await act(d, "start")
    assert (found["status"], len(found["pending_baseline_run_ids"])) == ("draft", 1)


async def test_o51_words_are_trimmed_and_unknown_ones_refused(d: House) -> None:
    await create(d)
    found = await act(d, " PAUSE ", reason="  ")
    assert (found["status"], found["last_pause_reason"], "last_pause_detail" in found) == ("paused_manual", "operator_paused", False)
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="queue_replay")).code == "unsupported_action"


async def test_o52_a_replay_without_a_summary_stops_one_campaign_and_no_other(d: House) -> None:
    skipping = NOTICE.replace("workflow: notice", "workflow: skipping\ninputs: {go: {type: boolean, default: false}}")
    await d.put(skipping.replace("agent: writer", "agent: writer\n    when: inputs.go == true"))
    passing(d)
    await create(d, source_workflow_id="skipping")
    await create(d, campaign_id="opt-2")
    await act(d, "start")
    await d.call("campaign.act", campaign_id="opt-2", action="start")
    found = await until(d, "paused_evaluator_unstable")
    assert (found["last_pause_reason"], found["pending_baseline_run_ids"]) == ("run_without_validator_outputs", [])
    await trio.sleep(5)
    assert (await d.call("campaign.get", campaign_id="opt-2"))["campaign"]["baseline_replays"] != []


async def test_o58_a_limit_of_the_whole_campaign_holds_it(d: House) -> None:
    passing(d)
    await create(d, changed={"budget_yaml": BUDGET + "campaign_max_tokens: 240\n"})
    await act(d, "start")
    found = await until(d, "paused_budget")
    assert (found["last_pause_reason"], found["spent_tokens"]) == ("campaign_token_budget_reached", 240)
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="resume")).code == "campaign_budget_reached"
    low = {"campaign_max_tokens": 0}
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="resume", limits=low)).code.endswith("not_positive")
    assert (await act(d, "resume", limits={"campaign_max_tokens": 5000}))["status"] == "running"
    assert (await campaign(d))["phase1"]["budget"]["campaign_max_tokens"] == 5000


async def test_a_node_that_must_happen_once_is_not_repeated_by_evaluations(d: House) -> None:
    sends = 'effect: once, needs: [node-1], python: "steps:work"'
    once = f"{NOTICE}  - {{id: send, {sends}}}\n"
    assert await code_of(d, workflow=once) == "eval_side_effects_forbidden"
    passing(d)
    await create(d, workflow=f"{NOTICE}  - {{id: send, eval: skip, {sends}}}\n")
    refused = await d.refused("campaign.act", campaign_id="opt-1", action="start")
    assert (refused.code, refused.data["node_ids"]) == ("eval_side_effects_forbidden", ["send"])
    assert await names(d) == ["campaign_created"]
    d.script.on("send", give({"sent": 7}))
    ordinary = await d.call("run.start", workflow_id="notice")
    await d.run_until(ordinary["run_id"])
    run_id = (await act(d, "start"))["pending_baseline_run_ids"][0]
    run = await d.run_until(run_id)
    assert {node["node_id"]: node["output"] for node in run["nodes"]}["send"] == {"sent": 7}
    assert len(d.script.calls()) == 1, "sent once, by the ordinary run"
