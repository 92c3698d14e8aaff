"""The course of campaigns: candidates, failures, limits, ends (optimization spec 20)."""

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
from tests.scenarios.flows import flow
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


async def test_a_candidate_is_run_beside_its_baseline_until_a_lead_decides(d: House) -> None:
    assert await code_of(d, evaluations_per_candidate=21) == "evaluations_per_candidate_out_of_bounds"
    d.models.always = BAD
    await create(d, workflow=None, changed={"budget_yaml": BUDGET.replace("max_experiments: 20", "max_experiments: 1")},
                 evaluations_per_candidate=3)  # fmt: skip
    await act(d, "start")
    found = await until(d, "completed")
    [one] = await experiments(d)
    assert (found["evaluations_per_candidate"], one["status"]) == (3, "discarded")
    assert one["promotion_decision"]["reason"] == "candidate_not_better"
    assert [pair["outcome"] for pair in one["metadata"]["pairs"]] == ["tied"] * 3
    made = [run["trigger_type"] for run in (await d.call("run.list"))["runs"]]
    assert sorted(made) == ["optimization_baseline_replay"] * 5 + ["optimization_candidate_eval"] * 3
    assert found["spent_tokens"] == 8 * 120


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
    await d.put(flow(f"{{id: send, eval: skip, {sends.replace('needs: [node-1], ', '')}}}", name="mailer"))
    below = f"{NOTICE}  - {{id: mail, workflow: mailer, needs: [node-1]}}\n"
    assert await code_of(d, workflow=below) == "eval_side_effects_forbidden"
    passing(d)
    inside = sends.replace("needs: [node-1], ", "")
    await create(d, workflow=f"{NOTICE}  - {{id: both, needs: [node-1], group: [{{id: send, eval: skip, {inside}}}]}}\n")
    refused = await d.refused("campaign.act", campaign_id="opt-1", action="start")
    assert (refused.code, refused.data["node_ids"]) == ("eval_side_effects_forbidden", ["send"])
    assert await names(d) == ["campaign_created"]
    d.script.on("send", give({"sent": 7}))
    ordinary = await d.call("run.start", workflow_id="notice")
    await d.run_until(ordinary["run_id"])
    run_id = (await act(d, "start"))["pending_baseline_run_ids"][0]
    run = await d.run_until(run_id)
    assert {node["node_id"]: node.get("output") for node in run["nodes"]}["send"] == {"sent": 7}
    assert len(d.script.calls()) == 1, "sent once, by the ordinary run"
