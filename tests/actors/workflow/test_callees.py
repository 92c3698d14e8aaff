"""Workflows that others begin: circles, chains, and what a run of one leaves (flow spec 4.1, 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest

from actors.workflow.callees import Endless, below, calls_of, endless, keys_left_by
from actors.workflow.parse import load_text
from actors.workflow.spec import Group, Node, Shell, SubWorkflow, Workflow


def world(**calls: str) -> dict[str, Workflow]:
    """Workflows by id, each with the names of those whose runs it begins."""
    return {
        name: Workflow(name, tuple(Node(f"n{at}", SubWorkflow(other)) for at, other in enumerate(others.split())))
        for name, others in calls.items()
    }


def found(known: Mapping[str, Workflow]) -> list[tuple[str, str]]:
    root = known["a"]
    return [(one.code, " ".join(one.path)) for one in endless(root, below(root, known.get))]


CYCLE, DEEP = "workflow_reference_cycle", "workflow_nesting_too_deep"


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ({"a": "b c", "b": "c", "c": ""}, []),
        ({"a": "a"}, [(CYCLE, "a a")]),
        ({"a": "b", "b": "a"}, [(CYCLE, "a b a")]),
        ({"a": "x", "x": "b", "b": "c", "c": "b"}, [(CYCLE, "a x b c b")]),
        ({"a": "b c", "b": "b", "c": "a"}, [(CYCLE, "a b b"), (CYCLE, "a c a")]),
        ({"a": "b", "b": "c", "c": "d", "d": "e", "e": ""}, []),
        ({"a": "b", "b": "c", "c": "d", "d": "e", "e": "f", "f": ""}, [(DEEP, "a b c d e f")]),
        ({"a": "b f", "b": "c", "c": "d", "d": "e", "e": "f", "f": ""}, [(DEEP, "a b c d e f")]),
        ({"a": "b gone", "b": "gone"}, []),
    ],
    ids=["sound", "FL29", "two", "behind", "both", "five", "six", "short_way", "absent"],
)
def test_circles_and_chains_are_told_with_the_way_from_the_first(calls: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert sorted(found(world(**calls))) == expected


def test_many_ways_to_one_workflow_are_walked_once() -> None:
    levels = [[f"{letter}{n}" for n in range(40)] for letter in "bcde"]
    calls = {"a": " ".join(levels[0]), **{name: " ".join(after) for here, after in pairwise(levels) for name in here}}
    known, asked = world(**calls, **dict.fromkeys(levels[-1], "")), []

    def lookup(name: str) -> Workflow | None:
        asked.append(name)
        return known.get(name)

    root = known["a"]
    assert endless(root, below(root, lookup)) == []
    assert sorted(asked) == sorted(name for level in levels for name in level)


def test_the_words_say_what_is_wrong_and_what_helps() -> None:
    assert "a → b → a" in Endless(CYCLE, ("a", "b", "a")).message
    assert "chains of 5" in Endless(DEEP, tuple("abcdef")).message


TEXT = """
workflow: w
fail_fast: true
templating: flat
nodes:
  - {id: top, shell: "true"}
  - {id: call, workflow: other}
  - id: both
    parallel: {nodes: [{id: left, shell: "true"}, {id: right, shell: "true"}]}
  - id: block
    group: [{id: hidden, shell: "true"}, {id: deep, workflow: third}]
  - {id: each, foreach: {over: list, workflow: fourth, max_parallel: 1, scope: {values: a}}}
finally:
  - {id: tidy, shell: "true"}
  - {id: last, workflow: other}
"""


def test_a_run_leaves_the_keys_of_its_first_level_and_of_its_branches() -> None:
    workflow = load_text(TEXT, notation="yaml", source="w.yaml", folder=None).workflow
    assert keys_left_by(workflow) == {"top", "call", "left", "right", "each"}
    assert calls_of(workflow) == ("fourth", "other", "third")
    assert keys_left_by(Workflow("w", (Node("g", Group((Node("x", Shell("true")),))),))) == set()
