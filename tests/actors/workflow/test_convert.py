"""A workflow in another notation is the same workflow, or it is refused with the field that cannot be said there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.workflow import WorkflowInvalid, digest, load_file, load_text
from actors.workflow.convert import convert
from actors.workflow.parse import Notation

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
FULL = """penstock: 1
workflow: full
title: Everything
inputs: {a: {type: integer, default: 3}, b: {type: string, required: false}, c: {type: boolean, default: true}}
limits: {parallel: 4, runtime: 2h, tokens: 5, cost_usd: 1.5, tool_calls: 7, weight: 2}
fail_fast: false
profile: strict
sequence: true
nodes:
  - {id: a, command: [git, log], retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 2s}, on: [timeout]}, idle_timeout: 90s}
  - {id: b, shell: "echo {{ inputs.a }}", env: {A: b}, on_fail: {command: [say, no]}, metadata: {x: [1, {y: null}]}}
  - {id: q, gate: quality, source: a, check: "output.ok == true"}
  - {id: g, gate: human_review, prompt: "Go\\non?", options: {yes: Yes, no: No}, on_timeout: remind, remind_every: 1h, approvers: [1, "@x"]}
  - {id: w, wait: {timer: 5m}}
finally:
  - {id: tidy, command: [rm, x]}
output: {x: "{{ nodes.a.output }}"}
"""


def through(loaded: Any, *notations: Notation, folder: str | None) -> str:
    """The digest of a workflow after it was written in one notation after the other."""
    for notation in notations:
        text = convert(loaded, notation, source="x", folder=folder)
        loaded = load_text(text, notation=notation, source="x", folder=folder)
    return digest(loaded.workflow)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_the_same_in_yaml_and_json(path: Path) -> None:
    loaded = load_file(path)
    assert through(loaded, "yaml", "json", "yaml", folder=str(path.parent)) == digest(loaded.workflow)


def test_every_word_of_a_file_comes_back_as_the_same_and_as_a_word() -> None:
    loaded = load_text(FULL, notation="yaml", source="x", folder="/srv")
    assert through(loaded, "yaml", folder="/srv") == digest(loaded.workflow)
    text = convert(loaded, "yaml", source="x", folder="/srv")
    for word in (
        "sequence: true", 'runtime: "2h"', "parallel: 4", "shell: ", "command: [git, log]", 'idle_timeout: "90s"', "on_timeout: remind",
        "gate: quality_gate", "fail_fast: false", "profile: strict", "on: [timeout]",
    ):  # fmt: skip
        assert word in text
    assert "needs" not in text


def test_json_is_the_canonical_form() -> None:
    loaded = load_text("workflow: w\nnodes: [{id: a, shell: x}]\n", notation="yaml", source="x", folder=None)
    assert convert(loaded, "json", source="x", folder=None) == (
        '{"flow":{"nodes":[{"kind":"shell","node_id":"a","run":"x"}]},"workflow_id":"w"}\n'
    )


def test_what_wf_has_no_statement_for_is_refused_with_its_field_and_place() -> None:
    loaded = load_text("workflow: w\nnodes:\n  - id: a\n    command: [x]\n", notation="yaml", source="f.yaml", folder=None)
    with pytest.raises(WorkflowInvalid) as raised:
        convert(loaded, "wf", source="f.yaml", folder=None)
    [problem] = raised.value.problems
    assert (problem.code, problem.path, problem.file, problem.line) == ("wf_not_expressible", "flow.nodes[0].kind", "f.yaml", 3)
