"""Every refusal of campaigns has words, and a category."""

from __future__ import annotations

import pytest

from actors.campaign.actions import ACTIONS, FOR_PEOPLE
from actors.campaign.declined import Declined
from actors.campaign.refusing import category_of, refused
from actors.control.methods import METHODS


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("experiment_not_found", "optimization_not_found"), ("live_workflow_drift", "optimization_conflict"),
        ("artifact_missing", "optimization_validation_failed"),
    ],
    ids=["missing", "conflict", "else"],
)  # fmt: skip
def test_a_code_has_a_category(code: str, category: str) -> None:
    assert category_of(code) == category


def test_a_refusal_says_what_was_compared() -> None:
    found = refused(Declined("live_node_not_found", node_id="a"), campaign_id="opt-1")
    assert (found.code, "a" in found.message) == ("live_node_not_found", True)
    assert found.data == {"node_id": "a", "campaign_id": "opt-1", "category": "optimization_not_found", "retryable": False}


def test_what_only_people_do_is_what_only_approvers_may_ask_for() -> None:
    assert set(METHODS["campaign.act"].approving) == FOR_PEOPLE <= set(ACTIONS)
