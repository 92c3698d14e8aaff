"""The types of gates and their own keys, on the YAML spelling of what the `.wf` notation writes with the same words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from actors.workflow import encode, load_text
from actors.workflow.check_gates import unresolved
from actors.workflow.spec import Gate, Node, Option, OptionsRef, Workflow
from tests.actors.workflow.samples import NODE, loaded, problems, wrong, yaml

BUILT_IN = ("human_approval", "human_review", "quality_gate")


def after(**keys: Any) -> Node:
    """A gate of these keys, behind a node `a`."""
    return loaded(nodes=[NODE, {"needs": ["a"], **keys}]).nodes[1]


def gate(**keys: Any) -> Gate:
    action = after(**keys).action
    assert isinstance(action, Gate)
    return action


def refused(**keys: Any) -> list[tuple[str, str]]:
    return [(code, path.removeprefix("nodes[1].")) for code, path in wrong(nodes=[NODE, {"needs": ["a"], **keys}])]


def test_every_key_of_a_gate_is_kept() -> None:
    keys = {
        "min_approvals": 2, "as": "bot", "approvers": [1000, "@staff", "1000"], "separate_from_author": True, "name": "Pick one",
    }  # fmt: skip
    made = gate(gate="human_review", **keys)
    assert (made.type, made.name, made.min_approvals, made.mode, made.as_identity) == (
        "human_review",
        "Pick one",
        2,
        "min_approvals",
        "bot",
    )
    assert (made.approvers, made.separate_from_author) == (("1000", "@staff"), True)
    assert gate(gate="human_review", approvers=1000).approvers == ("1000",)
    assert gate(gate="human_review", separate_from_author=None, decisions=None) == Gate("human_review")


def test_a_gate_without_an_id_is_called_after_its_name_and_else_after_its_type() -> None:
    assert after(gate="human_review", name="Pick one").node_id == "pick-one"
    assert after(gate="pr_checks").node_id == "pr_checks"


def test_two_gates_of_one_type_have_ids_of_their_own_gg01() -> None:
    made = loaded(nodes=[{"gate": "pr_checks"}, {"gate": "pr_checks"}])
    assert [node.node_id for node in made.nodes] == ["pr_checks", "pr_checks.2"]


def test_what_a_person_may_answer_at_a_resolvers_gate_is_nothing_unless_the_file_says_so() -> None:
    assert gate(gate="pr_checks").decisions == ()
    assert gate(gate="pr_checks", decisions=["approve"]).decisions == ("approve",)
    assert gate(gate="human_review").decisions == ("approve", "reject", "rework", "cancel")


@pytest.mark.parametrize("mode", ["min_approvals", "review_decision"])
def test_the_mode_and_a_number_of_approvals_gt14(mode: str) -> None:
    """The keys of the `.wf` notation in their YAML spelling."""
    assert gate(gate="pr_approval", mode=mode).mode == mode
    found = refused(gate="pr_approval", mode=mode, min_approvals=2)
    assert found == ([("gate_mode_conflict", "min_approvals")] if mode == "review_decision" else [])


@pytest.mark.parametrize(("written", "ms"), [("3600", 3_600_000), ("'2h'", 7_200_000), ("0", 1)])
def test_the_timeout_of_a_gate_gt15(written: str, ms: int) -> None:
    """The YAML spelling; without one it stays open for what the settings say, as in every notation but `.wf`."""
    made = yaml(f"penstock: 1\nworkflow: w\nnodes:\n  - {{gate: human_approval, timeout: {written}}}\n").nodes[0].action
    assert isinstance(made, Gate)
    assert made.expires_after_ms == ms
    assert (gate(gate="human_approval").expires_after_ms, gate(gate="human_approval").on_expiry) == (None, None)


def test_options_are_read_from_a_mapping_and_their_gate_needs_a_resolver_gt12() -> None:
    """The YAML spelling of the gate; the resolver itself is registered elsewhere."""
    made = loaded(nodes=[{"gate": "slack_reaction", "prompt": "React", "options": {"thumbs_up": "approve", "thumbs_down": "reject"}}])
    action = made.nodes[0].action
    assert isinstance(action, Gate)
    assert (action.type, action.options) == ("slack_reaction", (Option("thumbs_up", "approve"), Option("thumbs_down", "reject")))
    assert [(problem.code, problem.path) for problem in unresolved(made, ())] == [("gate_resolver_missing", "nodes[0].gate")]
    assert unresolved(made, {"slack_reaction"}) == ()


def test_a_flow_mapping_wants_commas_between_its_pairs_gt13() -> None:
    """In `.wf` the comma is the mistake, in YAML its absence is: either way the pairs are not read as something else."""
    text = 'penstock: 1\nworkflow: w\nnodes:\n  - {gate: human_approval, options: {a: "x" b: "y"}}\n'
    assert [problem.code for problem in problems(text)] == ["yaml_syntax"]


@pytest.mark.parametrize("written", ["a.targets", {"ref": "a.targets"}])
def test_options_may_be_what_an_earlier_node_names(written: Any) -> None:
    assert gate(gate="human_review", options=written).options == OptionsRef("a", "targets")


def test_a_reference_is_split_at_its_first_dot() -> None:
    assert gate(gate="human_review", options="a.b.c").options == OptionsRef("a", "b.c")


def test_the_model_form_of_a_gate_with_options_of_another_node() -> None:
    made = loaded(nodes=[NODE, {
        "gate": "human_review", "name": "pick", "prompt": "Pick targets", "options": "a.targets", "timeout": "48h", "on_timeout": "fail",
        "rework": ["a"], "needs": ["a"],
    }])  # fmt: skip
    text = (
        b'{"gate":{"expiry_policy":{"expires_after_ms":172800000,"on_expiry":"fail"},"instructions":"Pick targets","name":"pick",'
        b'"options":{"ref":"a.targets"},"rework_targets":["a"],"type":"human_review"},"kind":"gate","needs":["a"],"node_id":"pick"}'
    )
    assert text in encode(made)


def test_the_model_form_of_a_quality_gate() -> None:
    made = loaded(nodes=[NODE, {"gate": "quality", "name": "quality_gate", "source": "a", "threshold": 80, "needs": ["a"]}])
    assert orjson.loads(encode(made))["flow"]["nodes"][1] == {
        "gate": {"name": "quality_gate", "source": "a", "threshold": 80, "type": "quality_gate"},
        "kind": "gate", "needs": ["a"], "node_id": "quality_gate",
    }  # fmt: skip


def test_a_quality_gate_asks_no_resolver_gt32() -> None:
    """The gate in its YAML spelling."""
    assert unresolved(loaded(nodes=[NODE, {"gate": "quality", "source": "a", "threshold": 1, "needs": ["a"]}]), ()) == ()


def test_a_quality_gate_with_all_that_it_may_have() -> None:
    made = gate(gate="quality", source="a", threshold=80.0, check="output.n > run.attempt", schema={}, on_fail="continue", **{"as": "x"})
    assert made == Gate(
        "quality_gate", source="a", threshold=80, check="output.n > run.attempt", schema=True, on_fail="continue", as_identity="x"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        pytest.param({"options": {"key": "value"}}, [("quality_gate_options_forbidden", "options")], id="gt10-options"),
        pytest.param({"threshold": 101}, [("invalid_threshold", "threshold")], id="gt11-above"),
        pytest.param({"threshold": -0.5}, [("invalid_threshold", "threshold")], id="below"),
        pytest.param({"threshold": "80"}, [("invalid_threshold", "threshold")], id="text"),
        pytest.param({"threshold": True}, [("invalid_threshold", "threshold")], id="true"),
        pytest.param({"source": None}, [("quality_gate_requires_source", "nodes[1]")], id="no-source"),
        pytest.param({"source": 5}, [("value_type", "source")], id="source-no-text"),
        pytest.param({"source": "later"}, [("quality_source_not_produced", "source")], id="source-not-before"),
        pytest.param({"threshold": None}, [("quality_gate_requires_threshold", "nodes[1]")], id="no-criterion"),
        pytest.param({"on_fail": "retry"}, [("invalid_quality_on_fail", "on_fail")], id="on-fail"),
        pytest.param({"schema": "none"}, [("schema_unknown", "schema")], id="schema-unknown"),
        pytest.param({"schema": {"type": 5}}, [("schema_invalid", "schema")], id="schema-invalid"),
        pytest.param({"check": "output."}, [("condition_syntax", "check")], id="check-syntax"),
        pytest.param({"check": "inputs.nope > 1"}, [("reference_unknown", "check")], id="check-reference"),
        pytest.param({"timeout": None}, [("quality_gate_key_forbidden", "timeout")], id="nothing-is-there-too"),
    ],
)
def test_a_quality_gate_with_a_wrong_key(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    """GT10 and GT11, in the YAML spelling, and their neighbours."""
    assert refused(**{"gate": "quality", "source": "a", "threshold": 80, **keys}) == found


@pytest.mark.parametrize(
    "key",
    ["decisions", "rework", "on_reject", "timeout", "on_timeout", "escalate_to", "remind_every", "min_approvals", "mode", "approvers",
     "separate_from_author", "expiry_policy"],
)  # fmt: skip
def test_a_key_that_would_have_no_effect_on_a_quality_gate_is_refused(key: str) -> None:
    assert refused(gate="quality", source="a", threshold=80, **{key: "x"}) == [("quality_gate_key_forbidden", key)]


def test_what_a_threshold_may_be_is_said() -> None:
    text = "workflow: w\nnodes:\n  - {id: a, command: [x]}\n  - {gate: quality, source: a, needs: [a], threshold: 101}\n"
    (problem,) = problems(text)
    assert (problem.found, problem.allowed) == ("101", ("0 … 100",))


def test_the_place_of_a_gate_without_a_resolver_is_told_where_the_file_is_known() -> None:
    text = "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, command: [ls]}\n  - id: b\n    gate: pr_checks\n"
    read = load_text(text, notation="yaml", source="w.yaml", folder="/")
    problem = unresolved(read.workflow, ("pr_approval",), read.places, "w.yaml")[0]
    assert (problem.file, problem.line, problem.found, problem.allowed) == (
        "w.yaml",
        6,
        '"pr_checks"',
        tuple(sorted((*BUILT_IN, "pr_approval"))),
    )
    assert unresolved(Workflow("w", (Node("a", Gate("pr_checks")),)), ())[0].line == 0
