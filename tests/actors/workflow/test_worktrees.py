"""How a file asks for worktrees, and where it may refer to them."""

from __future__ import annotations

import pytest

from actors.workflow.canonical import decode, digest, encode
from actors.workflow.parse import load_text
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.spec_worktree import Worktree

NODES = "nodes:\n  - {id: a, command: [echo, x]}\n"


def _text(top: str, nodes: str = NODES) -> str:
    return f"penstock: 1\nworkflow: w\n{top}\n{nodes}"


def _codes(text: str) -> list[str]:
    with pytest.raises(WorkflowInvalid) as caught:
        load_text(text, notation="yaml", source="w.yaml", folder="/flows")
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        ("worktree: {base: main}", Worktree("main")),
        ("worktree: {base: v1, branch: 'x/{{ run.id }}'}", Worktree("v1", "x/{{ run.id }}")),
        ("", None),
    ],
    ids=["short", "whole", "none"],
)
def test_what_is_written_is_kept(top: str, expected: Worktree | None) -> None:
    workflow = load_text(_text(f"workspace: /srv/repo\n{top}"), notation="yaml", source="w.yaml", folder="/flows").workflow
    assert workflow.worktree == expected
    assert decode(encode(workflow)) == workflow
    assert digest(decode(encode(workflow))) == digest(workflow)


@pytest.mark.parametrize(
    ("top", "code"),
    [
        ("worktree: {base: main}", "worktree_without_workspace"),
        ("workspace: /srv\nworktree: {branch: x}", "key_missing"),
        ("workspace: /srv\nworktree: main", "value_type"),
        ("workspace: /srv\nworktree: {base: main, depth: 1}", "key_unknown"),
        ("workspace: /srv\nworktree: {base: '{{ nodes.a.output }}'}", "reference_unknown"),
        ("workspace: /srv\nworktree: {base: '{{ run.branch }}'}", "reference_unknown"),
    ],
    ids=["no workspace", "no base", "no mapping", "a key", "a node", "itself"],
)
def test_what_is_wrong_is_said(top: str, code: str) -> None:
    assert _codes(_text(top)) == [code]


def test_branch_base_and_repository_are_known_where_there_is_a_worktree() -> None:
    nodes = "nodes:\n  - {id: a, command: [echo, '{{ run.branch }} {{ run.base }} {{ run.repository }}']}\n"
    assert load_text(
        _text("workspace: /srv\nworktree: {base: main}", nodes), notation="yaml", source="w.yaml", folder="/flows"
    ).workflow.worktree
    assert len(_codes(_text("workspace: /srv", nodes))) == 3
