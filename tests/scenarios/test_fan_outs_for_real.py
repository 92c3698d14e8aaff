"""For-each nodes whose provider is a real command: what it is told, the order of what it finds, its failures, and a death of the daemon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
from attrs import evolve

from actors.config.item_providers import ItemProvider
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, give
from tests.scenarios.test_fan_outs import LEAF, TOP, told

SAID = "over: tickets, workflow: child, inputs: {item: '{{ item.title }}'}, max_parallel: 3, ordered: true"


async def begin(real: House, place: Path, answer: str, more: str = "") -> str:
    """Begin a run with a provider that writes down what it is told, and answers so; an empty answer is an end with 3."""
    (place / "answer").write_text(answer)
    script = f"cat > {place}/told; test -s {place}/answer || exit 3; cat {place}/answer"
    real.config = evolve(real.config, item_providers=(ItemProvider("tickets", ("sh", "-c", script), ordered=True),))
    real.configure("flow", max_fan_out=5)
    await real.restart()
    await real.put(flow(LEAF, name="child", top=TOP))
    return await real.begin(flow(f"{{id: each, foreach: {{{SAID}{more}}}}}", step("after", "needs: [each]")))


def items(*names: str, edges: tuple[tuple[str, str], ...] = ()) -> str:
    found = [{"type": "ticket", "id": name, "ref": f"R-{name}", "context": {"title": f"do {name}", "state": "open"}} for name in names]
    return orjson.dumps({"items": found, "edges": edges}).decode()


async def test_fl84_fl88_a_command_finds_items_and_their_order(real: House, place: Path) -> None:
    with trio.fail_after(50):
        more = ", scope: {label: ready}, filter: {state: open}"
        run_id = await begin(real, place, items("t3", "t2", "t1", edges=(("t1", "t2"), ("t2", "t3"))), more)
        assert (await real.run_until(run_id))["status"] == "completed"
    assert await told(real, run_id) == ["+t1", ".t1", "+t2", ".t2", "+t3", ".t3"]
    assert orjson.loads((place / "told").read_bytes()) == {
        "run_id": run_id, "node_id": "each", "attempt": 1, "ordered": True, "scope": {"label": "ready"}, "filter": {"state": "open"},
    }  # fmt: skip
    lines = (await real.call("run.list", parent_run_id=run_id))["runs"]
    inputs = [(await real.run(line["run_id"]))["inputs"] for line in lines]
    assert {"item": "do t1", "item.id": "t1", "item.ref": "R-t1", "item.title": "do t1", "item.state": "open"} in inputs


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", "foreach_items_failed"),
        ('{"items": 7}', "foreach_items_failed"),
        ('{"items": [], "edges": 7}', "foreach_dependencies_failed"),
        (items("a", "b", edges=(("a", "b"), ("b", "a"))), "fan_out_cycle"),
        (items(*"abcdef"), "fan_out_too_large"),
    ],
    ids=["FL87-command", "FL87-items", "FL87-dependencies", "cycle", "too-large"],
)
async def test_what_a_command_answers_may_fail_the_node(real: House, place: Path, answer: str, code: str) -> None:
    with trio.fail_after(50):
        run_id = await begin(real, place, answer)
        run = await real.run_until(run_id)
    node: dict[str, Any] = run["nodes"][0]
    assert (run["status"], node["status"], node["error"]["code"]) == ("failed", "failed", code)
    assert (await real.call("run.list", parent_run_id=run_id))["runs"] == []


async def test_fl131_the_items_of_a_dead_daemon_go_on_and_none_begins_twice(real: House, place: Path) -> None:
    """Two have completed and one is under way when the daemon dies: that one's run goes on, and the others follow."""
    chain = (("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"))
    hold = Hold()
    real.script.on("leaf", give({}), give({}), hold)
    with trio.fail_after(50):
        run_id = await begin(real, place, items(*"abcde", edges=chain))
        await hold.begun()
        under_way = [line["run_id"] for line in (await real.call("run.list", parent_run_id=run_id))["runs"] if line["status"] == "running"]
        await real.crash()
        await real.start()
        assert (await real.run_until(run_id))["status"] == "completed"
    lines = {line["run_id"]: line["status"] for line in (await real.call("run.list", parent_run_id=run_id))["runs"]}
    assert list(lines.values()) == ["completed"] * 5
    assert set(under_way) <= set(lines)
    assert await told(real, run_id) == [mark + name for name in "abcde" for mark in "+."]
