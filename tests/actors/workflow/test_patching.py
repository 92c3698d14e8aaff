"""An edit of a stored node: in the words of a file, on top of the model's; what comes out is read as any definition."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from attrs import evolve

from actors.workflow.canonical import encode
from actors.workflow.parse import load_text, load_tree
from actors.workflow.patching import patched
from actors.workflow.problems import Report
from actors.workflow.spec import Agent, Command, Gate, Need, Node, Python, Shell, Wait

TEXT = """
penstock: 1
workflow: w
nodes:
  - {id: a, command: [make, all], env: {A: "1"}, stdin: x, timeout: 5m, idle_timeout: 1m, retry: {max_attempts: 2},
     contract: {kind: k}, title: A}
  - {id: s, shell: make, env: {B: "2"}}
  - {id: p, python: "m:f", isolate: process, idle_timeout: 1m}
  - {id: g, gate: human_approval, prompt: Sure?, timeout: 2h, on_timeout: fail, rework: [a], needs: [a], remind_every: 10m}
  - {id: t, wait: {timer: 1h}}
  - {id: w, agent: writer, instructions: write, tools: [read_file]}
"""


def edited(node_id: str, **patch: Any) -> Node:
    definition = orjson.loads(encode(load_text(TEXT, notation="yaml", source="w", folder="/f").workflow))
    tree = patched(definition, node_id, patch)
    assert tree is not None
    workflow = load_tree(Report("w"), tree, folder=None, stored=True).workflow
    return next(node for node in workflow.nodes if node.node_id == node_id)


@pytest.mark.parametrize(("node_id", "patch", "name", "value"), [
    ("a", {"timeout": "1h"}, "absolute_timeout_ms", 3_600_000), ("a", {"absolute_timeout_ms": 7}, "absolute_timeout_ms", 7),
    ("a", {"timeout": None}, "absolute_timeout_ms", None), ("a", {"idle_timeout": "9s"}, "timeout_ms", 9000),
    ("a", {"title": "B"}, "title", "B"), ("a", {"title": None}, "title", None), ("a", {"contract": None}, "contract", None),
    ("a", {"effect": "once"}, "effect", "once"), ("g", {"needs": ["a", "s"]}, "needs", (Need("a"), Need("s"))),
    ("a", {"command": ["make"]}, "action", Command(("make",), {"A": "1"}, "x")), ("a", {"argv": ["x"], "env": None, "stdin": None},
     "action", Command(("x",))), ("s", {"shell": "true"}, "action", Shell("true", {"B": "2"})),
    ("p", {"python": "m:g"}, "action", Python("m:g", isolate=True)), ("a", {"shell": "make"}, "action", Shell("make")),
    ("s", {"kind": "command", "argv": ["x"]}, "action", Command(("x",))), ("t", {"shell": "true"}, "action", Shell("true")),
    ("w", {"instructions": "draw"}, "action", Agent("writer", "draw", ("read_file",))), ("w", {"shell": "true"}, "action", Shell("true")),
    ("w", {"agent": "painter", "tools": None}, "action", Agent("painter", "write")),
    ("s", {"agent": "writer", "instructions": "x", "shell": None}, "action", Agent("writer", "x")),
])  # fmt: skip
def test_one_key_is_another_and_the_rest_is_as_it_was(node_id: str, patch: dict[str, Any], name: str, value: object) -> None:
    assert getattr(edited(node_id, **patch), name) == value


def test_retries_are_edited_as_a_whole() -> None:
    assert edited("a", retry={"max_attempts": 3}).retry.max_attempts == 3
    assert edited("a", retry_policy={"max_attempts": 4}).retry.max_attempts == 4


def gate(**patch: Any) -> Gate:
    action = edited("g", **patch).action
    assert isinstance(action, Gate)
    return action


def test_a_gate_is_edited_in_the_words_of_a_file() -> None:
    before = gate(title="t")
    assert gate(prompt="Really?") == evolve(before, prompt="Really?")
    later = gate(timeout="3h", rework=["a"])
    assert (later.expires_after_ms, later.on_expiry, later.remind_every_ms) == (10_800_000, "fail", 600_000)
    assert gate(on_timeout="continue").on_expiry == "continue"
    assert gate(timeout=None).expires_after_ms is None
    assert gate(decisions=["approve"], gate="human_approval").decisions == ("approve",)
    assert gate(gate={"type": "human_approval", "instructions": "New"}) == Gate(prompt="New")


def test_a_node_becomes_a_gate_or_a_wait() -> None:
    node = edited("s", gate="human_approval", prompt="Go?")
    assert node.action == Gate(prompt="Go?")
    assert isinstance(edited("s", wait={"signal": "paid"}).action, Wait)


def test_a_node_that_is_not_there() -> None:
    assert patched({"flow": {"nodes": [{"node_id": "a", "kind": "shell"}]}}, "b", {"title": "t"}) is None


def test_nodes_in_groups_are_found_at_whatever_depth() -> None:
    text = "workflow: w\nnodes:\n  - {id: g, group: [{id: l, parallel: {nodes: [{id: deep, shell: make}]}}, {id: beside, shell: x}]}\n"
    definition = orjson.loads(encode(load_text(text, notation="yaml", source="w", folder=None).workflow))
    tree = patched(definition, "deep", {"shell": "true"})
    assert tree is not None
    assert tree["flow"]["nodes"][0]["nodes"][0]["nodes"][0]["shell"] == "true"
    assert (patched(definition, "gone", {}), patched(definition, "beside", {"title": "b"}) is None) == (None, False)
