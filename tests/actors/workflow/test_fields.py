"""Every key: what it takes, what it becomes, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.canonical import decode, encode
from actors.workflow.spec import (
    Artifact,
    Backoff,
    Command,
    Execution,
    Gate,
    Input,
    Need,
    OnFail,
    Python,
    RetryPolicy,
    Shell,
    WorkflowBudget,
)
from tests.actors.workflow.samples import NODE, loaded, node, problems, warned, wrong, wrong_node, yaml


def test_the_kinds_of_nodes_and_their_keys() -> None:
    assert node(command=["a", "b"], env={"X": "1"}, stdin="in").action == Command(("a", "b"), {"X": "1"}, "in")
    assert node(shell="echo hi", env={"X": "1"}).action == Shell("echo hi", {"X": "1"})
    assert node(python="m:f", isolate=True).action == Python("m:f", isolate=True)
    assert node(python="m:f", isolate="process", idle_timeout="5s").action == Python("m:f", isolate=True)
    assert node(gate="human_approval").action == Gate()


def test_both_spellings_make_the_same_node() -> None:
    words = {
        "title": "T", "command": ["x"], "when": "1 == 1", "timeout": "10m", "idle_timeout": "1m", "effect": "once", "priority": 3,
        "retry": {"max_attempts": 2, "on": "timeout", "backoff": {"strategy": "fixed", "initial": "2s", "max": "3s", "jitter": "100ms"}},
    }  # fmt: skip
    model = {
        "title": "T", "kind": "command", "argv": ["x"], "when": "1 == 1",
        "absolute_timeout_ms": 600_000, "timeout_ms": 60_000, "effect": "once",
        "priority": 3, "retry_policy": {"max_attempts": 2, "retryable_failure_classes": ["timeout"],
        "backoff": {"strategy": "fixed", "initial_delay_ms": 2_000, "max_delay_ms": 3_000, "jitter_ms": 100}},
    }  # fmt: skip
    first = loaded(nodes=[{"id": "a", **words}])
    second = loaded(nodes=[{"node_id": "a", **model}])
    assert first == second
    assert first.nodes[0].retry == RetryPolicy(2, ("timeout",), Backoff("fixed", 2_000, 3_000, 2.0, 100))


def test_both_spellings_make_the_same_workflow() -> None:
    first = loaded(title="T", workspace="/w", limits={"parallel": 2, "runtime": "1h"}, fail_fast=True, **{"finally": [{**NODE, "id": "z"}]})
    second = loaded(
        name="T", workspace_root="/w", execution={"max_parallel": 2, "max_total_runtime_ms": 3_600_000, "fail_fast": True},
        flow={"nodes": [NODE], "finally": [{**NODE, "id": "z"}]},
    )  # fmt: skip
    assert first == second
    assert first.execution == Execution(2, 3_600_000, fail_fast=True)


def test_a_share_of_the_slots_and_the_outside_services_of_a_workflow() -> None:
    made = loaded(limits={"weight": 100}, providers=[" OpenAI", "github", "openai "])
    assert (made.execution.weight, made.providers) == (100, ("openai", "github"))
    assert loaded(execution={"weight": 1}, providers=[]) == loaded()
    assert loaded(providers=[f"p{i}" for i in range(32)]).providers[31] == "p31"


def test_what_all_runs_share_is_kept_with_the_workflow() -> None:
    made = loaded(budget={"per": "week", "cost_usd": 20, "tool_calls": 5})
    assert made.budget == WorkflowBudget("week", cost_usd=20.0, tool_calls=5)
    assert decode(encode(made)) == made
    assert loaded().budget is None


def test_one_key_in_two_spellings_is_refused() -> None:
    assert wrong(name="a", title="b") == [("key_spelled_twice", "name")]
    assert wrong_node(timeout="1s", absolute_timeout_ms=1, command=["x"]) == [("key_spelled_twice", "absolute_timeout_ms")]


def test_left_out_keys_have_the_defaults_of_the_model() -> None:
    made = loaded().nodes[0]
    assert (made.retry, made.on_fail, made.effect, made.output, made.timeout_ms) == (RetryPolicy(), OnFail(), "repeatable", "text", None)
    assert loaded().execution == Execution(1, None, None)
    assert loaded().folder is None


def test_a_workflow_with_python_remembers_its_folder() -> None:
    assert loaded(nodes=[{"id": "a", "python": "m:f"}]).folder == "/srv/flows"
    assert loaded(nodes=[NODE], **{"finally": [{"id": "z", "python": "m:f"}]}).folder == "/srv/flows"


def test_needs_are_ids_or_say_what_they_wait_for() -> None:
    made = loaded(
        nodes=[
            NODE,
            {**NODE, "id": "b"},
            {**NODE, "id": "c", "needs": ["a", {"node": "b", "until": "settled"}]},
            {**NODE, "id": "d", "needs": "a"},
        ]
    )
    assert made.nodes[2].needs == (Need("a"), Need("b", "settled"))
    assert made.nodes[3].needs == (Need("a"),)


def test_of_a_repeated_need_the_plain_one_wins_with_a_remark() -> None:
    nodes = [NODE, {**NODE, "id": "b", "needs": [{"node": "a", "until": "settled"}, "a", {"node": "a", "until": "settled"}]}]
    assert loaded(nodes=nodes).nodes[1].needs == (Need("a"),)
    assert warned(nodes=nodes) == [("need_repeated", "nodes[1].needs")] * 2


def test_a_sequence_adds_an_edge_where_needs_are_left_out() -> None:
    made = loaded(
        sequence=True,
        nodes=[NODE, {**NODE, "id": "b"}, {**NODE, "id": "c", "needs": []}],
        **{"finally": [{**NODE, "id": "y"}, {**NODE, "id": "z"}]},
    )
    assert [made_node.needs for made_node in made.nodes] == [(), (Need("a", "settled"),), ()]
    assert made.finally_[1].needs == (Need("y", "settled"),)


def test_left_out_ids_are_made_of_what_the_node_does() -> None:
    nodes = [
        {"command": ["/usr/bin/Git", "log"]}, {"command": ["git"]}, {"id": "git.2", "command": ["x"]}, {"command": ["{{ inputs.x }}"]},
        {"shell": "x"},
        {"python": "m:f_g"}, {"gate": "human_approval"}, {"gate": "human_approval"}, {"command": ["/"]},
    ]  # fmt: skip
    made = loaded(nodes=nodes, inputs={"x": {"default": "y"}})
    assert [made_node.node_id for made_node in made.nodes] == [
        "git", "git.3", "git.2", "command", "shell", "f_g", "human_approval", "human_approval.2", "command.2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("fail", OnFail()), ("continue", OnFail("continue")), ({"command": ["x"]}, OnFail("handler", Command(("x",)))),
        ({"command": ["x"], "env": {"A": "b"}, "stdin": "s"}, OnFail("handler", Command(("x",), {"A": "b"}, "s"))),
    ],
)  # fmt: skip
def test_what_follows_a_failure(value: Any, found: OnFail) -> None:
    assert node(command=["a"], on_fail=value).on_fail == found


def test_an_artifact_is_a_path_or_a_path_with_a_schema() -> None:
    assert node(command=["a"], artifact="out/a.txt").artifact == Artifact("out/a.txt")
    made = loaded(schemas={"s": True}, nodes=[{**NODE, "artifact": {"path": "a.json", "schema": "s"}}])
    assert made.nodes[0].artifact == Artifact("a.json", "s")


def test_inputs_of_a_file_are_required_unless_something_fills_them() -> None:
    made = loaded(
        inputs={
            "a": None,
            "b": {"default": "x"},
            "c": {"type": "boolean"},
            "d": {"required": False},
            "e": {"type": "integer", "description": "many"},
        }
    )
    assert made.inputs == (
        Input("a", required=True), Input("b", default="x"), Input("c", "boolean"), Input("d"),
        Input("e", "integer", required=True, description="many"),
    )  # fmt: skip


def test_inputs_of_the_model_are_taken_as_they_are() -> None:
    assert loaded(inputs=[{"name": "a"}, {"name": "b", "required": True, "type": "number"}]).inputs == (
        Input("a"), Input("b", "number", required=True),
    )  # fmt: skip


def test_a_boolean_is_never_required() -> None:
    assert loaded(inputs={"a": {"type": "boolean", "required": True}}).inputs == (Input("a", "boolean"),)
    assert warned(inputs={"a": {"type": "boolean", "required": True}}) == [("input_required_ignored", "inputs.a.required")]


def test_failure_classes_have_one_spelling() -> None:
    assert node(command=["a"], retry={"on": [" Provider-Transient ", "*"]}).retry.classes == ("provider_transient", "*")
    assert warned(nodes=[{**NODE, "retry": {"on": ["own_class"]}}]) == [("failure_class_unknown", "nodes[0].retry.on")]


def test_an_empty_value_counts_as_left_out() -> None:
    assert yaml("workflow: w\ntitle:\nnodes:\n- id: a\n  command: [x]\n  needs:\n").name is None


def test_the_words_of_penstock_one_are_required_only_when_given() -> None:
    assert loaded(penstock=1) == loaded()
    assert wrong(penstock=2) == [("penstock_version_unsupported", "penstock")]
    assert wrong(penstock=True) == [("penstock_version_unsupported", "penstock")]


def test_an_unknown_key_says_what_is_allowed_and_what_may_be_meant() -> None:
    (problem,) = problems("workflow: w\nnodes:\n- id: a\n  comand: [x]\n  command: [y]\n")
    assert (problem.code, problem.line, problem.column, problem.path) == ("key_unknown", 4, 3, "nodes[0].comand")
    assert 'Did you mean "command"?' in problem.message
    assert "stdin" in problem.allowed


def test_a_comma_in_plain_text_is_explained() -> None:
    (problem,) = problems("workflow: w\ninputs:\n  a: {description: first, exclusive}\nnodes: [{id: a, command: [x]}]\n")
    assert (problem.code, problem.path) == ("key_unknown", "inputs.a.exclusive")
    assert "quote that text" in problem.message
