"""Scenarios of the specifications that a definition decides alone; their ids stand in the names."""

from __future__ import annotations

import subprocess

from actors.workflow import apply_inputs, compile_condition, load_text, render_text
from actors.workflow.spec import Input, Shell
from tests.actors.workflow.samples import NODE, loaded, wrong, wrong_node, yaml


def test_r84_cycles_unknown_needs_and_what_lies_behind_a_cycle_are_refused_with_their_paths() -> None:
    nodes = [
        {**NODE, "needs": ["b"]},
        {**NODE, "id": "b", "needs": ["a"]},
        {**NODE, "id": "c", "needs": ["zz"]},
        {**NODE, "id": "d", "needs": ["a"]},
    ]
    assert wrong(nodes=nodes) == [
        ("flow_cycle", "nodes[0].needs"), ("need_unknown", "nodes[2].needs"), ("node_unreachable", "nodes[3].needs"),
    ]  # fmt: skip


def test_fl04_inputs_have_types_and_defaults() -> None:
    made = yaml("workflow: w\ninputs:\n  env: {required: true}\n  debug: {type: boolean}\n  branch: {default: main}\nnodes: []\n")
    assert made.inputs == (Input("env", required=True), Input("debug", "boolean"), Input("branch", default="main"))


def test_fl05_an_input_without_attributes_is_required() -> None:
    assert yaml("workflow: w\ninputs: {x: }\nnodes: []\n").inputs == (Input("x", required=True),)


def test_fl22_a_marker_of_an_unknown_step_is_refused() -> None:
    assert wrong_node(command=["x"], when='marker("unknown_step", "done")') == [("condition_node_not_produced", "when")]


def test_fl23_a_flag_that_is_not_declared_is_refused() -> None:
    assert wrong_node(command=["x"], when='flag("undeclared_flag")') == [("condition_input_not_boolean", "when")]


def test_fl33_a_boolean_is_false_unless_the_default_or_the_caller_says_so() -> None:
    plain, on = loaded(inputs={"flag": {"type": "boolean"}}), loaded(inputs={"flag": {"type": "boolean", "default": True}})
    assert apply_inputs(plain, {}).values == {"flag": False}
    assert apply_inputs(on, {}).values == {"flag": True}
    assert apply_inputs(plain, {"flag": "true"}).values == {"flag": True}


def test_fl35_a_workflow_without_nodes_is_sound() -> None:
    assert load_text("workflow: w\nnodes: []\n", notation="yaml", source="w", folder=None).workflow.nodes == ()


def test_fl49_a_flag_given_as_upper_case_text_is_true() -> None:
    assert compile_condition('flag("flag")').evaluate({"inputs": {"flag": "TRUE"}})


def test_fl127_a_value_cannot_break_out_of_shell_text() -> None:
    inputs = {"title": {"default": "x"}}
    nodes = [{"id": "a", "shell": 'echo "{{ inputs.title }}"'}]
    assert wrong(inputs=inputs, nodes=nodes) == [("script_placeholder_in_quotes", "nodes[0].shell")]
    action = loaded(inputs=inputs, nodes=[{"id": "a", "shell": "echo {{ inputs.title }}"}]).nodes[0].action
    assert isinstance(action, Shell)
    title = "a'; echo gone #"
    script = render_text(action.run, {"inputs": {"title": title}}, quote=True)
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == title + "\n"
