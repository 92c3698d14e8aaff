"""Paths in templates and conditions that can be known to be wrong before a run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actors.workflow.samples import problems, wrong

INPUTS = {
    "text": {"default": "x"}, "on": {"type": "boolean"}, "count": {"type": "integer", "default": 1},
    "share": {"type": "number", "default": 0.5},
}  # fmt: skip
BEFORE: list[dict[str, Any]] = [
    {"id": "first", "command": ["x"], "artifact": "a.txt"}, {"id": "ask", "gate": "human_approval", "needs": ["first"]},
    {"id": "aside", "command": ["x"]},
    {"id": "good-enough", "command": ["x"]},
]  # fmt: skip


def found(**keys: Any) -> list[tuple[str, str]]:
    """What is wrong with a node of these keys that comes after `first` and `ask`."""
    last = {"id": "last", "needs": ["ask", "good-enough"], **keys}
    return wrong(inputs=INPUTS, nodes=[*BEFORE, last])


def found_in(text: str) -> list[str]:
    """Codes for a template."""
    codes = found(command=["echo", text])
    assert {path for _, path in codes} <= {"nodes[4].command[1]"}
    return [code for code, _ in codes]


def found_when(text: str) -> list[str]:
    """Codes for a condition."""
    codes = found(command=["x"], when=text)
    assert {path for _, path in codes} <= {"nodes[4].when"}
    return [code for code, _ in codes]


@pytest.mark.parametrize(
    "path",
    [
        "inputs.text", "inputs", "nodes.first.output", "nodes.first.output.any.depth[0]", "nodes.first.artifact.path",
        "nodes.first.artifact.size",
        "nodes.first.status", "nodes.ask.decision", "nodes.ask.selections[0]", "nodes.ask.output.anything", "nodes.first", "run.id",
        "run.attempt",
        "run.feedback", "run.workspace", "env.HOME", 'nodes["good-enough"].output', "nodes.good-enough.output", "nodes.first.error.code",
    ],
)  # fmt: skip
def test_a_path_to_what_comes_before_is_right(path: str) -> None:
    assert found_in(f"{{{{ {path} }}}}") == []


@pytest.mark.parametrize(
    "path",
    [
        "inputs.texts", "inputs.text.length", "inputs.count.x", "nodes.nobody.output", "nodes.aside.output", "nodes.last.output",
        "nodes.first.result",
        "nodes.ask.artifact", "nodes.aside.artifact.path", "nodes.first.artifact.name", "nodes.first.artifact.path.x",
        "nodes.first.decision", "nodes[0]",
        "run.nothing", "run.id.x", "item.x", "secrets.token", "vars.x.y", "error.code", "nobody", "env.HOME.x", "self.x",
        "nodes.first.status.x",
        "nodes.ask.artifact.path", "nodes.good-enough.artifact",
    ],
)  # fmt: skip
def test_a_path_that_can_never_lead_anywhere_is_refused(path: str) -> None:
    assert found_in(f"x {{{{ {path} }}}}") == ["reference_unknown"]


@pytest.mark.parametrize("text", ["{{ a b }}", "{{", "{{ }}"])
def test_a_broken_placeholder_is_refused_with_its_place(text: str) -> None:
    assert found_in(text) == ["template_syntax"]


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"command": ["x"], "env": {"A": "{{ inputs.no }}"}}, "env.A"), ({"command": ["x"], "stdin": "{{ inputs.no }}"}, "stdin"),
        ({"shell": "echo {{ inputs.no }}"}, "shell"), ({"shell": "x", "env": {"A": "{{ inputs.no }}"}}, "env.A"),
        ({"python": "m:f", "with": {"a": [{"b": "{{ inputs.no }}"}]}}, "with.a[0].b"),
        ({"gate": "human_approval", "prompt": "{{ inputs.no }}"}, "prompt"),
        ({"command": ["x"], "artifact": "{{ inputs.no }}.txt"}, "artifact"),
        ({"command": ["x"], "with": {"a": "{{ inputs.no }}"}}, "with.a"),
        ({"command": ["x"], "on_fail": {"command": ["y", "{{ inputs.no }}"]}}, "on_fail.command[1]"),
        ({"command": ["x"], "on_fail": {"command": ["y", "{{ error.nothing }}"]}}, "on_fail.command[1]"),
    ],
)  # fmt: skip
def test_every_place_that_takes_placeholders_is_checked(keys: dict[str, Any], path: str) -> None:
    assert found(**keys) == [("reference_unknown", f"nodes[4].{path}")]


def test_a_failure_handler_may_read_the_error_and_its_own_node() -> None:
    command = ["x", "{{ error.message }}", "{{ error.failure_class }}", "{{ nodes.last.error.code }}", "{{ nodes.first.output }}"]
    assert found(command=["x"], on_fail={"command": command}) == []
    assert found(command=["x"], on_fail={"command": ["x", "{{ nodes.aside.output }}"]}) == [
        ("reference_unknown", "nodes[4].on_fail.command[1]")
    ]


def test_what_is_no_template_may_hold_braces() -> None:
    assert found(command=["x"], title="{{ no }}", metadata={"a": "{{ no }}"}) == []


def test_the_workspace_knows_inputs_only_and_the_output_knows_all_nodes() -> None:
    nodes = [*BEFORE, {"id": "last", "command": ["x"]}]
    assert (
        wrong(inputs=INPUTS, nodes=nodes, workspace="/w/{{ inputs.text }}", output={"a": "{{ nodes.last.output }} {{ run.status }}"}) == []
    )
    assert wrong(nodes=nodes, workspace="{{ nodes.first.output }}") == [("reference_unknown", "workspace")]
    assert wrong(nodes=nodes, output={"a": ["{{ nodes.no.output }}"]}) == [("reference_unknown", "output.a[0]")]
    assert wrong(nodes=nodes, output={"a": "{{ run.attempt }}"}) == [("reference_unknown", "output.a")]


def test_the_last_nodes_of_all_see_the_whole_body_and_what_they_need() -> None:
    tail = [
        {"id": "y", "command": ["x", "{{ nodes.first.output }}"]},
        {"id": "z", "command": ["x", "{{ nodes.y.output }}"], "needs": ["y"]},
    ]
    assert wrong(nodes=BEFORE, **{"finally": tail}) == []
    assert wrong(nodes=BEFORE, **{"finally": [tail[0], {**tail[1], "needs": []}]}) == [("reference_unknown", "finally[1].command[1]")]


def test_a_body_node_never_sees_a_last_node() -> None:
    nodes = [{"id": "a", "command": ["x", "{{ nodes.z.output }}"]}]
    assert wrong(nodes=nodes, **{"finally": [{"id": "z", "command": ["x"]}]}) == [("reference_unknown", "nodes[0].command[1]")]


@pytest.mark.parametrize(
    "text",
    [
        'nodes.ask.selection == "now"', "inputs.on", "inputs.count > 2 && inputs.share < 1", 'flag("on") || marker("first", "risky")',
        "!flag('on')",
        'nodes["good-enough"].output.score >= 80', "has(nodes.first.output.x)", 'inputs.text.contains("a") ? inputs.on : false',
        "nodes.first.output",
        "inputs.text in ['a', 'b']", "size(nodes.ask.selections) > 0", "nodes.first.output.items[inputs.count] == null",
        "string(inputs.count) == '1'",
    ],
)  # fmt: skip
def test_a_condition_over_what_comes_before_is_right(text: str) -> None:
    assert found_when(text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1 +", ["condition_syntax"]), ("nope(1)", ["condition_syntax"]), ("inputs.no == 1", ["reference_unknown"]),
        ("nodes.aside.output == 1", ["reference_unknown"]), ("has(inputs.no)", ["reference_unknown"]),
        ("error.code == 1", ["reference_unknown"]),
        ('flag("text")', ["condition_input_not_boolean"]), ('flag("no")', ["condition_input_not_boolean"]),
        ('marker("aside", "x")', ["condition_node_not_produced"]), ('marker("no", "x")', ["condition_node_not_produced"]),
        ("inputs.text", ["condition_type"]), ("inputs.on == 'true'", ["condition_type"]), ("inputs.count > '2'", ["condition_type"]),
        ("1 + 1", ["condition_type"]), ("nodes.first.status > 1", ["condition_type"]),
        ("!inputs.text || size(1) == 1", ["condition_type"] * 2),
        ("inputs.no == 1 && nodes.no.output", ["reference_unknown"] * 2), ("x" * 5000, ["condition_syntax"]),
    ],
)  # fmt: skip
def test_a_condition_that_can_never_work_is_refused(text: str, codes: list[str]) -> None:
    assert found_when(text) == codes


def test_a_dash_in_a_condition_is_explained() -> None:
    nodes = ["- {id: good-enough, command: [x]}", "- {id: b, needs: [good-enough], command: [x], when: nodes.good-enough.output == 1}"]
    text = "\n".join(["workflow: w", "nodes:", *nodes])
    found_here = problems(text)
    assert {problem.code for problem in found_here} == {"reference_unknown"}
    assert all('nodes["some-id"]' in problem.message for problem in found_here)


def test_a_name_that_is_nearly_right_is_named() -> None:
    (problem,) = problems("workflow: w\ninputs: {since: {default: x}}\nnodes: [{id: a, command: [x, '{{ inputs.sinse }}']}]\n")
    assert 'Did you mean "since"?' in problem.message
    assert problem.allowed == ("since",)


def test_a_reference_on_a_cycle_is_reported_beside_it() -> None:
    nodes = [{"id": "a", "command": ["x", "{{ nodes.b.output }}"], "needs": ["b"]}, {"id": "b", "command": ["x"], "needs": ["a"]}]
    assert {code for code, _ in wrong(nodes=nodes)} == {"flow_cycle", "reference_unknown"}
