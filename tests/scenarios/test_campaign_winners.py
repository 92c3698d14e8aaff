"""Winners of campaigns: approved, rejected, applied to the live workflow, or too late (optimization spec 20)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio

from tests.scenarios.campaigning import NOTICE, act, campaign, create, events, experiments, judged, names, passing, until, when
from tests.scenarios.client import Refused
from tests.scenarios.harness import House
from tests.scenarios.models import Held, persona, writes

BAD = judged("failed", "a", "b")
LONG = NOTICE.replace(
    "Draft a clear notice for the crew", "Draft a clear notice for the crew. " + "Say what is to be done, by whom and when. " * 12
)


async def winner(d: House, text: str = LONG) -> dict[str, Any]:
    """A campaign whose first candidate (the objective, in a long workflow) wins; the candidate."""
    passing(d, BAD, BAD)
    await create(d, workflow=text)
    await act(d, "start")
    await until(d, "awaiting_promotion_approval")
    return next(one for one in await experiments(d) if one["status"] == "promotion_recommended")


async def live(d: House) -> dict[str, Any]:
    return dict((await d.call("workflow.get", workflow_id="notice"))["definition"])


async def approve(d: House, experiment_id: str) -> dict[str, Any]:
    return await act(d, "approve_winner", experiment_id=experiment_id)


async def apply(d: House, experiment_id: str) -> dict[str, Any]:
    return await d.call("campaign.apply", campaign_id="opt-1", experiment_id=experiment_id)


async def test_o39_o41_o43_a_winner_is_approved_and_applied_once(d: House) -> None:
    one = await winner(d)
    before = await live(d)
    found = await approve(d, one["experiment_id"])
    assert (found["status"], found["baseline_replays"], found["pending_baseline_run_ids"]) == ("draft", [], [])
    assert "pending_promotion_experiment_id" not in found
    assert found["baseline_snapshot_hash"] == one["candidate_snapshot_hash"]
    assert await live(d) == before, "nothing touches the live workflow but the application"
    named = {"campaign_id": "opt-1", "experiment_id": one["experiment_id"]}
    approved = (await d.call("campaign.experiment", **named))["experiment"]
    assert approved["metadata"]["apply_patch"]["field_path"] == "objective"
    answer = await apply(d, one["experiment_id"])
    assert answer["workflow"]["version"] == 2
    after = await live(d)
    assert after["flow"]["nodes"][0]["objective"] == one["metadata"]["mutation"]["after"]
    assert after["metadata"]["last_optimization_apply"]["experiment_id"] == one["experiment_id"]
    assert len(after["metadata"]["optimization_apply_history"]) == 1
    applied = (await d.call("campaign.experiment", **named))["experiment"]
    assert applied["metadata"]["applied_to_live"]["workflow_id"] == "notice"
    assert (await names(d))[-1] == "winner_applied"
    assert (await d.refused("campaign.apply", **named)).code == "live_workflow_drift"


async def test_o39_runs_of_the_old_baseline_are_cancelled_when_it_is_replaced(d: House) -> None:
    one = await winner(d)
    held = Held(judged())
    d.models.script.append(held)
    run_id = (await act(d, "queue_baseline_replay"))["pending_baseline_run_ids"][0]
    await held.asked.wait()
    found = await approve(d, one["experiment_id"])
    assert (found["pending_baseline_run_ids"], found["status"]) == ([], "draft")
    assert (await d.run_until(run_id))["status"] == "cancelled"
    dropped = [event for event in await events(d) if event["event"] == "baseline_replay_dropped"]
    assert [(event["run_id"], event["code"]) for event in dropped] == [(run_id, "baseline_changed")]


async def test_o42_an_edit_by_hand_is_not_overwritten(d: House) -> None:
    one = await winner(d)
    await approve(d, one["experiment_id"])
    await d.put(LONG.replace("for the crew", "for everybody"))
    before = await live(d)
    refused = await d.refused("campaign.apply", campaign_id="opt-1", experiment_id=one["experiment_id"])
    assert refused.code == "live_workflow_drift"
    assert await live(d) == before


async def test_other_edits_of_the_live_workflow_are_kept(d: House) -> None:
    one = await winner(d)
    await approve(d, one["experiment_id"])
    await d.put(LONG.replace("title: Notice", "title: Another title"))
    await apply(d, one["experiment_id"])
    after = await live(d)
    assert (after["name"], after["flow"]["nodes"][0]["objective"]) == ("Another title", one["metadata"]["mutation"]["after"])


async def test_o45_a_rejected_mutation_is_never_tried_again(d: House) -> None:
    one = await winner(d)
    found = await act(d, "reject_winner", experiment_id=one["experiment_id"], reason="  no  ")
    assert (found["status"], found["last_pause_reason"], found["last_pause_detail"]) == ("draft", "winner_rejected", "no")
    assert "pending_promotion_experiment_id" not in found
    found = await when(d, lambda found: found["status"] != "draft")
    assert found.get("last_pause_reason") != "winner_rejected"
    await until(d, "awaiting_promotion_approval", "completed")
    hashes = [one["candidate_snapshot_hash"] for one in await experiments(d)]
    assert len(hashes) == len(set(hashes)) >= 2


async def test_o61_only_a_recommended_candidate_is_approved_or_rejected(d: House) -> None:
    passing(d)
    await create(d)
    await act(d, "start")
    await until(d, "completed")
    one = (await experiments(d))[0]
    assert one["status"] == "discarded"
    for action in ("approve_winner", "reject_winner"):
        refused = await d.refused("campaign.act", campaign_id="opt-1", action=action, experiment_id=one["experiment_id"])
        assert refused.code == "experiment_not_recommended"
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="approve_winner")).code == "experiment_id_required"
    refused = await d.refused("campaign.act", campaign_id="opt-1", action="approve_winner", experiment_id="none")
    assert refused.code == "experiment_not_found"


async def test_o62_a_campaign_with_runs_under_way_is_deleted_only_with_them(d: House) -> None:
    held = Held(judged())
    d.models.script.append(held)
    await create(d)
    run_id = (await act(d, "start"))["pending_baseline_run_ids"][0]
    await held.asked.wait()
    assert (await d.refused("campaign.delete", campaign_id="opt-1")).code == "campaign_has_active_runs"
    assert (await d.call("campaign.delete", campaign_id="opt-1", cancel_runs=True)) == {"campaign_id": "opt-1", "deleted": True}
    assert (await d.run_until(run_id))["status"] == "cancelled"
    assert (await d.refused("campaign.get", campaign_id="opt-1")).code == "campaign_not_found"
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="start")).code == "campaign_not_found"
    assert (await d.call("campaign.list"))["campaigns"] == []
    with pytest.raises(Exception, match="campaign_exists"):
        await create(d)


async def test_o64_while_a_winner_waits_for_a_person_nothing_is_measured(d: House) -> None:
    await winner(d)
    before = await campaign(d)
    d.clock.jump(31 * 60_000)
    await trio.sleep(10)
    assert await campaign(d) == before


async def test_o65_of_two_winners_both_are_applied_or_none(d: House) -> None:
    first = await winner(d)
    passing(d, BAD, BAD)
    await approve(d, first["experiment_id"])
    await until(d, "awaiting_promotion_approval")
    second = next(one for one in await experiments(d) if one["status"] == "promotion_recommended")
    await approve(d, second["experiment_id"])
    refused = await d.refused("campaign.apply", campaign_id="opt-1", experiment_id=first["experiment_id"])
    assert refused.code == "not_latest_winner"
    await d.put(LONG.replace("for the crew", "for everybody"))
    before = await live(d)
    refused = await d.refused("campaign.apply", campaign_id="opt-1", experiment_id=second["experiment_id"])
    assert refused.code == "live_workflow_drift"
    assert await live(d) == before
    assert not any("applied_to_live" in one["metadata"] for one in await experiments(d))
    await d.put(LONG)
    await apply(d, second["experiment_id"])
    assert len((await live(d))["metadata"]["optimization_apply_history"]) == 2
    assert sum("applied_to_live" in one["metadata"] for one in await experiments(d)) == 2


async def test_o68_without_its_workflow_a_campaign_stands_still(d: House) -> None:
    passing(d, BAD, BAD, Held(judged()))
    await create(d)
    await act(d, "start")
    await when(d, lambda found: found["status"] == "running")
    runs = len((await d.call("run.list"))["runs"])
    await d.call("workflow.delete", workflow_id="notice", cancel_runs=True)
    found = await until(d, "paused_evaluator_unstable")
    assert (found["last_pause_reason"], len((await d.call("run.list"))["runs"])) == ("source_workflow_not_found", runs)
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="start")).code == "source_workflow_not_found"
    await d.call("workflow.restore", workflow_id="notice")
    assert (await act(d, "start"))["status"] in {"draft", "running"}


async def test_o69_a_pause_keeps_a_winner_that_waits(d: House) -> None:
    one = await winner(d)
    found = await act(d, "pause", reason="lunch")
    assert (found["status"], found["last_pause_detail"]) == ("paused_manual", "lunch")
    assert found["pending_promotion_experiment_id"] == one["experiment_id"]
    assert (await act(d, "resume"))["status"] == "awaiting_promotion_approval"


async def test_o70_a_decision_does_not_end_a_pause(d: House) -> None:
    one = await winner(d)
    await act(d, "pause")
    found = await act(d, "reject_winner", experiment_id=one["experiment_id"])
    assert found["status"] == "paused_manual"
    assert (await experiments(d))[0]["status"] == "promotion_rejected"


async def test_actions_that_do_not_fit_the_status_are_refused(d: House) -> None:
    passing(d)
    await create(d)
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="resume")).code == "campaign_status_conflict"
    await act(d, "start")
    await until(d, "completed")
    assert (await d.refused("campaign.act", campaign_id="opt-1", action="pause")).code == "campaign_status_conflict"


async def test_a_run_that_is_held_is_named_by_the_note(d: House) -> None:
    held = Held(judged())
    passing(d, held)
    await create(d)
    run_id = (await act(d, "start"))["pending_baseline_run_ids"][0]
    await held.asked.wait()
    await d.call("run.pause", run_id=run_id)
    found = await when(d, lambda found: found["last_pause_reason"] == "waiting_paused_run")
    assert found["last_pause_detail"] == run_id
    await d.call("run.resume", run_id=run_id)
    held.open()
    await when(d, lambda found: len(found["baseline_replays"]) == 1)


async def test_a_persona_proposes_and_is_held_to_the_rules(d: House) -> None:
    persona(d, name="thinker")
    with pytest.raises(Refused, match="proposer_unknown"):
        await create(d, proposer="nobody")
    wrong, right = (json.dumps({"node_id": "node-1", "field": "timeout_ms", "value": value}) for value in (599_000, 61_000))
    passing(d, BAD, BAD, writes("mutation.json", wrong), writes("mutation.json", right))
    await create(d, proposer="thinker")
    await act(d, "start")
    found = await until(d, "awaiting_promotion_approval")
    [one] = await experiments(d)
    assert (one["mutation_summary"], one["metadata"]["generator"]) == ("node-1 timeout_ms: 60000 -> 61000 (+1000)", "persona:thinker")
    log = await events(d)
    assert [event["code"] for event in log if event["event"] == "proposal_refused"] == ["timeout_delta_exceeded"]
    asked = [event["run_id"] for event in log if event["event"] == "proposal_queued"]
    assert [(await d.run(run_id))["trigger_type"] for run_id in asked] == ["optimization_candidate_proposal"] * 2
    assert found["spent_tokens"] == 120 * 5, "two replays, two proposals, one evaluation"
