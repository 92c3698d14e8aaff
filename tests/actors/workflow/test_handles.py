"""Handles of secrets: where a workflow may name one, how it is written down, and what is a text like others."""

from __future__ import annotations

import pytest

from actors.workflow.canonical import encode
from actors.workflow.handles import handle_of, handles_of
from actors.workflow.parse import load_text
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.spec import Workflow


def flow(*lines: str) -> Workflow:
    return load_text(
        "penstock: 1\nworkflow: w\nnodes:\n" + "".join(f"  - {line}\n" for line in lines), notation="yaml", source="w", folder=None
    ).workflow


@pytest.mark.parametrize("text", ["secrets.github", "{{ secrets.github }}", "{{secrets.github}}", " secrets.github "])
def test_a_handle_is_the_whole_value(text: str) -> None:
    assert handle_of(text) == "github"


@pytest.mark.parametrize(
    "text", ["", "secrets", "secrets.", "secrets.Big", "secrets.a.b", "Bearer secrets.a", '{{ "secrets.a" }}', "{{ secrets.a"]
)
def test_anything_else_is_a_text(text: str) -> None:
    assert handle_of(text) is None


def test_steps_and_handlers_name_their_secrets_and_both_ways_of_writing_are_one() -> None:
    shell, command = "{id: a, shell: work, env: {B: '{{ secrets.b }}', C: plain}}", "{id: d, command: [x], env: {A: secrets.a}}"
    found = flow(shell, command, "{id: e, gate: human_approval}")
    assert handles_of(found.nodes) == ("a", "b")
    assert b'"B":"secrets.b"' in encode(found)


ELSEWHERE = {
    "shell": "{id: a, shell: 'echo {{ secrets.a }}'}", "part": "{id: a, command: [x], env: {T: 'Bearer {{ secrets.a }}'}}",
    "stdin": "{id: a, command: [x], stdin: '{{ secrets.a }}'}",
}  # fmt: skip


@pytest.mark.parametrize("node", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_secret_is_nowhere_else_to_be_had(node: str) -> None:
    with pytest.raises(WorkflowInvalid, match="as its whole value"):
        flow(node)
