"""Candidates that a persona proposes: asked in a run of one agent, and tried only where the rules of mutation accept them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from actors.campaign import events as e
from actors.campaign.config import MutationPolicy
from actors.campaign.declined import Declined
from actors.campaign.definition import ABSENT, nodes_of, value_at, with_value
from actors.campaign.generator import Candidate
from actors.campaign.mutation import validate
from actors.campaign.record import Campaign
from actors.campaign.records import FIELD_PATHS
from actors.campaign.step import CANDIDATE_PROPOSAL, RunSeen, Step

__all__ = ["MOST_REFUSALS", "ROLE", "WAITING_PROPOSAL", "about", "ask_for_proposal", "candidate_of", "proposal_definition", "take_proposal"]

MOST_REFUSALS: Final = 3
"""After so many proposals in a row that are of no use, the candidates of the rules come instead, until one of them has won."""
ROLE: Final = "proposer"
WAITING_PROPOSAL: Final = e.Note("waiting_candidate_proposal")
_NODE: Final = "propose"
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object", "required": ["node_id", "field", "value"],
    "properties": {
        "node_id": {"type": "string"}, "field": {"enum": list(FIELD_PATHS)}, "value": {"type": ["string", "integer"]},
    },
}  # fmt: skip


def proposal_definition(workflow_id: str) -> dict[str, Any]:
    """The workflow that asks: one agent, which is told everything in its input."""
    node = {
        "node_id": _NODE, "kind": "agent", "persona_id": ROLE, "objective": "{{ inputs.about }}", "tools": ["write_file"],
        "artifact": {"path": "mutation.json", "schema": "mutation"},
    }  # fmt: skip
    return {
        "workflow_id": workflow_id, "name": "Proposal of a candidate", "inputs": [{"name": "about", "required": True}],
        "schemas": {"mutation": _SCHEMA}, "flow": {"nodes": [node]},
    }  # fmt: skip


def about(campaign: Campaign, baseline: Mapping[str, Any]) -> str:
    """What the persona is told: the objective, what may be changed and how far, how things stand, and what was tried."""
    policy = campaign.phase1.mutation_policy
    nodes = [
        {"node_id": node["node_id"]}
        | {field: value for field in FIELD_PATHS if policy.allows(field) and (value := _plain(node, field)) is not None}
        for node in nodes_of(baseline)
    ]
    tried = [one.mutation_summary for one in campaign.experiments.values() if one.baseline_hash == campaign.baseline_hash]
    return "\n\n".join((
        "Propose one small change that makes this workflow better. Change one field of one node, and nothing else.",
        f"What is to become better:\n{campaign.phase1.objective_markdown}",
        f"What may be changed, and how far:\n{_rules(policy)}",
        f"The nodes, with the fields that may be changed:\n{_json(nodes)}",
        f"Tried already:\n{_json(tried)}",
        "Write the new value as {node_id, field, value}: value is the whole text, or the number, that takes the place of the present one.",
    ))  # fmt: skip


def _rules(policy: MutationPolicy) -> str:
    return "\n".join((
        f"- texts: at most {policy.max_text_delta_chars} characters, and at most the share {policy.max_text_delta_ratio} of the text",
        f"- timeout_ms: by at most {policy.timeout_delta_ms} ms and at most the share {policy.timeout_delta_percent}",
        f"- timeout_ms: within {policy.timeout_min_ms} to {policy.timeout_max_ms}",
        f"- retries: at most by {policy.retry_delta}, within {policy.retry_min} to {policy.retry_max}",
    ))  # fmt: skip


def ask_for_proposal(step: Step) -> None:
    """Have the persona asked."""
    campaign = step.campaign
    definition = proposal_definition(campaign.created.source_workflow_id)
    told = about(campaign, step.world.definition(campaign.baseline_digest))
    step.contents.append(definition)
    run_id = step.want(step.world.name(definition)[0], CANDIDATE_PROPOSAL, {"about": told})
    step.emit(e.ProposalQueued(by=step.by, run_id=run_id, note=WAITING_PROPOSAL))


def take_proposal(step: Step, seen: Sequence[str]) -> Candidate | None:
    """The candidate that was proposed; None while nothing usable is there. `seen` are hashes of candidates that were tried."""
    campaign, run_id = step.campaign, str(step.campaign.proposal)
    run = step.world.run(run_id)
    if run is not None and not run.terminal:
        return None
    try:
        candidate = candidate_of(run, step.world.definition(campaign.baseline_digest), campaign.phase1.mutation_policy)
        _must_be_new(candidate, step.world.name(candidate.snapshot)[1], seen)
    except Declined as declined:
        step.emit(e.ProposalRefused(by=step.by, run_id=run_id, code=declined.code, values=declined.data, spend=step.spend(run_id)))
        return None
    return candidate


def _must_be_new(candidate: Candidate, hashed: str, seen: Sequence[str]) -> None:
    if hashed in seen:
        raise Declined("proposal_repeated", summary=candidate.mutation.summary)


def candidate_of(run: RunSeen | None, baseline: Mapping[str, Any], policy: MutationPolicy) -> Candidate:
    """What the run proposes, as a whole definition. Raises Declined where it proposes nothing that the rules accept."""
    if run is None or run.status != "completed":
        raise Declined("proposal_run_not_completed", status="gone" if run is None else run.status)
    answer = run.measured.outputs.get(_NODE)
    given: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    node_id, field, value = given.get("node_id"), given.get("field"), given.get("value")
    nodes = nodes_of(baseline)
    ids = [node["node_id"] for node in nodes]
    if node_id not in ids or not isinstance(field, str) or field not in FIELD_PATHS:
        raise Declined("proposal_names_nothing", node_id=str(node_id)[:128], field=str(field)[:128])
    position = ids.index(node_id)
    if value_at(nodes[position], field) is ABSENT:
        raise Declined("proposal_names_nothing", node_id=node_id, field=field)
    snapshot = with_value(baseline, position, field, value)
    return Candidate(snapshot, validate(baseline, snapshot, policy))


def _plain(node: Mapping[str, Any], field: str) -> Any:
    value = value_at(node, field)
    return None if value is ABSENT else value


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
