"""Campaigns of stories: their files, their workflow, and what stories do with them. All through the socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from tests.scenarios.harness import House
from tests.scenarios.models import Reply, writes

__all__ = ["EVAL", "FILES", "NOTICE", "act", "campaign", "create", "events", "experiments", "judged", "names", "passing", "until", "when"]

EVAL = """pack_ref: pack.yaml
primary_metric: artifact_validator_pass_rate
secondary_metric: unmet_requirement_count
hard_guardrails: [blocked_node_rate, budget_ceilings]
campaign_start_baseline_runs: 2
baseline_replay_every_candidates: 5
baseline_replay_every_minutes: 30
"""
POLICY = """max_nodes_changed_per_candidate: 1
max_field_families_changed_per_candidate: 1
allowed_text_fields: [objective, output_contract_summary_guidance]
allowed_knob_fields: [timeout_ms, retry_policy_max_attempts, retry_policy_retries]
max_text_delta_chars: 300
max_text_delta_ratio: 0.25
timeout_delta_percent: 0.15
timeout_delta_ms: 30000
timeout_min_ms: 30000
timeout_max_ms: 600000
retry_delta: 1
retry_min: 0
retry_max: 3
"""
SCOPE = """candidate_snapshot_only: true
allow_live_source_mutation: false
allow_external_side_effects_in_eval: false
promotion_requires_operator_approval: true
"""
BUDGET = """max_experiments: 20
max_runtime_minutes: 120
max_consecutive_failures: 3
max_total_tokens: 500000
max_total_cost_usd: 25.0
"""
FILES = {
    "objective.md": "# Objective\n\nRaise the validated share of outputs while the live workflow stays untouched.\n",
    "eval.yaml": EVAL, "mutation_policy.yaml": POLICY, "scope.yaml": SCOPE, "budget.yaml": BUDGET,
}  # fmt: skip
NOTICE = """penstock: 1
workflow: notice
title: Notice
schemas: {said: {type: object}}
personas:
  writer: {backend: stage, model: gpt-5-mini}
nodes:
  - id: node-1
    agent: writer
    instructions: Draft a clear notice for the crew
    artifact: {path: notice.json, schema: said}
    contract: {kind: report, validator: research_brief, guidance: List the main points briefly.}
    retry: {max_attempts: 1}
    idle_timeout: 60s
"""
"""The standard workflow: one node, whose output says itself whether it passed."""
REFS = {
    f"{part}_ref": f"{part}.{'md' if part == 'objective' else 'yaml'}"
    for part in ("objective", "eval", "mutation_policy", "scope", "budget")
}


def judged(outcome: str = "passed", *unmet: str) -> Reply:
    """The agent writes that summary."""
    summary = {"validator_summary": {"outcome": outcome, "unmet_requirements": list(unmet)}, "status": "completed"}
    return writes("notice.json", json.dumps(summary))


def passing(d: House, *replies: Reply) -> None:
    """What the next runs bring; all after them pass."""
    d.models.script[:] = replies
    d.models.always = judged()


def files(d: House, **changed: str | None) -> Path:
    """The five files in a folder, some of them replaced (`budget_yaml="…"`)."""
    folder = d.folder / "campaign"
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        text = changed.get(name.replace(".", "_"), text) or ""  # noqa: PLW2901  the text that is to be there
        (folder / name).write_text(text)
    return folder


async def create(d: House, *, workflow: str | None = NOTICE, changed: dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
    """Store the workflow, write the files, make the campaign `opt-1`; the answer."""
    if workflow is not None:
        await d.put(workflow)
    root = files(d, **(changed or {}))
    asked: dict[str, Any] = {
        "source_workflow_id": "notice",
        "artifacts": REFS,
        "workspace_root": str(root),
        "campaign_id": "opt-1",
        **params,
    }
    return await d.call("campaign.create", **asked)


async def act(d: House, action: str, **params: Any) -> dict[str, Any]:
    """Do it; the campaign after it."""
    return dict((await d.call("campaign.act", campaign_id="opt-1", action=action, **params))["campaign"])


async def campaign(d: House, campaign_id: str = "opt-1") -> dict[str, Any]:
    return dict((await d._read("campaign.get", campaign_id=campaign_id))["campaign"])


async def experiments(d: House, campaign_id: str = "opt-1") -> list[dict[str, Any]]:
    """Newest change first."""
    return list((await d._read("campaign.experiments", campaign_id=campaign_id))["experiments"])


async def events(d: House) -> list[dict[str, Any]]:
    return list((await d._read("campaign.events", campaign_id="opt-1"))["events"])


async def names(d: House) -> list[str]:
    return [event["event"] for event in await events(d)]


async def when(
    d: House, holds: Callable[[dict[str, Any]], bool], *, within: float = 4_000.0, campaign_id: str = "opt-1"
) -> dict[str, Any]:  # fmt: skip
    """Wait until the campaign is as wanted."""
    with trio.fail_after(within):
        while True:
            if holds(found := await campaign(d, campaign_id)):
                return found
            await trio.sleep(1.0)


async def until(d: House, *statuses: str) -> dict[str, Any]:
    """Wait for one of these statuses."""
    return await when(d, lambda found: found["status"] in statuses)
