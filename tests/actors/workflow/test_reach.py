"""Which results may be asked for where: at every depth, by key and by id."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow import load_text
from actors.workflow.problems import Problem, WorkflowInvalid
from tests.actors.workflow.samples import wrong

FLAGS = {"strict": {"type": "boolean"}}


def say(body: str, inputs: str = "") -> list[str]:
    """The codes of all that is wrong with a `.wf` text of this body, each with what was found."""
    return [f"{one.code} {one.found}" for one in _problems(f"workflow w {{ inputs {{ {inputs} }} {body} }}")]


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        load_text(text, notation="wf", source="w.wf", folder=None)
    except WorkflowInvalid as invalid:
        return invalid.problems
    return ()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("if unknown_step.done { call a }", ['condition_node_not_produced "unknown_step"'], id="FL22"),
        pytest.param("if undeclared_flag { call a }", ['condition_input_not_boolean "undeclared_flag"'], id="FL23"),
        pytest.param(
            "call a if a.x { call b while b.again { max_iterations = 2 call inner_step } } if inner_step.ready { call c }", [], id="FL25"
        ),
        pytest.param("if a.x { call b } call a", ['condition_node_not_produced "a"'], id="too early"),
        pytest.param("do { max_iterations = 2 call a } while a.more", [], id="after the turn"),
        pytest.param("while a.more { max_iterations = 2 call a }", ['condition_node_not_produced "a"'], id="before the turn"),
        pytest.param("parallel { call a call b } if b.x { call c }", [], id="branches"),
        pytest.param('parallel { call a call b { if = "a.x" } }', ['condition_node_not_produced "a"'], id="beside"),
        pytest.param("call workflow child if anything.x { call c }", [], id="of the child"),
        pytest.param("gate human_approval { name = ask } if ask.approved { call c }", [], id="gate"),
        pytest.param("foreach f { over = x max_parallel = 1 workflow = y } call a", [], id="foreach"),
        pytest.param('script s { run = "true" } if s.x { call c }', [], id="script"),
        pytest.param("call a always { if a.x { call b } }", [], id="clean-up"),
        pytest.param("always { call b } if b.x { call c }", ['condition_node_not_produced "b"'], id="body after clean-up"),
        pytest.param("call a if a.x { gate human_review { options = a.targets rework = [a] } }", [], id="gate inside"),
        pytest.param("call a call a gate quality_gate { source = a threshold = 1 }", [], id="newest of a key"),
    ],
)  # fmt: skip
def test_what_conditions_of_a_flow_may_ask_for(body: str, found: list[str]) -> None:
    assert say(body) == found


def test_a_flag_of_an_input_that_is_text_is_none() -> None:
    assert say("if topic { call a }", "topic required") == ['condition_input_not_boolean "topic"']


def test_paths_know_depths() -> None:
    inner: dict[str, Any] = {"id": "in", "command": ["x"]}
    reads = {"id": "z", "command": ["{{ nodes.in.output }}", "{{ nodes.g.status }}"]}
    assert wrong(nodes=[{"id": "g", "group": [inner]}, {**reads, "needs": "g"}]) == []
    early = [("reference_unknown", "nodes[1].command[0]"), ("reference_unknown", "nodes[1].command[1]")]
    assert wrong(nodes=[{"id": "g", "group": [inner]}, reads]) == early
    # A group has not ended while what stands in it works.
    own = wrong(nodes=[{"id": "g", "group": [inner, {"id": "y", "command": ["{{ nodes.g.status }}"]}]}])
    assert own == [("reference_unknown", "nodes[0].group[1].command[0]")]


def test_edges_join_nodes_of_one_list() -> None:
    nodes = [{"id": "g", "group": [{"id": "in", "command": ["x"]}]}, {"id": "z", "command": ["x"], "needs": "in"}]
    assert wrong(nodes=nodes) == [("need_unknown", "nodes[1].needs")]
    knot = [{"id": "b", "command": ["x"], "needs": "c"}, {"id": "c", "command": ["x"], "needs": "b"}]
    assert wrong(nodes=[{"id": "g", "group": knot}]) == [("flow_cycle", "nodes[0].group[0].needs")]


def test_ids_are_unique_at_every_depth() -> None:
    twice = wrong(nodes=[{"id": "a", "group": [{"id": "a", "command": ["x"]}]}])
    assert twice == [("node_id_duplicate", "nodes[0].group[0].id")]
    handler = wrong(
        nodes=[{"id": "a", "command": ["x"], "on_fail": {"agent": "m"}}, {"id": "g", "group": [{"id": "a.on_fail", "command": ["x"]}]}]
    )
    assert handler == [("node_id_duplicate", "nodes[0].on_fail")]


def test_clean_up_waits_for_nobody_at_any_depth() -> None:
    assert wrong(**{"finally": [{"id": "g", "group": [{"id": "q", "gate": "human_approval"}]}]}) == [
        ("gate_in_finally", "finally[0].group[0].gate")
    ]


def test_items_are_known_in_fan_outs_alone() -> None:
    fan = {"over": "list", "workflow": "y", "max_parallel": 1, "inputs": {"x": "{{ item.title }} {{ nodes.no.output }}"}}
    found = wrong(nodes=[{"id": "f", "foreach": fan}, {"id": "z", "command": ["{{ item.id }}"]}])
    assert found == [("reference_unknown", "nodes[0].foreach.inputs.x"), ("reference_unknown", "nodes[1].command[0]")]


def test_flat_texts_may_name_anything() -> None:
    assert wrong(templating="flat", nodes=[{"id": "a", "shell": "echo {{ticket}}", "env": {"A": "{{ any thing }}"}}]) == []
    marker = wrong(templating="flat", nodes=[{"id": "a", "shell": "true", "when": 'marker("b", "x")'}])
    assert marker == [("condition_node_not_produced", "nodes[0].when")]
