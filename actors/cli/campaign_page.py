"""A campaign for people: where it stands, its baseline and every candidate beside it, and what each would change."""

from __future__ import annotations

import difflib
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from actors.cli.text import date_time

__all__ = ["campaign_page"]

_ROWS = (
    ("artifact_validator_pass_rate", "passed", "{:.1%}"), ("unmet_requirement_count", "unmet", "{:g}"),
    ("blocked_node_rate", "blocked", "{:.1%}"),
)  # fmt: skip


def campaign_page(campaign: Mapping[str, Any], experiments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Lines, the candidate that changed last first."""
    yield f"{campaign['campaign_id']}  {campaign['name']}"
    reason, detail = campaign.get("last_pause_reason"), campaign.get("last_pause_detail")
    note = f"  {reason}{f' ({detail})' if detail else ''}" if reason else ""
    yield f"  {campaign['status']}{note}"
    yield f"  workflow {campaign['source_workflow_id']}; changed {date_time(campaign['updated_at_ms'])}"
    yield f"  spent {campaign['spent_tokens']} tokens, {campaign['spent_cost_usd']:.4f} USD"
    replays = len(campaign["baseline_replays"])
    yield f"  baseline {_line(campaign.get('baseline_metrics'))}, from {replays} replay{'' if replays == 1 else 's'}"
    for run_id in campaign["pending_baseline_run_ids"]:
        yield f"  measured now: {run_id}"
    for one in experiments:
        yield ""
        yield from _experiment(one, one.get("baseline_metrics"))
    steps = list(_next(campaign, experiments))
    yield from ["", *steps] if steps else []


def _next(campaign: Mapping[str, Any], experiments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a person can do now, each with its command."""
    name, promotion = campaign["campaign_id"], campaign.get("pending_promotion_experiment_id")
    latest = next((one for one in experiments if one["candidate_snapshot_hash"] == campaign["baseline_snapshot_hash"]), None)
    if promotion:
        yield f"Decide: penstock campaign approve {name} {promotion}   (or reject)"
    elif campaign["status"].startswith("paused_"):
        yield f"Go on: penstock campaign resume {name}"
    elif campaign["status"] == "draft" and "started_at_ms" not in campaign:
        yield f"Begin: penstock campaign start {name}"
    if latest is not None and latest["status"] == "promotion_approved" and "applied_to_live" not in latest["metadata"]:
        yield f"Put it into the live workflow: penstock campaign apply {name} {latest['experiment_id']}"


def _line(metrics: Mapping[str, Any] | None) -> str:
    if metrics is None:
        return "not known yet"
    return ", ".join(f"{form.format(metrics[key])} {word}" for key, word, form in _ROWS)


def _experiment(one: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> Iterator[str]:
    decision = one.get("promotion_decision")
    yield f"{one['experiment_id']}  {one['status']}{'  ' + decision['reason'] if decision else ''}"
    failure = one["metadata"].get("eval_failure")
    if failure:
        yield f"  run {failure['run_id']}: {failure.get('reason') or failure.get('status')}"
    if one.get("phase1_metrics") and baseline:
        yield f"  {'':10}{'baseline':>10}{'candidate':>11}"
        for key, word, form in _ROWS:
            yield f"  {word:10}{form.format(baseline[key]):>10}{form.format(one['phase1_metrics'][key]):>11}"
    yield from _pairs(one["metadata"].get("pairs") or [])
    yield from _change(one["metadata"]["mutation"])
    if applied := one["metadata"].get("applied_to_live"):
        yield f"  in {applied['workflow_id']} since {date_time(applied['applied_at_ms'])}"


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How often the candidate was better than the baseline that ran beside it."""
    if pairs:
        count = Counter(pair["outcome"] for pair in pairs)
        yield f"  {len(pairs)} pairs: {count['won']} won, {count['lost']} lost, {count['tied']} tied"


def _change(mutation: Mapping[str, Any]) -> Iterator[str]:
    """The mutation, and of a text how it differs."""
    yield f"  {mutation['summary']}"
    if not isinstance(mutation["after"], str):
        return
    before, after = (textwrap.wrap(str(mutation[side]), 100) for side in ("before", "after"))
    for line in difflib.ndiff(before, after):
        if line[0] in "+-":
            yield f"    {line[0]} {line[2:]}"
