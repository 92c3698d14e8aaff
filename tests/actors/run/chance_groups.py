"""Workflows with groups in groups, drawn by chance."""

from __future__ import annotations

from itertools import count
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from actors.run.plan import Plan, compile_plan
from actors.workflow.spec import Command, Execution, Gate, Group, Need, Node, OnFail, Parallel, Repeat, RetryPolicy, Shell, Workflow
from actors.workflow.spec_flow import GroupForm

__all__ = ["nested_plans"]

WHEN = (None, None, None, "false", 'marker("a0", "again")')
WHILE = ("true", "false", 'marker("a0", "again")', '!marker("a1", "again")', "nodes.a0.output.x == 1")
ON_FAIL = (OnFail(), OnFail(), OnFail("continue"), OnFail("handler", Command(("tell",))))
DEEPEST = 3


@st.composite
def _form(draw: st.DrawFn) -> GroupForm:
    what = draw(st.sampled_from(["block", "parallel", "repeat"]))
    if what == "block":
        return None
    if what == "parallel":
        return Parallel(draw(st.booleans()), draw(st.sampled_from([None, None, 0, 1, 2])))
    return Repeat(
        draw(st.sampled_from(WHILE)), draw(st.integers(0, 3)), draw(st.sampled_from(["while", "do_while"])),
        draw(st.sampled_from([None, 2, 3])), draw(st.sampled_from(["fail", "continue"])),
    )  # fmt: skip


@st.composite
def _nodes(draw: st.DrawFn, numbers: Any, depth: int, letter: str) -> tuple[Node, ...]:
    made: list[Node] = []
    for _ in range(draw(st.integers(0 if depth else 1, 3))):
        before = [node.node_id for node in made]
        wanted = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
        node = Node(
            f"{letter}{next(numbers)}", Shell("work"), when=draw(st.sampled_from(WHEN)), on_fail=draw(st.sampled_from(ON_FAIL)),
            needs=tuple(Need(other, draw(st.sampled_from(["completed", "settled"]))) for other in wanted),
        )  # fmt: skip
        kind = draw(st.integers(0, 5))
        if kind <= 2 and depth < DEEPEST:
            inner = draw(_nodes(numbers, depth + 1, letter))
            node = evolve(node, node_id=f"g{node.node_id}", action=Group(inner, draw(_form())))
        elif kind == 3 and letter == "a":
            node = evolve(node, action=Gate(on_reject=draw(st.sampled_from(["fail", "continue"]))))
        else:
            node = evolve(node, retry=draw(st.sampled_from([RetryPolicy(), RetryPolicy(2)])))
        made.append(node)
    return tuple(made)


@st.composite
def nested_plans(draw: st.DrawFn) -> Plan:
    """A body and a clean-up with groups up to three deep."""
    body, last = draw(_nodes(count(), 0, "a")), draw(st.one_of(st.just(()), _nodes(count(), 0, "z")))
    execution = Execution(draw(st.integers(1, 3)), fail_fast=draw(st.sampled_from([None, True, False])))
    return compile_plan(Workflow("chance", body, finally_=last, execution=execution), "digest")
