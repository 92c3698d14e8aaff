"""Which candidates are one allowed, small change of their baseline."""

from __future__ import annotations

from typing import Any

import pytest

from actors.campaign.changes import delta_chars
from actors.campaign.declined import Declined
from actors.campaign.mutation import validate
from tests.actors.campaign.table import POLICY, W0, changed, node, policy, workflow

LONG = workflow(
    node(objective="x" * 2000, timeout_ms=120_000, retry_policy={"max_attempts": 2, "retries": 1, "on": ["timeout"]}), node("node-2")
)
CONTRACT = node()["output_contract"]


def why_not(candidate: dict[str, Any], baseline: dict[str, Any] = W0, rules: Any = POLICY) -> str:
    with pytest.raises(Declined) as declined:
        validate(baseline, candidate, rules)
    assert declined.value.message
    return declined.value.code


def test_o08_another_word_of_the_objective_is_a_small_change() -> None:
    found = validate(W0, changed(objective="Draft a clear notice for the team"), POLICY)
    assert (found.node_id, found.field, found.before, found.after) == (
        "node-1", "objective", "Draft a clear notice for the crew", "Draft a clear notice for the team",
    )  # fmt: skip
    assert found.summary == "node-1 objective: delta_chars=8 delta_ratio=0.242"


def test_o10_the_count_of_characters_is_looked_at_before_their_share() -> None:
    assert why_not(changed(objective="x" * 400)) == "text_delta_chars_exceeded"


@pytest.mark.parametrize(
    ("after", "outcome"),
    [(69_000, "node-1 timeout_ms: 60000 -> 69000 (+9000)"), (69_001, "timeout_delta_exceeded"),
     (51_000, "node-1 timeout_ms: 60000 -> 51000 (-9000)"), (29_999, "timeout_out_of_bounds")],
    ids=["O11-up", "O11-too-far", "O11-down", "O11-below"],
)  # fmt: skip
def test_o11_a_timeout_moves_by_a_share_of_itself(after: int, outcome: str) -> None:
    candidate = changed(timeout_ms=after)
    assert (why_not(candidate) if "->" not in outcome else validate(W0, candidate, POLICY).summary) == outcome


@pytest.mark.parametrize(("after", "fits"), [(37_450, True), (37_451, False)], ids=["O54-fits", "O54-beyond"])
def test_o54_the_share_is_exact(after: int, fits: bool) -> None:
    base, rules = changed(timeout_ms=35_000), policy(timeout_delta_percent=0.07)
    candidate = changed(timeout_ms=after)
    if fits:
        assert validate(base, candidate, rules).after == after
    else:
        assert why_not(candidate, base, rules) == "timeout_delta_exceeded"


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        ({**W0, "name": "other"}, "candidate_changes_outside_nodes"),
        ({**W0, "metadata": {"a": 1.0}}, "candidate_changes_outside_nodes"),
        ({**W0, "flow": {**W0["flow"], "finally": [node("tidy")]}}, "candidate_changes_outside_nodes"),
        (workflow(node(), node("node-2")), "candidate_node_count_changed"),
        (workflow(node("node-2")), "candidate_nodes_reordered"),
        (changed(persona_id="other"), "candidate_node_other_changed"),
        (changed(output_contract={**CONTRACT, "validator": "other"}), "candidate_output_contract_other_changed"),
        (changed(output_contract=None), "candidate_output_contract_other_changed"),
        (changed(retry_policy={"max_attempts": 1, "on": ["timeout"]}), "candidate_retry_policy_other_changed"),
        (changed(retry_policy={"max_attempts": 1, "retries": "9"}), "candidate_retry_policy_other_changed"),
        (changed(retry_policy=None), "candidate_retry_policy_other_changed"),
        (changed(objective="  "), "text_empty"),
        (changed(objective=None), "text_empty"),
        (changed(objective="Draft a clear notice for the whole"), "text_delta_ratio_exceeded"),
        (changed(output_contract={"kind": "report", "validator": "research_brief"}), "candidate_guidance_removed"),
        (changed(timeout_ms=None), "timeout_removed"),
        (changed(timeout_ms=60_000.5), "timeout_out_of_bounds"),
        (changed(retry_policy={"max_attempts": 3}), "retry_delta_exceeded"),
        (changed(retry_policy={"max_attempts": 4}), "retry_out_of_bounds"),
        (changed(retry_policy={}), "retry_removed"),
        (W0, "candidate_unchanged"),
        (changed(retry_policy={"max_attempts": 2}, timeout_ms=61_000), "candidate_too_many_fields"),
        (changed(retry_policy={"max_attempts": 9}, timeout_ms=61_000), "retry_out_of_bounds"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_other_change_is_refused(candidate: dict[str, Any], code: str) -> None:
    assert why_not(candidate) == code


def test_two_changes_on_two_nodes_are_too_many_nodes() -> None:
    two = changed(1, changed(0, LONG, timeout_ms=121_000), timeout_ms=61_000)
    assert why_not(two, LONG) == "candidate_too_many_nodes"


@pytest.mark.parametrize(
    ("base", "candidate", "code"),
    [
        (changed(timeout_ms=None), changed(timeout_ms=60_000), "timeout_not_mutable"),
        (changed(retry_policy={}), changed(retry_policy={"max_attempts": 1}), "retry_not_mutable"),
        (changed(output_contract={"kind": "report"}), changed(output_contract={"kind": "report", "summary_guidance": "x"}),
         "candidate_guidance_created"),
        (changed(retry_policy={"max_attempts": "1"}), changed(retry_policy={"max_attempts": "9"}), "candidate_retry_policy_other_changed"),
    ],
    ids=["timeout", "retry", "guidance", "retry-text"],
)  # fmt: skip
def test_what_is_not_there_cannot_be_changed(base: dict[str, Any], candidate: dict[str, Any], code: str) -> None:
    assert why_not(candidate, base) == code


@pytest.mark.parametrize("field", ["objective", "output_contract_summary_guidance", "timeout_ms", "retry_policy_max_attempts"])
def test_a_field_that_is_not_allowed_is_named(field: str) -> None:
    rules = policy(
        allowed_text_fields=tuple(f for f in POLICY.allowed_text_fields if f != field),
        allowed_knob_fields=tuple(f for f in POLICY.allowed_knob_fields if f != field),
    )
    candidate = {
        "objective": changed(objective="Draft a clear notice for the team"),
        "output_contract_summary_guidance": changed(output_contract={**CONTRACT, "summary_guidance": "List the main points briefly!"}),
        "timeout_ms": changed(timeout_ms=61_000),
        "retry_policy_max_attempts": changed(retry_policy={"max_attempts": 2}),
    }[field]
    assert validate(W0, candidate, POLICY).field == field
    assert why_not(candidate, rules=rules) == "candidate_field_not_allowed"


@pytest.mark.parametrize(
    ("before", "after", "delta"),
    [("abc", "abc", 0), ("abc", "abcd", 1), ("aXc", "aYYc", 3), ("aaa", "aa", 1), ("", "x", 1), ("héllo", "hello", 2), ("ab", "ba", 4)],
)
def test_characters_between_the_common_ends_are_counted(before: str, after: str, delta: int) -> None:
    assert delta_chars(before, after) == delta
