"""Texts whose placeholders are names: what is refused in a file, what is remarked, and that no value breaks out of a script."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.flow.substitution import names_in, substitute
from actors.workflow.parse import Loaded, load_text
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.script_quotes import placeholder_in_quotes


def load(text: str) -> Loaded:
    return load_text(text, notation="wf", source="x.wf", folder="/flows")


@pytest.mark.parametrize(
    "run", ['echo "{{title}}"', "echo '{{ my var }}'", 'echo "{{a"b}}"', 'echo "{{ \'x\' }}"', "cat <<E\n{{a\nb}}\nE", "echo ${{x}}"],
    ids=["quotes", "spaces", "quote-in-name", "quoted-name", "here-document", "dollar"],
)  # fmt: skip
def test_fl127_no_placeholder_stands_where_its_value_could_break_out(run: str) -> None:
    escaped = run.replace("\\", "\\\\").replace('"', '\\"')
    with pytest.raises(WorkflowInvalid) as caught:
        load(f'workflow x {{ script s {{ run = "{escaped}" }} }}')
    assert [problem.code for problem in caught.value.problems] == ["script_placeholder_in_quotes"]


@given(st.text("{}\"'`$()#\\ ab\n", max_size=24), st.text("{}a\"' ", max_size=4))
@settings(max_examples=60)
def test_a_script_that_is_taken_says_its_values_and_does_nothing_else(around: str, name: str) -> None:
    text = f"{around}{{{{{name}}}}}"
    if placeholder_in_quotes(f"printf %s {text}", flat=True) is not None:
        return
    filled = substitute(f"printf %s {text}", dict.fromkeys(names_in(text), "'\"`$(echo PWNED >&2)\n;echo PWNED >&2;"), quote=True)
    ended = subprocess.run(["sh", "-c", filled], capture_output=True, timeout=10, check=False)
    assert b"PWNED" not in ended.stderr.replace(filled.encode(), b"").replace(b"echo PWNED", b"")


def test_names_that_look_like_paths_are_remarked() -> None:
    found = load('workflow x { inputs { topic required } script s { run = "say {{topic}} {{ topic }} {{inputs.topic}} {{item.id}}" } }')
    assert [(one.code, one.found) for one in found.warnings] == [
        ("placeholder_not_a_name", '"{{ topic }}"'), ("placeholder_not_a_name", '"{{inputs.topic}}"'),
    ]  # fmt: skip


def test_a_binding_to_a_node_is_no_name() -> None:
    binding = "{source: node_output, node_id: a, json_pointer: /at}"
    text = f"workflow: x\ntemplating: flat\nnodes:\n  - {{id: a, shell: x}}\n  - {{id: b, wait: {{until: {binding}}}, needs: [a]}}\n"
    with pytest.raises(WorkflowInvalid) as caught:
        load_text(text, notation="yaml", source="x.yaml", folder="/flows")
    assert [problem.code for problem in caught.value.problems] == ["binding_in_flat_workflow"]
