"""Whatever a file holds, loading it ends in a workflow or in WorkflowInvalid with places, quickly."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.workflow import Problem, WorkflowInvalid, decode, encode, load_text
from tests.actors.workflow.samples import problems, wrong_node

SEED = """penstock: 1
workflow: release
inputs:
  since: {type: string, required: true, description: "first, exclusive"}
limits: {parallel: 4, runtime: 2h}
schemas: {notes: {type: object}}
nodes:
  - id: log
    command: [git, log, "{{ inputs.since }}..HEAD"]
    retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 2s}, on: [timeout]}
  - id: ask
    gate: human_approval
    needs: [log]
    options: {now: Now, later: Later}
  - {id: go, needs: [{node: ask, until: settled}], when: nodes.ask.selection == "now", shell: 'echo {{ inputs.since }} | tee "x"'}
finally:
  - {id: tidy, python: "m:f", with: {a: [1, 2.5, null, "{{ nodes.log.output }}"]}}
"""


def outcome(text: str, notation: Literal["yaml", "json"] = "yaml") -> tuple[Problem, ...]:
    """The problems of a text; one that loads must survive the round trip."""
    try:
        workflow = load_text(text, notation=notation, source="f", folder="/srv").workflow
    except WorkflowInvalid as invalid:
        found = invalid.problems
    else:
        assert decode(encode(workflow)) == workflow
        return ()
    assert 0 < len(found) <= 500
    assert all(problem.code and problem.message and problem.file == "f" and problem.line and problem.column for problem in found)
    return found


def test_the_seed_itself_is_sound() -> None:
    assert outcome(SEED) == ()


@settings(max_examples=150)
@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    outcome(text)
    outcome(text, "json")


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SEED)), st.integers(0, 12), st.text("\n :{}[]\"'&*!|>%#-,?@`az09\t\\$é", max_size=4)),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_file_is_judged(edits: list[tuple[int, int, str]]) -> None:
    text = SEED
    for at, cut, put in edits:
        text = text[:at] + put + text[at + cut :]
    outcome(text)


WORDS = [
    "workflow",
    "nodes",
    "id",
    "command",
    "shell",
    "python",
    "gate",
    "needs",
    "when",
    "with",
    "retry",
    "max_attempts",
    "backoff",
    "strategy",
    "initial",
    "on",
    "timeout",
    "on_fail",
    "artifact",
    "path",
    "schema",
    "schemas",
    "inputs",
    "type",
    "default",
    "flow",
    "finally",
    "limits",
    "parallel",
    "options",
    "decisions",
    "rework",
    "kind",
    "argv",
    "env",
    "output",
    "sequence",
    "until",
    "node",
    "values",
    "value",
    "label",
    "expiry_policy",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**64)
    | st.floats(0, 9)
    | st.sampled_from([*WORDS, "a", "b", "{{ inputs.x }}", "{{", "1s", "1 == 1", "x:y", "", "../x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
NODES = st.lists(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5), max_size=4)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5), NODES)
def test_known_words_in_any_arrangement_are_judged(keys: dict[str, Any], nodes: list[Any]) -> None:
    outcome(json.dumps({"workflow": "w", "nodes": nodes, **keys}), "json")
    outcome(json.dumps({"nodes": nodes, **keys}, indent=1))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, "{a: " * 50_000, "- " * 50_000, "? " * 50_000, "!" * 50_000, "&a " * 20_000, "*a " * 20_000, '"' + "\\" * 100_000,
        "a: |\n" + " " * 100_000,
        "'" * 99_999, "\n" * 200_000, "# x\n" * 50_000, "a: b\n" * 40_000, ", " * 50_000, "- [" * 40_000, "%" * 50_000, "---\n" * 40_000,
        "\t" * 1_000, "a:" * 50_000,
    ],
)  # fmt: skip
def test_no_text_of_the_greatest_size_takes_the_parser_down(text: str) -> None:
    assert outcome(text)
    assert outcome(text, "json")


@pytest.mark.parametrize(
    "payload",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ config.__class__.__init__.__globals__['os'].popen('id').read() }}",
        "{{ self }}", "{{ cycler.x }}",
        "{{ $json.constructor.constructor('return process')() }}", "{{ $('Node').item.json.x }}", "{{ range(10) }}",
        "{{ inputs|attr('x') }}", "{{ lipsum.__globals__ }}",
        "{{ request.application }}", "{{ 7*7 }}", "{{ inputs.__class__ }}", "{{ nodes.__dict__ }}", "{{ run.__init__.__globals__ }}",
        "{{ env.__class__.x }}", "{{ ().x }}",
    ],
)  # fmt: skip
def test_payloads_of_other_template_languages_are_refused_at_load(payload: str) -> None:
    ((code, path),) = wrong_node(command=["echo", payload])
    assert code in {"template_syntax", "reference_unknown"}
    assert path == "command[1]"


def test_a_very_long_unknown_key_gives_a_short_message() -> None:
    (problem,) = problems(f"workflow: w\nnodes: []\n{'k' * 900}: 1\n")
    assert problem.code == "key_unknown"
    assert len(problem.message) < 500


def test_hints_stop_when_they_would_cost_too_much() -> None:
    nodes = [f"- {{id: node-{i}, command: [x], needs: [nodes-{i}]}}" for i in range(400)]
    found = problems("\n".join(["workflow: w", "nodes:", *nodes]))
    assert len(found) == 400
    assert "Did you mean" in found[0].message
    assert "Did you mean" not in found[-1].message
