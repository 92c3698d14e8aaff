"""Canonical scenarios of control flow in one run: loops in loops, gates and for-eaches in loops, branches. Each turn happens once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from tests.scenarios.flows import block, branches, flow, gate, loop, step
from tests.scenarios.harness import House
from tests.scenarios.script import fail, give

__all__ = ["LOOP_TALES"]

MANY = 24
TWICE = "while: 'true', max_iterations: 2, on_max_iter: continue"
ORDER = "sequence: true"


async def _turns(house: House, run_id: str, node_id: str) -> list[tuple[int, ...]]:
    """The turns of the loops around the node in which it has ended well."""
    found = [event for event in await house.events(run_id) if event["event"] == "node_started" and event["node_id"] == node_id]
    paths = {event["instance"]: tuple(event["iteration_path"]) for event in found}
    return [paths[instance] for instance in sorted(paths)]


async def _nested_loops(house: House) -> str:
    """Two turns of the inner loop in each of two of the outer one, in which what has a condition is left out."""
    house.script.on("y", *[give({"markers": ["again"]})] * MANY)
    inner = loop("inner", step("x"), step("y"), more='do_while: \'marker("y", "again")\', max_iterations: 2, on_max_iter: continue')
    left_out = block("if.1", step("z"), more='when: \'marker("x", "never")\'')
    run_id = await house.begin(flow(step("a"), loop("outer", inner, left_out, more=TWICE), step("c"), top=ORDER))
    await house.run_until(run_id)
    assert await _turns(house, run_id, "y") == [(outer, inner) for outer in range(2) for inner in range(2)]
    return run_id


def _asked(instance: int, run: dict[str, Any]) -> bool:
    return any(one.get("gate", {}).get("instance") == instance for one in run["nodes"])


async def _gate_in_a_loop(house: House) -> str:
    """A person is asked in each turn; the second answer sends back what stands before the gate in that turn."""
    body = (step("draft"), gate("ask", "on_reject: continue"), step("use"))
    run_id = await house.begin(flow(loop("l", *body, more=TWICE), step("c"), top=ORDER))
    for instance, decision in ((1, "approve"), (2, "rework"), (3, "reject")):
        await house.when(run_id, partial(_asked, instance))
        await house.decide(run_id, decision, feedback=f"said {instance}")
    await house.run_until(run_id)
    return run_id


async def _fan_out_in_a_loop(house: House) -> str:
    """In each turn each item has a run of its own, in which there is a loop."""
    await house.put(flow(loop("l", step("leaf"), more=TWICE), name="child", top=f"inputs: {{item: {{default: none}}}}\n{ORDER}"))
    said = "over: list, workflow: child, scope: {values: 'a, b'}, inputs: {item: '{{ item.id }}'}, max_parallel: 2"
    run_id = await house.begin(flow(loop("l", f"{{id: each, foreach: {{{said}}}}}", more=TWICE), step("c"), top=ORDER))
    await house.run_until(run_id)
    lines = (await house._read("run.list", parent_run_id=run_id))["runs"]
    assert [line["status"] for line in lines] == ["completed"] * 4
    return run_id


async def _branches(house: House) -> str:
    """A branch fails for good and another is left out, which is enough; a branch of clean-up fails, and changes nothing."""
    house.script.on("b", *[fail()] * MANY)
    house.script.on("t", *[fail()] * MANY)
    passed = step("c", "when: 'false'")
    nodes = (branches("p", step("a"), step("b", "retries: 1"), passed, more="min_success: 2, fail_fast: false"), step("z"))
    run_id = await house.begin(flow(*nodes, top=ORDER, last=(branches("q", step("t"), step("u")), step("v"))))
    await house.run_until(run_id)
    return run_id


LOOP_TALES: dict[str, Callable[[House], Awaitable[str]]] = {
    "nested_loops": _nested_loops, "gate_in_a_loop": _gate_in_a_loop, "fan_out_in_a_loop": _fan_out_in_a_loop, "branches": _branches,
}  # fmt: skip
