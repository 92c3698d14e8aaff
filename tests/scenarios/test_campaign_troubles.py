"""Campaigns in trouble: their own, their neighbours', and what they may not do to others."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import trio

import actors.campaign.actor
from actors.campaign.reconciling import reconcile
from actors.control.peers import Peer
from tests.scenarios.campaigning import (
    EVAL,
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
from tests.scenarios.harness import House
from tests.scenarios.inside import crash_at_next, tampered
from tests.scenarios.models import Held
from tests.scenarios.planned import until as time_is
from tests.scenarios.records import Records
from tests.scenarios.script import give

BAD = judged("failed", "a", "b")


PLAIN = """penstock: 1
workflow: notice
nodes:
  - {id: node-1, python: "steps:work", output: json, contract: {validator: research_brief}, timeout: 300s}
"""


async def two(d: House, workflow: str = NOTICE) -> None:
    """Two campaigns that were started."""
    await create(d, workflow=workflow)
    await create(d, workflow=None, campaign_id="opt-2")
    for campaign_id in ("opt-1", "opt-2"):
        await d.call("campaign.act", campaign_id=campaign_id, action="start")


async def test_a_campaign_whose_actor_crashes_goes_on(d: House) -> None:
    passing(d, BAD, BAD)
    await create(d)
    await act(d, "start")
    for _ in range(3):
        crash_at_next(d, "campaigns/opt-1")
        await trio.sleep(3)
    found = await until(d, "awaiting_promotion_approval")
    assert len(found["baseline_replays"]) == 2
    assert [name for name in await names(d) if name == "baseline_replay_recorded"] == ["baseline_replay_recorded"] * 2


async def test_an_error_of_ours_in_one_campaign_changes_nothing_of_it_and_stops_no_other(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = True

    def faulty(step: Any) -> None:
        reconcile(step)
        if broken and step.campaign.campaign_id == "opt-1":
            raise ZeroDivisionError("an error of ours")

    passing(d)
    await two(d)
    monkeypatch.setattr(actors.campaign.actor, "reconcile", faulty)
    await when(d, lambda found: found["status"] == "completed", campaign_id="opt-2")
    await trio.sleep(120)
    assert await names(d) == ["campaign_created", "campaign_started", "baseline_replay_queued"]
    assert "ZeroDivisionError" in str(await d.call("system.tree"))
    broken = False
    await until(d, "completed")


async def test_a_log_that_cannot_be_read_locks_away_its_campaign_and_no_other(d: House) -> None:
    d.script.on("node-1", *[give({"validator_summary": {"outcome": "passed"}})] * 99)
    await two(d, PLAIN)
    made = (await campaign(d))["pending_baseline_run_ids"]
    await d.crash()

    def broken(db: sqlite3.Connection) -> None:
        stream = "stream = (SELECT id FROM streams WHERE name = 'campaign/opt-1')"
        db.execute(f"UPDATE journal SET data = cast('{{\"x\":1}}' AS blob) WHERE {stream} AND kind = 'campaign_started'")

    tampered(d, broken)
    d.history.unread.update(["campaign/opt-1", *made])
    await d.start()
    await when(d, lambda found: found["status"] == "completed", campaign_id="opt-2")
    for method, more in (("get", {}), ("events", {}), ("experiments", {}), ("act", {"action": "pause"}), ("delete", {})):
        assert (await d.refused(f"campaign.{method}", campaign_id="opt-1", **more)).code == "campaign_log_unreadable"
    assert {row["campaign_id"] for row in (await d.call("campaign.list"))["campaigns"]} == {"opt-1", "opt-2"}
    assert "1 cannot be read" in str(await d.call("system.tree"))


async def test_of_two_decisions_at_the_same_time_one_counts_and_the_other_sees_it(d: House) -> None:
    passing(d, BAD, BAD)
    await create(d)
    await act(d, "start")
    await until(d, "awaiting_promotion_approval")
    one = next(one for one in await experiments(d) if one["status"] == "promotion_recommended")["experiment_id"]
    answers: dict[str, str] = {}

    async def decide(action: str) -> None:
        try:
            await act(d, action, experiment_id=one)
            answers[action] = "ok"
        except Refused as refused:
            answers[action] = refused.code

    async with trio.open_nursery() as nursery:
        nursery.start_soon(decide, "approve_winner")
        nursery.start_soon(decide, "reject_winner")
    assert sorted(answers.values()) == ["experiment_not_recommended", "ok"]
    assert sum(name in {"promotion_approved", "promotion_rejected"} for name in await names(d)) == 1


async def test_a_step_approves_rejects_and_applies_nothing(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await create(d)
    real = Peer.principal
    monkeypatch.setattr(Peer, "principal", lambda self, known: real(self, lambda pid: True))
    for action in ("approve_winner", " Reject_Winner "):
        refused = await d.refused("campaign.act", campaign_id="opt-1", action=action, experiment_id="none")
        assert refused.code == "human_required"
    assert (await d.refused("campaign.apply", campaign_id="opt-1", experiment_id="none")).code == "human_required"
    assert (await act(d, "pause"))["status"] == "paused_manual"


async def test_a_run_of_a_campaign_holds_up_no_schedule_but_the_removal_of_its_workflow(d: House) -> None:
    held = Held(judged())
    passing(d, held)
    await create(d, workflow=NOTICE.replace("idle_timeout: 60s", "idle_timeout: 600s") + "schedule: {every: 60s, overlap: skip}\n")
    run_id = (await act(d, "start"))["pending_baseline_run_ids"][0]
    await held.asked.wait()
    await time_is(d, d.clock.now_ms() + 61_000)
    runs = (await d.call("run.list"))["runs"]
    assert {run["trigger_type"] for run in runs} == {"scheduled", "optimization_baseline_replay"}
    assert not [row for row in (await d.call("schedule.events", workflow_id="notice"))["events"] if "skipped" in row["event"]]
    refused = await d.refused("workflow.delete", workflow_id="notice")
    assert (refused.code, run_id in refused.data["runs"]) == ("workflow_has_active_runs", True)
    held.open()


async def test_an_override_rules_the_runs_of_the_campaign_and_never_the_live_workflow(d: House) -> None:
    rich = NOTICE.replace("gpt-5-mini}", "gpt-5-mini, fallback: [{backend: understudy, model: gpt-5}]}").replace(
        "title: Notice", "title: Notice\nproviders: [mail]"
    )
    passing(d, BAD, BAD)
    made = await create(
        d, workflow=rich, changed={"eval_yaml": EVAL + "pack_reff: x\n"},
        execution_override={"provider_id": "stage", "model_id": "gpt-5-nano"}, metadata=["as", "given"],
    )  # fmt: skip
    assert made["campaign"]["warnings"] == [
        {"code": "unknown_config_key", "label": "eval", "key": "pack_reff"},
        {"code": "external_side_effects_possible", "providers": ["mail"]},
    ]
    found = await campaign(d)
    assert (found["metadata"], found["execution_override"]["model_id"]) == (["as", "given"], "gpt-5-nano")
    assert found["baseline_snapshot"]["personas"] == {"writer": {"backend": "stage", "model": "gpt-5-nano"}}
    assert found["source_workflow_snapshot"]["personas"]["writer"]["model"] == "gpt-5-mini"
    await act(d, "start")
    await until(d, "awaiting_promotion_approval")
    assert {request.model for request in d.models.requests} == {"gpt-5-nano"}
    one = next(one for one in await experiments(d) if one["status"] == "promotion_recommended")["experiment_id"]
    await act(d, "approve_winner", experiment_id=one)
    await d.call("campaign.apply", campaign_id="opt-1", experiment_id=one)
    live = (await d.call("workflow.get", workflow_id="notice"))["definition"]
    assert live["personas"]["writer"]["model"] == "gpt-5-mini"
    assert live["personas"]["writer"]["fallback"] == [{"backend": "understudy", "model": "gpt-5"}]


async def test_what_was_spent_stays_spent_when_runs_fail_and_are_purged_and_who_did_what_is_audited(d: House) -> None:
    held = Held(judged())
    passing(d, judged(), judged(), judged(), held)
    await create(d)
    await act(d, "start")
    await held.asked.wait()
    await act(d, "pause")
    before = await campaign(d)
    assert before["spent_tokens"] == 360
    for run_id in [event["run_id"] for event in await events(d) if event["event"] in {"baseline_replay_queued", "experiment_queued"}][:3]:
        await d.call("run.purge", run_id=run_id)
    assert (await campaign(d))["spent_tokens"] == 360
    held.open()
    await d.refused("campaign.act", campaign_id="opt-1", action="approve_winner", experiment_id="none")
    await d.call("campaign.delete", campaign_id="opt-1", cancel_runs=True)
    await d.stop()
    audited = [(row["action"], row["result"]) for row in Records.read(d.places.data).audit if row["action"].startswith("campaign.")]
    assert audited == [
        ("campaign.create", "ok"), ("campaign.act", "ok"), ("campaign.act", "ok"), ("campaign.act", "experiment_not_found"),
        ("campaign.delete", "ok"),
    ]  # fmt: skip
