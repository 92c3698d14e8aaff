"""Candidates that a persona proposes: within the rules, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from actors.campaign.proposing import about, proposal_definition
from actors.workflow.canonical import decode
from storage.codec import canonical
from tests.actors.campaign.paper import Tale
from tests.actors.campaign.table import W0

GOOD = {"node_id": "node-1", "field": "objective", "value": "Draft a clear notice for the team"}


def tale() -> Tale:
    return Tale(proposer="thinker").running()


def test_a_proposal_that_the_rules_accept_is_tried() -> None:
    told = tale()
    asked = told.campaign.proposal
    assert told.campaign.active_runs == [asked]
    assert told.proposes(GOOD) == ["experiment_queued", "campaign_note_changed"] or told.newest.status == "draft"
    one = told.newest
    assert (one.generator, one.mutation.after, told.campaign.proposal) == ("persona:thinker", GOOD["value"], None)
    spend = told.campaign.runs[str(asked)]
    assert spend is not None
    assert spend.tokens == 50


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({**GOOD, "value": "x" * 400}, "text_delta_chars_exceeded"),
        ({**GOOD, "field": "timeout_ms", "value": 599_000}, "timeout_delta_exceeded"),
        ({**GOOD, "value": 7}, "text_empty"), ({**GOOD, "node_id": "none"}, "proposal_names_nothing"), ({}, "proposal_names_nothing"),
        ({**GOOD, "field": "persona_id"}, "proposal_names_nothing"), ({**GOOD, "field": "retry_policy_retries"}, "proposal_names_nothing"),
        ({**GOOD, "field": ["objective"]}, "proposal_names_nothing"), ("text", "proposal_names_nothing"),
        ({**GOOD, "value": "Draft a clear notice for the crew"}, "candidate_unchanged"),
    ],
    ids=["long", "far", "number", "node", "nothing", "other-field", "absent-field", "list", "text", "same"],
)  # fmt: skip
def test_a_proposal_beyond_the_rules_is_refused_and_another_is_asked_for(answer: Any, code: str) -> None:
    told = tale()
    first = told.campaign.proposal
    step = told.step()
    assert told.proposes(answer)[:2] == ["proposal_refused", "proposal_queued"]
    assert (told.campaign.refusals, told.campaign.experiments) == (1, {})
    assert told.campaign.proposal not in {None, first}
    assert step.campaign.runs[str(first)] is not None


def test_a_run_that_did_not_complete_proposes_nothing() -> None:
    told = tale()
    assert told.proposes(GOOD, "failed")[0] == "proposal_refused"
    told.world.runs.clear()
    assert told.pass_()[0] == "proposal_refused"


def test_while_it_is_asked_nothing_else_begins() -> None:
    told = tale()
    told.world.ends(str(told.campaign.proposal), "running")
    assert told.pass_() == []


def test_what_was_tried_is_not_tried_again() -> None:
    told = tale()
    told.proposes(GOOD)
    told.world.ends(told.newest.eval_run_id, "failed")
    told.pass_()
    assert told.campaign.proposal is not None
    assert told.proposes(GOOD)[0] == "proposal_refused"


def test_after_three_refusals_in_a_row_the_rules_propose() -> None:
    told = tale()
    for _ in range(2):
        told.proposes({})
    assert told.proposes({}) == ["proposal_refused", "experiment_queued"]
    assert told.newest.generator == "phase1_deterministic_v1"


def test_the_persona_is_told_what_may_be_changed_and_asked_by_a_workflow_that_is_one() -> None:
    told = tale()
    text = about(told.campaign, W0)
    assert "Raise the validated share" in text
    assert '"objective": "Draft a clear notice for the crew"' in text
    assert '"retry_policy_retries"' not in text
    workflow = decode(canonical(proposal_definition("w0")))
    assert ([one.name for one in workflow.inputs], workflow.nodes[0].node_id) == (["about"], "propose")
