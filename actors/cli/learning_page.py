"""A learning for people: what it says, where it comes from, and how its workflow did before and does now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from actors.cli.text import count, date_time, span

__all__ = ["learning_page", "metrics_page", "taught_and_told"]

MOST_EVIDENCE = 5
Metrics = Mapping[str, Any]

_ROWS: Final[tuple[tuple[str, str, Callable[[Any], str]], ...]] = (
    ("sample_size", "runs", str), ("completion_rate", "completed", "{:.1%}".format), ("validation_pass_rate", "validated", "{:.1%}".format),
    ("mean_attempts_per_node", "attempts/node", "{:.2f}".format), ("repairable_failure_rate", "to repair", "{:.1%}".format),
    ("median_wall_clock_ms", "median time", span), ("human_intervention_count", "by people", str),
)  # fmt: skip


def learning_page(learning: Mapping[str, Any], now: Metrics, counts: Mapping[str, int]) -> Iterator[str]:
    """Lines. `counts`: how many `runs` and pieces of `evidence` there are."""
    yield f"{learning['learning_id']}  {learning['kind']}  {learning['status']}"
    yield f"  {learning['summary']}"
    yield f"  workflow {learning['workflow_id']}, project {learning['project_id']}; confidence {learning['confidence']:.2f}"
    if learning["node_id"]:
        words = (("node_kind", "stage"), ("validator_family", "validator"))
        yield f"  node {learning['node_id']}" + "".join(f", {word} {learning[key]}" for key, word in words if learning[key])
    runs = learning["run_ids"]
    yield f"  from {count(counts['runs'], 'run')}{': ' + ', '.join(runs[-MOST_EVIDENCE:]) if runs else ''}"
    yield f"  changed {date_time(learning['updated_at_ms'])}"
    if learning["needs_plan_bundle"]:
        yield "  a revision needs a plan in the workflow's metadata (plan_package_bundle or plan_package)"
    yield from _indented("Proposed", learning["proposed_revision_prompt"])
    yield from _evidence(learning["evidence_refs"], counts["evidence"])
    yield ""
    yield from _beside(learning["baseline_before"], learning["latest_observed_metrics"] or now)
    if learning["status"] == "proposed":
        yield from ("", f"Decide: penstock learning review {learning['learning_id']} approve   (or reject, apply)")


def taught_and_told(run: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Ids of learnings, each list with the word for it: what a run's agents were told of, and what it has brought or confirmed."""
    share = run.get("learning_summary") or {}
    for word, key in (("told of", "injected_learning_ids"), ("taught", "generated_learning_ids")):
        if ids := share.get(key):
            yield word, list(ids)


def metrics_page(answer: Mapping[str, Any]) -> Iterator[str]:
    """How a workflow does, then each of its learnings that were measured."""
    yield f"{answer['workflow_id']}: its newest runs that have ended"
    yield from _beside(None, answer["metrics"])
    for one in answer["learnings"]:
        yield ""
        yield f"{one['learning_id']}  {one['kind']}  {one['status']}"
        yield f"  {one['summary']}"
        yield from _beside(one["baseline_before"], one["latest_observed_metrics"] or answer["metrics"])
    for warning in answer["warnings"]:
        yield f"Warning: {warning['message']}; the default holds"


def _beside(before: Metrics | None, now: Metrics) -> Iterator[str]:
    """Two columns where there are two."""
    if before is None:
        yield from (f"  {word:14}{form(now[key]):>10}" for key, word, form in _ROWS)
        return
    yield f"  {'':14}{'before':>10}{'now':>10}"
    yield from (f"  {word:14}{form(before[key]):>10}{form(now[key]):>10}" for key, word, form in _ROWS)


def _evidence(refs: list[Any], many: int) -> Iterator[str]:
    if refs:
        more = f", the last {MOST_EVIDENCE}" if many > MOST_EVIDENCE else ""
        yield from ("", f"Evidence ({many}{more}):")
        yield from (f"  {json.dumps(one, ensure_ascii=False)}" for one in refs[-MOST_EVIDENCE:])


def _indented(title: str, text: str | None) -> Iterator[str]:
    if text:
        yield from ("", f"{title}:", *(f"  {line}" for line in text.split("\n")))
