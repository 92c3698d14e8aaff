"""The daemon dies at every commit of a whole campaign, and after every reply; the campaign comes to the same end."""

from __future__ import annotations

import json

import pytest

from tests.scenarios.campaigning import BUDGET, act, campaign, create, events, experiments, names, until
from tests.scenarios.harness import House
from tests.scenarios.models import persona, writes
from tests.scenarios.script import Act, Call, Failed
from tests.scenarios.sweeping import swept, told

pytestmark = pytest.mark.no_cover  # as in the sweep of all tales
FLAKY = """penstock: 1
workflow: notice
nodes:
  - {id: node-1, python: "steps:work", output: json, contract: {validator: research_brief}, retry: {max_attempts: 1}, on_fail: continue}
"""
"""The first attempt fails, the second passes: one attempt more is what it lacks."""
STORY = [
    "campaign_created", "campaign_started", "baseline_replay_queued", "baseline_replay_recorded", "baseline_replay_queued",
    "baseline_replay_recorded", "baseline_established", "experiment_queued", "experiment_evaluated", "promotion_requested",
    "promotion_approved", "winner_applied", "baseline_replay_queued", "baseline_replay_recorded", "baseline_replay_queued",
    "baseline_replay_recorded", "baseline_established", "experiment_queued", "experiment_evaluated", "campaign_completed",
]  # fmt: skip


def second_time(house: House) -> Act:
    """Fails until a failure is recorded: an attempt that was lost with its daemon is none."""

    async def act(call: Call) -> object:
        if "node_failed" not in await house.names(call.run_id):
            raise Failed("the first time")
        return {"validator_summary": {"outcome": "passed", "unmet_requirements": []}, "status": "completed"}

    return act


async def whole(house: House) -> str:
    """Two replays, a winner that is approved and applied, a second candidate that loses; then a run of the live workflow."""
    house.script.on("node-1", *[second_time(house)] * 200)
    await create(house, workflow=FLAKY, changed={"budget_yaml": BUDGET.replace("max_experiments: 20", "max_experiments: 2")})
    await act(house, "start")
    await until(house, "awaiting_promotion_approval")
    winner = (await experiments(house))[0]["experiment_id"]
    await act(house, "approve_winner", experiment_id=winner)
    await house.call("campaign.apply", campaign_id="opt-1", experiment_id=winner)
    await until(house, "completed")
    told_of = [name for name in await names(house) if name != "campaign_note_changed"]
    assert sorted(told_of) == sorted(STORY), told_of
    assert told_of[:11] == STORY[:11]
    assert [one["status"] for one in await experiments(house)] == ["discarded", "promotion_approved"]
    assert (await campaign(house))["last_pause_reason"] == "experiment_budget_exhausted"
    runs = [event["run_id"] for event in await events(house) if event["event"] in {"baseline_replay_queued", "experiment_queued"}]
    assert len(runs) == len(set(runs)) == 6
    assert len((await house.call("run.list"))["runs"]) == 6, "no run that no campaign knows"
    live = (await house.call("workflow.get", workflow_id="notice"))["definition"]
    assert len(live["metadata"]["optimization_apply_history"]) == 1, json.dumps(live)
    return str((await house.call("run.start", workflow_id="notice"))["run_id"])


async def paired(house: House) -> str:
    """Two pairs of runs until a winner is found; each run is made once."""
    house.script.on("node-1", *[second_time(house)] * 200)
    await create(house, workflow=FLAKY, evaluations_per_candidate=2)
    await act(house, "start")
    await until(house, "awaiting_promotion_approval")
    [one] = await experiments(house)
    assert [pair["outcome"] for pair in one["metadata"]["pairs"]] == ["won", "won"]
    assert len((await house.call("run.list"))["runs"]) == 6, "no run that no campaign knows"
    return str((await house.call("run.start", workflow_id="notice"))["run_id"])


async def proposed(house: House) -> str:
    """A persona proposes the winner: it is asked in one run, and tried in one, whatever dies."""
    persona(house, name="thinker")
    house.models.always = writes("mutation.json", '{"node_id": "node-1", "field": "retry_policy_max_attempts", "value": 2}')
    house.script.on("node-1", *[second_time(house)] * 200)
    await create(house, workflow=FLAKY, proposer="thinker")
    await act(house, "start")
    await until(house, "awaiting_promotion_approval")
    [one] = await experiments(house)
    assert (one["metadata"]["generator"], one["metadata"]["mutation"]["after"]) == ("persona:thinker", 2)
    assert (await names(house)).count("proposal_queued") == 1
    assert len((await house.call("run.list"))["runs"]) == 4, "no run that no campaign knows"
    return str((await house.call("run.start", workflow_id="notice"))["run_id"])


def test_a_death_at_each_commit_of_a_proposal_asks_nobody_twice() -> None:
    expected, _ = told(proposed, [])
    died = 0
    for died, ending in swept(proposed, "commit.after"):
        assert ending == expected, f"died at {died}"
    assert died >= 4


def test_a_death_at_each_commit_of_pairs_loses_none_and_makes_none_twice() -> None:
    expected, _ = told(paired, [])
    died = 0
    for died, ending in swept(paired, "commit.after"):
        assert ending == expected, f"died at {died}"
    assert died >= 4


@pytest.mark.parametrize("point", ["commit.after", "reply.after"])
def test_a_death_at_each_point_of_a_campaign_changes_nothing_that_counts(point: str) -> None:
    expected, _ = told(whole, [])
    assert expected["nodes"]["node-1"][0] == "completed"
    died = 0
    for died, ending in swept(whole, point):
        assert ending == expected, f"died at {point} number {died}"
    assert died >= 4
