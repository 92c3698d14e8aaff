from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.parse import load_text
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.spec import Gate, Option
from tests.actors.workflow.samples import NODE, loaded, node, wrong, wrong_node

APPROVAL = {"gate": "human_approval"}


def gate(**keys: Any) -> Gate:
    """The gate of a node with these keys."""
    action = node(**APPROVAL, **keys).action
    assert isinstance(action, Gate)
    return action


def test_a_bare_gate_offers_all_four_decisions_and_never_expires_by_itself() -> None:
    assert gate() == Gate()
    assert gate().decisions == ("approve", "reject", "rework", "cancel")
    assert gate().expires_after_ms is None


def test_the_flat_and_the_nested_form_make_the_same_gate() -> None:
    flat = gate(
        prompt="ok?", decisions=["Approve", " reject "], on_reject="continue", options={"now": "Now", "later": "Later"}, timeout="72h",
        on_timeout="continue",
    )  # fmt: skip
    nested = node(
        kind="gate",
        gate={
            "type": "human_approval", "instructions": "ok?", "decisions": ["approve", "reject"], "on_reject": "continue",
            "options": {"values": [{"value": "now", "label": "Now"}, {"value": "later", "label": "Later"}]},
            "expiry_policy": {"expires_after_ms": 259_200_000, "on_expiry": "continue"},
        },
    )  # fmt: skip
    assert flat == nested.action
    assert flat.options == (Option("now", "Now"), Option("later", "Later"))


def test_a_list_of_options_is_its_own_label() -> None:
    assert gate(options=["a", "b"]).options == (Option("a", "a"), Option("b", "b"))


def test_options_of_the_model_may_leave_the_label_out() -> None:
    action = node(gate={"type": "human_approval", "options": {"values": [{"value": "b"}]}}).action
    assert isinstance(action, Gate)
    assert action.options == (Option("b", "b"),)


def test_a_timeout_of_zero_means_at_once_and_the_zero_of_the_model_means_the_default() -> None:
    assert gate(timeout="0s").expires_after_ms == 1
    assert gate(expires_after_ms=0).expires_after_ms is None


def test_rework_names_nodes_that_lie_before_the_gate() -> None:
    nodes = [NODE, {**NODE, "id": "b", "needs": ["a"]}, {"id": "g", **APPROVAL, "needs": ["b"], "rework": ["a", "b"]}]
    action = loaded(nodes=nodes).nodes[2].action
    assert isinstance(action, Gate)
    assert action.rework_targets == ("a", "b")
    assert wrong(nodes=[NODE, {"id": "g", **APPROVAL, "needs": ["a"], "rework": "a"}]) == []


@pytest.mark.parametrize("target", ["later", "g", "nobody", "side"])
def test_rework_of_anything_else_is_refused(target: str) -> None:
    nodes = [
        NODE,
        {"id": "g", **APPROVAL, "needs": ["a"], "rework": [target]},
        {**NODE, "id": "later", "needs": ["g"]},
        {**NODE, "id": "side"},
    ]
    assert wrong(nodes=nodes) == [("rework_target_unknown", "nodes[1].rework")]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"gate": "pr checks"}, [("gate_type_invalid", "gate")]), ({"gate": {"type": "5"}}, [("gate_type_invalid", "gate.type")]),
        ({"gate": {}}, [("key_missing", "gate")]), ({"gate": {"type": "human_approval", "source": "x"}}, [("key_unknown", "gate.source")]),
        ({"name": "x" * 129}, [("gate_name_invalid", "name")]), ({"name": "two\nlines"}, [("gate_name_invalid", "name")]),
        ({"min_approvals": 0}, [("invalid_min_approvals", "min_approvals")]), ({"mode": "all"}, [("invalid_gate_mode", "mode")]),
        ({"approvers": []}, [("gate_approvers_invalid", "approvers")]), ({"approvers": ["me"]}, [("gate_approvers_invalid", "approvers")]),
        ({"approvers": [True]}, [("gate_approvers_invalid", "approvers")]), ({"separate_from_author": 1},
         [("value_type", "separate_from_author")]), ({"options": "plan."}, [("invalid_gate_options", "options")]),
        ({"options": "plan.targets"}, [("reference_unknown", "options")]), ({"threshold": 1}, [("key_unknown", "threshold")]),
        ({"decisions": []}, [("gate_decisions_invalid", "decisions")]), ({"decisions": ["yes"]}, [("gate_decisions_invalid", "decisions")]),
        ({"decisions": ["approve", " APPROVE"]}, [("gate_decisions_invalid", "decisions")]), ({"decisions": [1]},
         [("value_type", "decisions[0]"), ("gate_decisions_invalid", "decisions")]),
        ({"decisions": 5}, [("value_type", "decisions")]), ({"on_reject": "retry"}, [("invalid_on_reject", "on_reject")]),
        ({"on_timeout": "shout"}, [("invalid_on_timeout", "on_timeout")]), ({"timeout": "later"}, [("invalid_duration", "timeout")]),
        ({"prompt": ["x"]}, [("value_type", "prompt")]), ({"options": "ab"}, [("invalid_gate_options", "options")]),
        ({"options": []}, [("invalid_gate_options", "options")]), ({"options": {"a": 1}}, [("invalid_gate_options", "options.a")]),
        ({"options": ["a", "a"]}, [("gate_option_duplicate", "options")]),
        ({"options": ["a", 1]}, [("invalid_gate_options", "options[1]")]),
        ({"options": {"values": [{"label": "x"}, {"value": "a", "x": 1}]}},
         [("key_missing", "options.values[0]"), ("key_unknown", "options.values[1].x")]),
        ({"options": {"values": [5, "a"]}}, [("invalid_gate_options", "options.values[0]")]),
        ({"rework": 5}, [("value_type", "rework")]), ({"with": {}}, [("key_unknown", "with")]),
        ({"expiry_policy": {"escalates": "x"}}, [("key_unknown", "expiry_policy.escalates")]),
        ({"on_timeout": "remind", "remind_every": "0s"}, [("invalid_duration", "remind_every")]),
        ({"expiry_policy": 5}, [("value_type", "expiry_policy")]),
    ],
)  # fmt: skip
def test_a_gate_with_a_wrong_key(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert sorted(wrong_node(**{**APPROVAL, **keys})) == sorted(found)


@pytest.mark.parametrize("word", ["fail", "continue", "cancel", "escalate", "remind", "resume"])
def test_what_follows_when_nobody_answers(word: str) -> None:
    action = (
        loaded(nodes=[{"id": "g", **APPROVAL, "timeout": "2h", "on_timeout": word, "escalate_to": "@lead", "remind_every": "30m"}])
        .nodes[0]
        .action
    )
    assert isinstance(action, Gate)
    assert (action.expires_after_ms, action.on_expiry, action.escalate_to, action.remind_every_ms) == (7_200_000, word, "@lead", 1_800_000)


def test_a_gate_under_finally_is_refused() -> None:
    text = "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, command: [ls]}\nfinally:\n  - {id: g, gate: human_approval}\n"
    with pytest.raises(WorkflowInvalid) as caught:
        load_text(text, notation="yaml", source="w.yaml", folder="/")
    assert [(problem.code, problem.found, problem.line) for problem in caught.value.problems] == [("gate_in_finally", '"g"', 6)]
