"""Canonical scenarios in which nodes are runs of other workflows. However often daemons die, each node has one run for each attempt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Call, Failed, Hold, fail

__all__ = ["FLOW_TALES"]

MANY = 12
OUTPUT = 'output: {last: "{{ nodes.leaf.output }}"}'
PARENT = (step("a"), "{id: sub, workflow: child, needs: [a]}", step("c", "needs: [sub]"))


async def _children(house: House, run_id: str) -> list[str]:
    """How the runs below it have ended."""
    lines = (await house._read("run.list", parent_run_id=run_id))["runs"]
    return [str((await house.run_until(line["run_id"]))["status"]) for line in lines]


async def _sub_run(house: House) -> str:
    """The child asks somebody, and the parent waits without a slot meanwhile; its answer brings both back."""
    await house.put(flow(step("leaf"), gate("ask", "needs: [leaf]"), name="child", top=OUTPUT))
    run_id = await house.begin(flow(*PARENT))
    await house.run_until(run_id, "waiting")
    child_id = str((await house.nodes(run_id))["sub"]["child_run_id"])
    await house.decide(child_id, "approve")
    await house.run_until(run_id)
    assert await _children(house, run_id) == ["completed"]
    return run_id


async def _sub_run_cancelled(house: House) -> str:
    """A cancel reaches the run of the node, and clean-up waits until that is over."""
    hold = Hold()
    house.script.on("leaf", *[hold] * MANY)
    await house.put(flow(step("leaf"), name="child", top=OUTPUT))
    run_id = await house.begin(flow(*PARENT, last=(step("tidy"),)))
    await hold.begun()
    await house.call("run.cancel", run_id=run_id, reason="enough")
    await house.run_until(run_id)
    assert await _children(house, run_id) == ["cancelled"]
    return run_id


async def _sub_run_again(house: House) -> str:
    """Both children fail, each of them one attempt of the node, which fills in its limit before it begins."""
    house.script.on("leaf", *[fail()] * MANY)
    await house.put(flow(step("leaf"), name="child", top=OUTPUT))
    sub = "{id: sub, workflow: child, needs: [a], timeout: '{{ run.attempt }}h', retry: {max_attempts: 2, on: ['*']}}"
    run_id = await house.begin(flow(PARENT[0], sub, PARENT[2]))
    await house.run_until(run_id)
    assert await _children(house, run_id) == ["failed", "failed"]
    return run_id


async def _fan_out(house: House) -> str:
    """Two items at once and one behind them, of which one fails: whatever dies, each item has one run."""

    async def act(call: Call) -> Any:
        if call.given["item"] == "b":
            raise Failed("no")
        return {"value": call.given["item"]}

    house.script.on("leaf", *[act] * MANY)
    leaf = step("leaf", 'with: {item: "{{ inputs.item }}"}')
    await house.put(flow(leaf, name="child", top="inputs: {item: {default: none}}"))
    said = "over: list, workflow: child, scope: {values: 'a, b, c'}, inputs: {item: '{{ item.id }}'}, max_parallel: 2"
    each = f"{{id: each, needs: [a], foreach: {{{said}}}, on_fail: continue}}"
    run_id = await house.begin(flow(step("a"), each, step("c", "needs: [each]")))
    await house.run_until(run_id)
    assert sorted(await _children(house, run_id)) == ["completed", "completed", "failed"]
    return run_id


FLOW_TALES: dict[str, Callable[[House], Awaitable[str]]] = {
    "sub_run": _sub_run, "sub_run_cancelled": _sub_run_cancelled, "sub_run_again": _sub_run_again, "fan_out": _fan_out,
}  # fmt: skip
